from pathlib import Path

import pytest

from tocsin.bench.table import Flips, read_table, usual_table
from tocsin.errors import TocsinError


def test_every_number_says_where_it_comes_from() -> None:
    table = usual_table()
    assert all(one.note for one in table.numbers)
    assert 0 < len(table.assumed) < len(table.numbers)
    assert all(0.0 <= p.start <= 1.0 for p in table.probes)


def test_a_net_change_is_split_by_what_goes_to_the_better() -> None:
    flips = usual_table().effects["refusal-in-a-round"]
    assert flips.worse - flips.better == pytest.approx(0.39)
    assert Flips(0.02, 0.01).by(0.03) == Flips(0.04, 0.01)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((', measured = "results/suite_validity.md, aligned start of 80 steps"', ""), "one source"),
        (("[spread]", "[spread"), "not TOML"),
        (("[loss]", "[losses]"), "lacks 'loss'"),
    ],
)
def test_a_table_that_is_not_one_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = (Path(__file__).parents[1] / "src/tocsin/bench/rates.toml").read_text(encoding="utf-8")
    path = tmp_path / "rates.toml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(TocsinError, match=says):
        read_table(path)


def test_a_table_of_your_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rates.toml"
    path.write_text((Path(__file__).parents[1] / "src/tocsin/bench/rates.toml").read_text(encoding="utf-8"))
    assert read_table(path) == usual_table()
    with pytest.raises(TocsinError, match="cannot be read"):
        read_table(tmp_path / "none.toml")
