import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evidence_records import PROTECTION, STUDY, TITLES, records

from tocsin.errors import TocsinError
from tocsin.evidence import Provenance, Run, Store, report_html, verdict, write_report
from tocsin.records import Measure, Refusal, RoundRecord

MADE_BY = Provenance("1.2.3", {"torch": "2.6", "python": "3.11.7"}, "abc123", {"cores": 2, "cpu": "a processor"})
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Checks that elements close in order, and keeps what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def make(root: Path, rounds: tuple[RoundRecord, ...]) -> Run:
    run = Store.open(root).new_run(STUDY, MADE_BY)
    for record in rounds:
        run.add_round(record)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make(tmp_path_factory.mktemp("runs"), records())
    run.event("finished")
    return run


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    return report_html(run, TITLES)


def test_the_verdict_comes_first_and_whole(run: Run, html: str) -> None:
    text = Page(html).text
    result = verdict(run.rounds(), TITLES)
    for sentence in (result.headline(), *result.sentences()):
        assert sentence in text
    assert text.index(result.headline()) < text.index("round by round") < text.index("Spread over clients")
    assert text.index("Spread over clients") < text.index("What was spent")


def test_everything_that_names_the_run_is_there(run: Run, html: str) -> None:
    text = Page(html).text
    for word in (run.id, "1.2.3", "abc123", "torch 2.6", "seed 11", "a processor", '"rounds": 6', "6 of 6 rounds"):
        assert word in text
    assert PROTECTION in text
    assert "client 5: its update is not finite" in text


def test_nothing_is_fetched_and_nothing_runs(html: str) -> None:
    page = Page(html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert not re.search(r"https?://|@import|url\((?!#)", html)
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_pictures_are_svg_with_a_table_each(html: str) -> None:
    page = Page(html)
    pictures = [attributes for tag, attributes in page.tags if tag == "svg" and attributes.get("role") == "img"]
    # the timeline; loss, 4 probes and 8 groups; the maps of two models; 4 spreads; seconds and bytes
    assert len(pictures) == 1 + 1 + 4 + 8 + 2 + 4 + 2
    assert all(attributes["aria-label"] for attributes in pictures)
    assert page.text.count("The numbers:") == 4
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", html)) == set(ids)
    assert not re.search(r"#0[1-4]0[1-4]0[1-4]|#0072b2", html.split("</style>")[1])  # colours are the page's


def test_the_same_run_gives_the_same_bytes(run: Run, html: str) -> None:
    assert report_html(run, TITLES) == html


def test_what_users_write_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    record = RoundRecord(
        round=1,
        asked=(0,),
        refused=(Refusal(client=0, reason=evil * 9),),
        measures=tuple(
            Measure(probe=evil, group=group, moment="after", by="server", n=4, total=1, squares=1)
            for group in (evil, '"&')
        ),
        seconds={evil: 1.0},
    )
    html = report_html(make(tmp_path, (record,)), {evil: evil})
    assert "<script" not in html
    Page(html)


@pytest.mark.parametrize(
    "rounds",
    [
        (),
        (RoundRecord(round=0),),
        records()[:1],
        records(rounds=1),
        tuple(one.model_copy(update={"measures": (), "seconds": {}}) for one in records(rounds=2)),
        tuple(one.model_copy(update={"measures": one.measures[-1:], "spreads": ()}) for one in records(rounds=2)),
    ],
)
def test_a_run_that_has_only_begun_has_a_report(tmp_path: Path, rounds: tuple[RoundRecord, ...]) -> None:
    Page(report_html(make(tmp_path, rounds)))


def test_a_report_is_written_whole_or_not_at_all(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_report(run, TITLES)
    assert path == run.folder / "report.html"
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    other = tmp_path / "other.html"
    other.write_text("before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.evidence.report.report_html", lambda *_: "after")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TocsinError, match=r"cannot be written .*No space left"):
        write_report(run, TITLES, other)
    assert [file.name for file in tmp_path.iterdir()] == ["other.html"]
    assert other.read_text() == "before"


def test_the_room_opens_without_matplotlib_torch_or_flower() -> None:
    slow = {"matplotlib", "torch", "flwr", "transformers", "alembic"}
    code = f"import sys, tocsin.evidence; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
