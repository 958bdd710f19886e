from io import StringIO

from evidence_records import TITLES, records
from rich.console import Console, RenderableType

from tocsin.evidence import round_table, verdict, verdict_panel
from tocsin.records import Measure, RoundRecord


def text(renderable: RenderableType, width: int = 100) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get().splitlines()


def test_the_round_table_fits_and_says_what_was_measured() -> None:
    rounds = records()
    lines = text(round_table(rounds, TITLES))
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert not any("…" in line for line in lines)
    fourth = next(line for line in lines if line.split()[:2] == ["4", "7/8"])
    refusal = next(
        one for one in rounds[4].measures if (one.probe, one.by, one.moment) == ("refusal", "server", "after")
    )
    assert f"{100 * refusal.total / refusal.n:.0f}%" in fourth
    assert fourth.split()[-1] == "29.5"  # MB: 8 x (1,843,200 + 1,846,912) bytes
    below = lines[lines.index(fourth) + 1]
    assert below.split()[:2] == ["1.63", "personal"]
    assert "harmful" in lines[0] or "harmful" in lines[1]


def test_more_probes_than_fit_continue_below() -> None:
    measures = tuple(
        Measure(probe=f"probe-{i}", group="all", moment="after", by="server", n=10, total=i, squares=i)
        for i in range(6)
    )
    lines = text(round_table([RoundRecord(round=0, measures=measures)]))
    heads = [line for line in lines if line.startswith("round")]
    assert len(heads) == 2
    assert "probe-3" in heads[0]
    assert "probe-4" in heads[1]


def test_a_round_without_measures_is_a_line() -> None:
    lines = text(round_table([RoundRecord(round=1, asked=(0, 1), answered=(1,))]))
    assert lines[1].split() == ["1", "1/2", "global"]


def test_the_verdict_panel_holds_every_sentence() -> None:
    result = verdict(records(), TITLES)
    lines = text(verdict_panel(result))
    said = " ".join(" ".join(line.strip("│╭╮╰╯─ ") for line in lines).split())
    assert max(map(len, lines)) <= 100
    assert result.headline() in said
    for sentence in result.sentences():
        assert sentence in said
