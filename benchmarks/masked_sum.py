"""What a masked sum costs each client, against Flower's SecAgg+ on the same vectors, and how the cost grows.

Against SecAgg+: 1,000 and 10,000 cells, 50 and 200 clients, in turns (A B A B), everyone masking with everyone and
then both on a sparse graph. One client is measured through all its messages: CPU seconds, and bytes both ways as
Flower would send them. Ours is a whole federation whose sum is checked. Flower's client is the true one,
`secaggplus_mod`, in all four stages; a whole federation of it would take a quarter of an hour, so what the other
clients send is assembled with Flower's own functions: true keys, and ciphertexts under true shared keys that hold
shares of the true length. The cost curve: one client and the server of up to 10,000 clients, the others simulated in
the same way. The full run writes results/masked_sum.md and results/masked_sum.json.
"""

import argparse
import logging
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters
from flwr.common.secure_aggregation.crypto.shamir import create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import encrypt, generate_shared_key
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key, Stage
from flwr.common.secure_aggregation.secaggplus_utils import share_keys_plaintext_concat
from flwr.common.serde import recorddict_to_proto
from flwr.compat.common import recorddict_compat
from flwr.supercore.primitives.asymmetric import (
    bytes_to_public_key,
    generate_key_pairs,
    private_key_to_bytes,
    public_key_to_bytes,
)
from keeping import finish, keep, measure
from numpy.typing import NDArray

from tocsin.federation import flower
from tocsin.privacy.masking import Enrolment, Identity, SumClient, SumServer, Terms
from tocsin.privacy.masking import messages as ours
from tocsin.privacy.masking.masks import checks, stream

TARGET = 10.0
SEED = 4
LARGEST = 1 << 16  # entries are drawn from 0 to this
CLIPPING, QUANTA, MODULUS = 8.0, 1 << 22, 1 << 32  # SecAggPlusWorkflow's defaults
SPARSE = {"clique": 2}  # never a clique: the degree is what the default colluding share and failure ask for
DENSE = {"clique": 1 << 20}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    clients: tuple[int, ...]
    cells: tuple[int, ...]
    curve: tuple[int, ...]


FULL = Scale(5, (50, 200), (1000, 10_000), (100, 316, 1000, 3162, 10_000))
QUICK = Scale(1, (50, 200), (1000,), (100, 316, 1000))


@dataclass
class Cost:
    """One client's: CPU seconds, bytes that came and went. `served` are the server's CPU seconds, over the clients."""

    cpu: float = 0.0
    down: int = 0
    up: int = 0
    served: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    def spend(self, name: str, work: Callable[[], Any]) -> Any:
        """Do it, and count its CPU time, that of its threads included."""
        began = time.process_time()
        result = work()
        self.parts[name] = time.process_time() - began
        self.cpu += self.parts[name]
        return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 50 s: one pair, fewer cells, a shorter curve")
    scale = QUICK if parser.parse_args().quick else FULL
    if scale is QUICK:
        print("--quick: coarse; no results are written.")
    flower.quiet_flower()
    logging.getLogger("flwr").setLevel(logging.ERROR)
    flower.ensure_identity()
    pairs = [one for cells in scale.cells for clients in scale.clients for one in compared(cells, clients, scale.pairs)]
    curve = [point for graph in ("dense", "sparse") for point in grown(graph, scale.curve)]
    result = summary(pairs, curve)
    if scale is FULL:
        write(result, pairs, curve)
    return finish(result)


# ---- against SecAgg+ ----


def compared(cells: int, clients: int, pairs: int) -> list[dict[str, Any]]:
    """Ours and Flower's in turns on the same vectors, on the complete graph and on a sparse one."""
    vectors = np.random.default_rng(SEED).integers(0, LARGEST + 1, (clients, cells))
    rows = []
    for graph, options in (("complete", DENSE), ("sparse", SPARSE)):
        federation = Federation(clients, cells, **options)
        degree = federation.terms.degree(clients)
        if graph == "sparse" and degree == clients - 1:
            continue
        mine, theirs = [], []
        for _ in range(pairs):
            mine.append(federation.whole(vectors))
            theirs.append(secaggplus(vectors[0], clients, degree + 1))
        row = {
            "cells": cells,
            "clients": clients,
            "graph": graph,
            "degree": degree,
            "ours": asdict(middle(mine)),
            "flower": asdict(middle(theirs)),
            "ratios": sorted(b.cpu / a.cpu for a, b in zip(mine, theirs, strict=True)),
        }
        print(
            f"{cells} cells, {clients} clients, {graph} ({degree} neighbours): ours {row['ours']['cpu'] * 1e3:.1f} ms, "
            f"SecAgg+ {row['flower']['cpu'] * 1e3:.1f} ms, {median(row['ratios']):.0f} times less; bytes "
            f"{row['ours']['down'] + row['ours']['up']:,} and {row['flower']['down'] + row['flower']['up']:,}",
            flush=True,
        )
        rows.append(row)
    return rows


def middle(costs: list[Cost]) -> Cost:
    """The one with the median CPU time."""
    return sorted(costs, key=lambda cost: cost.cpu)[len(costs) // 2]


class Federation:
    """Ours: `clients` with identities, and terms for one sum."""

    def __init__(self, clients: int, cells: int, **options: Any) -> None:
        self.identities = [Identity.new() for _ in range(clients)]
        self.enrolment = Enrolment({i: one.public for i, one in enumerate(self.identities)})
        self.terms = Terms(
            os.urandom(16), "counts", "", 1, bytes(32), self.enrolment.hash, cells, 0, LARGEST, 3, **options
        )

    def whole(self, vectors: NDArray[np.int64]) -> Cost:
        """All clients take part and the sum is checked; the cost is the first client's."""
        cost, disks = Cost(), [b""] * len(vectors)
        server = SumServer(self.terms, self.enrolment)
        while not server.over:
            for client, request in server.requests().items():
                reply = self.answer(client, request, vectors[client], disks, cost if client == 0 else Cost())
                assert server.take(client, reply) is None
            server.close()
        assert (server.total == vectors.sum(axis=0)).all()
        return cost

    def answer(self, client: int, request: bytes, vector: NDArray[np.int64], disks: list[bytes], cost: Cost) -> bytes:
        """One message, by a client that knows nothing but what is on its disk."""

        def keep_it(state: bytes) -> None:
            disks[client] = state

        def work() -> bytes:
            one = SumClient(client, self.identities[client], self.enrolment, keep_it, disks[client])
            return one.answer(request, self.terms, lambda clients: vector)

        reply: bytes = cost.spend(type(ours.decode(request)).__name__, work)
        cost.down, cost.up = cost.down + wrapped(request), cost.up + wrapped(reply)
        return reply

    def one_of_many(self) -> Cost:
        """Client 0 and the server are real, as is every key and signature; the others send their own mask alone.

        The masks that client 0 shares with them do not come off, then: this measures the cost and has no sum.
        """
        cost, count, cells = Cost(), len(self.identities), self.terms.size
        vector, disks = np.zeros(cells, np.int64), [b""]
        server = SumServer(self.terms, self.enrolment)
        digest, modulus = self.terms.digest, self.terms.modulus(count)
        publics = [X25519PrivateKey.generate().public_key().public_bytes_raw() for _ in range(count)]
        keys = [
            ours.Key(digest, 1, i, key, self.sign(i, ours.key_statement(digest, 1, i, key)))
            for i, key in enumerate(publics)
        ]
        self._step(server, cost, [ours.encode(key) for key in keys], vector, disks)
        view = ours.decode(server.request(0))
        assert isinstance(view, ours.View)
        seed = bytes(32)
        payload = modulus.pack(stream(seed, cells + checks(modulus), modulus) + modulus.words(1))
        receipts = [ours.Receipt(i, i, ours.sha256(payload), ours.sha256(seed), b"") for i in range(count)]
        signed = [
            replace(one, signature=self.sign(i, ours.receipt_statement(digest, 1, view.roster, one)))
            for i, one in enumerate(receipts)
        ]
        masked = (ours.encode(ours.Masked(digest, 1, view.roster, one, payload)) for one in signed)
        self._step(server, cost, masked, vector, disks)
        seeds = (
            ours.encode(
                ours.Seed(
                    digest, 1, view.roster, i, seed, self.sign(i, ours.seed_statement(digest, 1, view.roster, i, seed))
                )
            )
            for i in range(count)
        )
        self._step(server, cost, seeds, vector, disks)
        assert server.over and server.attempts[-1].exposed
        cost.served /= count
        return cost

    def _step(self, server: SumServer, cost: Cost, replies: Any, vector: NDArray[np.int64], disks: list[bytes]) -> None:
        request = server.request(0)
        first = self.answer(0, request, vector, disks, cost)
        for client, reply in enumerate(replies):
            began = time.process_time()
            assert server.take(client, first if client == 0 else reply) is None
            cost.served += time.process_time() - began
        began = time.process_time()
        server.close()
        if not server.over:
            server.request(0)  # what follows from the roster alone, once
            cost.served += time.process_time() - began
            began = time.process_time()
            server.request(1)
            cost.served += (time.process_time() - began) * len(self.identities)
        else:
            cost.served += time.process_time() - began

    def sign(self, client: int, statement: bytes) -> bytes:
        """A statement in a client's name."""
        return self.identities[client].sign(statement)


def wrapped(data: bytes) -> int:
    """Bytes of a message's content as Flower serialises it."""
    return weight(RecordDict({"sum": ConfigRecord({"message": data})}))


def weight(content: RecordDict) -> int:
    return int(recorddict_to_proto(content).ByteSize())


def secaggplus(vector: NDArray[np.int64], clients: int, shares: int) -> Cost:
    """Flower's client number 1 of `clients`, with `shares` (itself among them), through all four stages of SecAgg+."""
    cost, shares = Cost(), shares + (shares + 1) % 2 if shares < clients else clients
    threshold = shares // 2 + 1
    context = Context(1, 1, {}, RecordDict(), {})
    others = list(range(2, shares + 1))

    def trained(message: Message, _: Context) -> Message:
        """The app beneath the mod: its vector as the parameters, scaled into the clipping range."""
        parameters = ndarrays_to_parameters([vector / LARGEST * CLIPPING])
        result = FitRes(Status(Code.OK, ""), parameters, 1000, {})
        return Message(recorddict_compat.fitres_to_recorddict(result, False), reply_to=message)

    def ask(stage: str, configs: dict[str, Any]) -> ConfigRecord:
        content = RecordDict({RECORD_KEY_CONFIGS: ConfigRecord({**configs, Key.STAGE: stage})})
        cost.down += weight(content)
        request = flower.posted(Message(content, 1, "train"))
        reply: Message = cost.spend(stage, lambda: secaggplus_mod(request, context, trained))
        cost.up += weight(reply.content)
        return reply.content.config_records[RECORD_KEY_CONFIGS]

    setup = {
        Key.SAMPLE_NUMBER: clients,
        Key.SHARE_NUMBER: shares,
        Key.THRESHOLD: threshold,
        Key.CLIPPING_RANGE: CLIPPING,
        Key.TARGET_RANGE: QUANTA,
        Key.MOD_RANGE: MODULUS,
        Key.MAX_WEIGHT: 1000.0,
    }
    mine = ask(Stage.SETUP, setup)
    first = {node: generate_key_pairs() for node in others}
    second = {node: generate_key_pairs() for node in others}
    public = {str(n): [public_key_to_bytes(first[n][1]), public_key_to_bytes(second[n][1])] for n in others}
    ask(Stage.SHARE_KEYS, {"1": [mine[Key.PUBLIC_KEY_1], mine[Key.PUBLIC_KEY_2]], **public})

    key = bytes_to_public_key(mine[Key.PUBLIC_KEY_2])
    seed_share = create_shares(os.urandom(32), 2, 3)[0]  # a share is as long as its secret, whatever the threshold
    key_share = create_shares(private_key_to_bytes(first[2][0]), 2, 3)[0]
    sealed = [
        encrypt(generate_shared_key(second[n][0], key), share_keys_plaintext_concat(n, 1, seed_share, key_share))
        for n in others
    ]
    masked = ask(Stage.COLLECT_MASKED_VECTORS, {Key.CIPHERTEXT_LIST: sealed, Key.SOURCE_LIST: others})
    assert len(masked[Key.MASKED_PARAMETERS]) == 2
    given = ask(Stage.UNMASK, {Key.ACTIVE_NODE_ID_LIST: [1, *others], Key.DEAD_NODE_ID_LIST: []})
    assert len(given[Key.SHARE_LIST]) == shares
    return cost


# ---- how it grows ----


def grown(graph: str, curve: tuple[int, ...]) -> list[dict[str, Any]]:
    points = []
    for clients in curve:
        federation = Federation(clients, 1000, **(DENSE if graph == "dense" else SPARSE))
        cost = federation.one_of_many()
        degree = federation.terms.degree(clients)
        points.append({"graph": graph, "clients": clients, "degree": degree, **asdict(cost)})
        print(
            f"{graph}, {clients} clients ({degree} neighbours): {cost.cpu * 1e3:.1f} ms and "
            f"{cost.down + cost.up:,} bytes a client, {cost.served * 1e3:.1f} ms at the server for each",
            flush=True,
        )
    return points


def exponent(points: list[dict[str, Any]], what: str) -> float:
    """The slope of log cost on log clients, from 1,000 clients up: below, what does not grow hides what does."""
    large = [p for p in points if p["clients"] >= 1000] if points[-1]["clients"] > 1000 else points
    x = [math.log(p["clients"]) for p in large]
    return float(np.polyfit(x, [math.log(p[what]) for p in large], 1)[0])


def summary(pairs: list[dict[str, Any]], curve: list[dict[str, Any]]) -> dict[str, Any]:
    measures = []
    for row in pairs:
        name = f"{row['cells']:,} cells, {row['clients']} clients, {row['graph']}"
        ratio = median(row["ratios"])
        aim = row["clients"] == 200 and row["graph"] == "complete"
        measures += [
            measure(f"{name}: client CPU", row["ours"]["cpu"] * 1e3, "ms", digits=2),
            measure(
                f"{name}: times less than SecAgg+",
                ratio,
                "",
                f">= {TARGET:g}" if aim else None,
                ratio >= TARGET or not aim,
                1,
            ),
            measure(f"{name}: client bytes, both ways", row["ours"]["down"] + row["ours"]["up"], "bytes"),
            measure(f"{name}: of SecAgg+", row["flower"]["down"] + row["flower"]["up"], "bytes"),
        ]
    for graph in ("dense", "sparse"):
        points = [point for point in curve if point["graph"] == graph]
        slope = exponent(points, "cpu")
        measures += [
            measure(f"{graph}: exponent of one client's CPU in the number of clients", slope, "", digits=2),
            measure(f"{graph}: exponent of the CPU of all clients together", slope + 1, "", digits=2),
            measure(
                f"{graph}: client CPU at {points[-1]['clients']:,} clients", points[-1]["cpu"] * 1e3, "ms", digits=1
            ),
        ]
    return {"name": "masked_sum", "measures": measures}


def write(result: dict[str, Any], pairs: list[dict[str, Any]], curve: list[dict[str, Any]]) -> None:
    lines = [
        "One client, all messages of one sum without a drop-out. SecAgg+ buys something for its price that ours does "
        "not have: it unmasks although clients went after they sent keys or vectors, by Shamir's shares of every key, "
        "which is most of its CPU. Ours repeats the sum, once, without those that went before their vector, and gives "
        "up where one goes after it. Flower signs no keys and seeds its masks with 32 bits; ours are signed, and the "
        "signatures checked, and have 256 bits.",
        "",
        "| cells | clients | neighbours | ours, ms | SecAgg+, ms | times less (least to most) | bytes, down + up: ours "
        "| SecAgg+ |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in pairs:
        mine, theirs, ratios = row["ours"], row["flower"], row["ratios"]
        lines.append(
            f"| {row['cells']:,} | {row['clients']} | {row['degree']} | {mine['cpu'] * 1e3:.1f} "
            f"| {theirs['cpu'] * 1e3:.0f} | {median(ratios):.0f} ({ratios[0]:.0f} to {ratios[-1]:.0f}) "
            f"| {mine['down']:,} + {mine['up']:,} "
            f"| {theirs['down']:,} + {theirs['up']:,} |"
        )
    lines += [
        "",
        "The cost curve, 1,000 cells. Dense: everyone masks with everyone. Sparse: enough neighbours that a third of "
        "the roster colluding cuts the honest clients apart with a chance below 2^-40.",
        "",
        "| graph | clients | neighbours | client, ms | client, bytes down | up | server, ms for each client |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {p['graph']} | {p['clients']:,} | {p['degree']} | {p['cpu'] * 1e3:.1f} | {p['down']:,} | {p['up']:,} "
        f"| {p['served'] * 1e3:.2f} |"
        for p in curve
    ]
    keep(
        {**result, "pairs": pairs, "curve": curve},
        "Masked sums against SecAgg+",
        "what does a masked sum cost each client, in CPU and bytes, against Flower's SecAgg+ on the same vectors, and "
        "how does it grow with the clients?",
        [
            f"Seed: {SEED} (vectors; keys are the operating system's)",
            f"SecAgg+ with the workflow's defaults (clipping {CLIPPING:g}, 2^22 levels, modulus 2^32), as many shares "
            "as ours has neighbours, and one for itself; threshold half of them and one",
            f"{FULL.pairs} pairs in turns, the median; both sides read their state and write it again at each message",
        ],
        ("flwr", "cryptography", "numpy", "tocsin"),
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
