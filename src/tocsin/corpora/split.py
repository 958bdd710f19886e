"""From a corpus to clients: what each trains on, and what it keeps for testing."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from tocsin import study
from tocsin.corpora.example import Example
from tocsin.corpora.read import Record, read
from tocsin.errors import TocsinError, did_you_mean

_FEWEST = 2
"""A client needs an example to train on and another to test on."""


@dataclass(frozen=True, slots=True)
class ClientData:
    """One client's examples. No question of `held_out` is in `train`."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]


def clients(corpus: study.Corpus, split: study.Split, seed: int) -> tuple[ClientData, ...]:
    """The data of `split.clients` clients, in order of their numbers. The same seed gives the same split.

    iid: shuffled, then dealt in equal parts. dirichlet: each value of the column is shared out by one draw
    from Dirichlet(alpha, ..., alpha) (Yurochkin et al., 2019, arXiv 1905.12022). column: each client holds
    one value of the column, or, where there are more values than clients, a run of neighbours in their
    sorted order. `corpus.held_out` is the share of a client's examples that it keeps for testing; examples
    with the same question go to the same part.

    Raises TocsinError for what `read` refuses, an unknown column, a column with too few values, a Dirichlet
    draw that leaves a client empty, and a client without an example for each part.
    """
    records = read(corpus, seed)
    if len(records) < _FEWEST * split.clients:
        raise TocsinError(
            f"{corpus.source} gives {len(records)} records, too few for {split.clients} clients with at "
            f"least {_FEWEST} each; lower split.clients or raise corpus.limit."
        )
    if split.by == "iid":
        shares = _iid(len(records), split.clients, seed)
    else:
        values = _values(records, split, corpus.source)
        shares = _dirichlet(values, split, seed) if split.by == "dirichlet" else _by_column(values, split)
    return tuple(
        _client(number, [records[index].example for index in share], corpus.held_out, seed)
        for number, share in enumerate(shares)
    )


def groups(clients: Iterable[ClientData]) -> tuple[str, ...]:
    """Every group of any client, sorted."""
    return tuple(sorted({example.group for data in clients for example in (*data.train, *data.held_out)}))


def _values(records: Sequence[Record], split: study.Split, source: str) -> list[str]:
    column = str(split.column)  # the study requires it wherever it is used
    known = {name for record in records for name in record.columns}
    if column not in known:
        hint = did_you_mean(column, known)
        raise TocsinError(f'{source} has no column "{column}"{hint}; set split.column.')
    without = sum(record.columns.get(column) is None for record in records)
    if without:
        raise TocsinError(
            f'{without} of the {len(records)} records of {source} have no "{column}"; fill it in, or split '
            "by another column."
        )
    return [str(record.columns[column]) for record in records]


def _iid(count: int, clients: int, seed: int) -> list[list[int]]:
    from datasets import Dataset
    from flwr_datasets.partitioner import IidPartitioner

    order = list(range(count))
    Random(f"{seed}/iid").shuffle(order)  # the partitioner itself only cuts
    partitioner = IidPartitioner(clients)
    partitioner.dataset = Dataset.from_dict({"index": order})
    return [list(partitioner.load_partition(number)["index"]) for number in range(clients)]


def _dirichlet(values: Sequence[str], split: study.Split, seed: int) -> list[list[int]]:
    from datasets import Dataset
    from flwr_datasets.partitioner import DirichletPartitioner

    partitioner = DirichletPartitioner(split.clients, "value", alpha=split.alpha, min_partition_size=_FEWEST, seed=seed)
    partitioner.dataset = Dataset.from_dict({"index": range(len(values)), "value": _numbered(values)})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of each draw that it repeats; the last one we report
            return [list(partitioner.load_partition(number)["index"]) for number in range(split.clients)]
    except ValueError:
        raise TocsinError(
            f"A Dirichlet split of {len(values)} records with alpha = {split.alpha:g} leaves one of the "
            f"{split.clients} clients with fewer than {_FEWEST}; raise split.alpha or lower split.clients."
        ) from None


def _by_column(values: Sequence[str], split: study.Split) -> list[list[int]]:
    # flwr-datasets groups values too, but cannot make every number of clients from every number of values.
    numbers = _numbered(values)
    count = max(numbers) + 1
    if count < split.clients:
        raise TocsinError(
            f'The column "{split.column}" has {count} values, too few for {split.clients} clients; lower '
            "split.clients or split by another column."
        )
    shares: list[list[int]] = [[] for _ in range(split.clients)]
    for index, number in enumerate(numbers):
        shares[number * split.clients // count].append(index)
    return shares


def _numbered(values: Sequence[str]) -> list[int]:
    """Each value as its place among the sorted distinct values."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] for value in values]


def _client(number: int, examples: Sequence[Example], share: float, seed: int) -> ClientData:
    questions = list(dict.fromkeys(example.turns for example in examples))
    if len(questions) < _FEWEST:
        raise TocsinError(
            f"Client {number} has {len(examples)} examples with {len(questions)} different questions, too "
            "few to train on one and hold out another; lower split.clients, or give the corpus more records."
        )
    Random(f"{seed}/held-out/{number}").shuffle(questions)
    of_question: dict[tuple[tuple[str, str], ...], int] = dict.fromkeys(questions, 0)
    for example in examples:
        of_question[example.turns] += 1
    wanted = max(1, round(share * len(examples)))
    held: set[tuple[tuple[str, str], ...]] = set()
    count = 0
    for question in questions[:-1]:  # the last always stays, to train on
        if count >= wanted:
            break
        held.add(question)
        count += of_question[question]
    return ClientData(
        train=tuple(example for example in examples if example.turns not in held),
        held_out=tuple(example for example in examples if example.turns in held),
    )
