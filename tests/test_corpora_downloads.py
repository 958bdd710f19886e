"""Downloads: pinned, checked, and all or nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tocsin.corpora import available, benchmarks, downloads, get
from tocsin.corpora.published import BENCHMARKS, Benchmark, RemoteFile
from tocsin.errors import TocsinError

ONE, TWO = b"one\n" * 40_000, b"two\n"


class Files(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        content = {"/one": ONE, "/two": TWO}.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def remote(name: str, url: str, content: bytes) -> RemoteFile:
    return RemoteFile(name, url, len(content), sha256(content).hexdigest())


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Benchmark]:
    """A benchmark of two files on a server of our own; TOCSIN_DATA names a folder that is not there yet."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    files = (remote("one.txt", f"{address}/one", ONE), remote("two.txt", f"{address}/two", TWO))
    benchmark = Benchmark("toy", "Toy", "MIT", files)
    Files.asked = []
    monkeypatch.setattr(downloads, "BENCHMARKS", (benchmark,))
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "data"))
    yield benchmark
    server.shutdown()
    server.server_close()


def refusal(name: str = "toy", into: Path | None = None) -> str:
    with pytest.raises(TocsinError) as caught:
        get(name, into)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def changed(monkeypatch: pytest.MonkeyPatch, toy: Benchmark, **second: object) -> None:
    """The toy benchmark with another second file."""
    files = (toy.files[0], replace(toy.files[1], **second))  # type: ignore[arg-type]
    monkeypatch.setattr(downloads, "BENCHMARKS", (replace(toy, files=files),))


def test_get_brings_every_file_once(toy: Benchmark, tmp_path: Path) -> None:
    assert not available()[0].present
    seen: list[tuple[str, int, int]] = []
    paths = get("toy", progress=lambda *step: seen.append(step))
    assert paths == (tmp_path / "data/toy/one.txt", tmp_path / "data/toy/two.txt")
    assert [path.read_bytes() for path in paths] == [ONE, TWO]
    assert sorted(path.name for path in (tmp_path / "data/toy").iterdir()) == ["one.txt", "two.txt"]
    assert ("one.txt", len(ONE), len(ONE)) in seen and seen[-1] == ("two.txt", len(TWO), len(TWO))
    assert available()[0].present
    assert get("toy") == paths
    assert Files.asked == ["/one", "/two"]


def test_get_mends_a_damaged_file(toy: Benchmark) -> None:
    _, two = get("toy")
    two.write_bytes(b"tw0\n")
    assert not available()[0].present
    get("toy")
    assert two.read_bytes() == TWO
    assert Files.asked == ["/one", "/two", "/two"]


def test_get_from_a_file_into_a_chosen_folder(toy: Benchmark, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(TWO)
    changed(monkeypatch, toy, url=(tmp_path / "source").as_uri())
    assert get("toy", tmp_path / "here")[1] == tmp_path / "here/toy/two.txt"


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"sha256": "0" * 64}, "is not the one pinned"),
        ({"url": "http://127.0.0.1:1/two"}, "cannot be reached"),
        ({"url": "file:///nowhere/two"}, "cannot be reached"),
    ],
)
def test_a_failure_writes_nothing(
    toy: Benchmark,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    second: dict[str, object],
    sentence: str,
) -> None:
    changed(monkeypatch, toy, **second)
    assert sentence in refusal()
    assert not (tmp_path / "data").exists()


def test_a_far_larger_file_is_not_read_to_its_end(toy: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, toy, url=toy.files[0].url)
    seen: list[int] = []
    with pytest.raises(TocsinError, match="is not the one pinned"):
        get("toy", progress=lambda name, had, _: seen.append(had) if name == "two.txt" else None)
    assert max(seen) < len(ONE)


def test_an_address_that_moved(toy: Benchmark, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed(monkeypatch, toy, url=toy.files[0].url + "/gone")
    assert "answers 404 Not Found" in refusal()
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written(toy: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refusal(into=tmp_path / "file")


def test_an_unknown_name(toy: Benchmark) -> None:
    assert refusal("tey") == 'There is no benchmark called "tey" (did you mean "toy"?).'


def test_the_table_is_pinned_and_complete() -> None:
    names = [benchmark.name for benchmark in BENCHMARKS]
    assert names == sorted(set(names))
    assert set(names) == {
        "advbench", "bbq", "crows_pairs", "do_not_answer", "gsm8k", "honest", "hurtlex", "realtoxicityprompts_sample",
        "stereoset", "truthfulqa", "winogender", "xstest",
    }  # fmt: skip
    for benchmark in BENCHMARKS:
        assert benchmark.licence and benchmark.title
        assert len({file.name for file in benchmark.files}) == len(benchmark.files) > 0
        for file in benchmark.files:
            assert re.match(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w/.-]+$", file.url)
            assert re.fullmatch(r"[\w.-]+", file.name)
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size > 0
    files = [file for benchmark in BENCHMARKS for file in benchmark.files]
    assert len({file.url for file in files}) == len({file.sha256 for file in files}) == len(files)


def test_every_reader_s_folder_can_be_had() -> None:
    """A reader that says `tocsin data get NAME` must not send its user to a name that is not there."""
    readers = Path(str(benchmarks.__file__)).parent.glob("*.py")
    said = {name for path in readers for name in re.findall(r'(?:_NAME|name) = "(\w+)"', path.read_text())}
    assert {"honest", "hurtlex", "do_not_answer", "realtoxicityprompts_sample"} <= said
    assert said <= {benchmark.name for benchmark in BENCHMARKS}


def test_the_table_fits_the_published_files(data_root: Path) -> None:
    """Each file of the table that lies here is the one pinned; a folder may hold a part of its benchmark."""
    fits, here = [], []
    for benchmark in BENCHMARKS:
        for file in benchmark.files:
            path = data_root / benchmark.name / file.name
            if path.is_file():
                here.append(path)
                if remote(file.name, file.url, path.read_bytes()) == file:
                    fits.append(path)
    assert len(here) >= 30
    assert here == fits


def test_what_is_here_as_a_whole_is_called_present(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    present = {one.name for one in available() if one.present}
    whole = {b.name for b in BENCHMARKS if all((data_root / b.name / file.name).is_file() for file in b.files)}
    assert present == whole >= {"advbench", "crows_pairs", "do_not_answer", "gsm8k", "honest", "xstest"}
