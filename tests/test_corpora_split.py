"""Splits: every record to one client, no question in both parts, the same in any process."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.corpora import ClientData, Example, clients, groups
from tocsin.corpora.desk import REGIONS
from tocsin.corpora.split import _client
from tocsin.errors import TocsinError
from tocsin.study import Corpus, Split

SMALL = Corpus(limit=200)


def prompts(examples: tuple[Example, ...]) -> list[str]:
    return [example.turns[-1][1] for example in examples]


def refusal(corpus: Corpus, split: Split, seed: int = 0) -> str:
    with pytest.raises(TocsinError) as caught:
        clients(corpus, split, seed)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def jsonl(folder: Path, rows: list[dict[str, object]]) -> Corpus:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Corpus(source=str(path))


@pytest.mark.parametrize(
    "split",
    [
        Split(clients=7),
        Split(by="dirichlet", column="group", alpha=0.5, clients=7),
        Split(by="dirichlet", column="register", alpha=100.0, clients=3),
        Split(by="column", column="region", clients=8),
        Split(by="column", column="region", clients=3),
        Split(by="column", column="service", clients=1),
    ],
)
def test_every_record_goes_to_one_part_of_one_client(split: Split) -> None:
    made = clients(SMALL, split, 3)
    assert len(made) == split.clients
    everything = [prompt for data in made for part in (data.train, data.held_out) for prompt in prompts(part)]
    assert len(everything) == len(set(everything)) == 200
    for data in made:
        assert data.train and data.held_out
        whole = len(data.train) + len(data.held_out)
        assert len(data.held_out) == max(1, round(0.2 * whole))
    assert made == clients(SMALL, split, 3)
    assert made != clients(SMALL, split, 4)


def test_iid_parts_are_equal_and_mixed_though_the_file_is_sorted(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"prompt": f"{n}", "response": "r", "group": "ab"[n // 40]} for n in range(80)]
    made = clients(jsonl(tmp_path, rows), Split(clients=4), 0)
    assert {len(data.train) + len(data.held_out) for data in made} == {20}
    assert all(groups([data]) == ("a", "b") for data in made)


def test_a_column_gives_each_client_its_value() -> None:
    made = clients(SMALL, Split(by="column", column="region", clients=8), 0)
    for region, data in zip(sorted(REGIONS), made, strict=True):
        assert all(region in prompt for prompt in prompts(data.train + data.held_out))


def test_more_values_than_clients_are_dealt_in_runs() -> None:
    made = clients(SMALL, Split(by="column", column="region", clients=3), 0)
    texts = [" ".join(prompts(data.train)) for data in made]
    of_client = [[region for region in REGIONS if region in text] for text in texts]
    assert [region for regions in of_client for region in regions] == list(REGIONS)
    assert sorted(map(len, of_client)) == [2, 3, 3]


def test_a_low_alpha_skews_more_than_a_high_one() -> None:
    def spread(alpha: float) -> float:
        split = Split(by="dirichlet", column="group", alpha=alpha, clients=4)
        shares = []
        for data in clients(Corpus(limit=800), split, 0):
            counts = Counter(example.group for example in data.train)
            shares.append(max(counts.values()) / sum(counts.values()))
        return sum(shares) / len(shares)

    assert spread(0.1) > spread(1000.0) + 0.15


def test_groups_are_those_of_any_part() -> None:
    made = (
        ClientData((Example((("user", "a"),), "x", "young"),), (Example((("user", "b"),), "x", "old"),)),
        ClientData((Example((("user", "c"),), "x"),), ()),
    )
    assert groups(made) == ("all", "old", "young")


def test_the_same_in_a_process_with_other_hashes() -> None:
    code = (
        "import hashlib\n"
        "from tocsin.corpora import clients\n"
        "from tocsin.study import Corpus, Split\n"
        "made = clients(Corpus(limit=100), Split(by='dirichlet', column='group', clients=3), 5)\n"
        "print(hashlib.sha256(repr(made).encode()).hexdigest())\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_importing_the_room_is_light() -> None:
    code = (
        "import sys, tocsin.corpora\n"
        "heavy = {'torch', 'transformers', 'flwr', 'flwr_datasets', 'datasets', 'pyarrow'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_column_that_is_nowhere() -> None:
    said = refusal(SMALL, Split(by="column", column="regoin"))
    assert said == 'service-desk has no column "regoin" (did you mean "region"?); set split.column.'


def test_too_few_values() -> None:
    said = refusal(SMALL, Split(by="column", column="region", clients=9))
    assert 'The column "region" has 8 values, too few for 9 clients' in said


def test_too_few_records() -> None:
    assert "gives 10 records, too few for 6 clients" in refusal(Corpus(limit=10), Split(clients=6))


def test_a_column_with_holes(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"prompt": f"{n}", "response": "r", "place": "x"} for n in range(8)]
    rows[3]["place"] = None
    del rows[4]["place"]
    said = refusal(jsonl(tmp_path, rows), Split(by="column", column="place", clients=1))
    assert "2 of the 8 records" in said and 'have no "place"' in said


def test_a_dirichlet_split_that_cannot_be() -> None:
    said = refusal(Corpus(limit=40), Split(by="dirichlet", column="group", alpha=0.001, clients=20))
    assert "alpha = 0.001 leaves one of the 20 clients with fewer than 2; raise split.alpha" in said


def test_a_client_whose_questions_are_all_the_same(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"prompt": "same" if n % 2 else f"{n}", "response": "r", "place": n % 2} for n in range(8)
    ]
    said = refusal(jsonl(tmp_path, rows), Split(by="column", column="place", clients=2))
    assert said.startswith("Client 1 has 4 examples with 1 different questions, too few")


def test_a_client_of_one_example(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"prompt": f"{n}", "response": "r", "place": "far" if n == 7 else "near"} for n in range(8)
    ]
    said = refusal(jsonl(tmp_path, rows), Split(by="column", column="place", clients=2))
    assert said.startswith("Client 0 has 1 examples")


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=40).filter(lambda names: len(set(names)) > 1),
    st.floats(0.01, 0.99),
    st.integers(0, 5),
)
def test_no_question_is_in_both_parts(names: list[int], share: float, seed: int) -> None:
    examples = [Example((("user", str(name)),), f"{index}") for index, name in enumerate(names)]
    data = _client(0, examples, share, seed)
    assert data.train and data.held_out
    assert not set(prompts(data.train)) & set(prompts(data.held_out))
    assert sorted(data.train + data.held_out, key=lambda example: int(example.response)) == examples
