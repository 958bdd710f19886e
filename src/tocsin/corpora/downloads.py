"""Getting published benchmarks from their original addresses, each file checked by its sha256."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tocsin.corpora.root import chosen_root
from tocsin.errors import TocsinError, did_you_mean

_CHUNK = 1 << 16
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file: its name here, its address (pinned to a commit), its size in bytes, its sha256 in hex."""

    name: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published benchmark, and the files of it that Tocsin reads."""

    name: str
    title: str
    licence: str
    files: tuple[RemoteFile, ...]


@dataclass(frozen=True, slots=True)
class Available:
    """A benchmark that can be had; `present` when each file lies on this machine, exactly as published."""

    name: str
    title: str
    licence: str
    files: tuple[str, ...]
    present: bool


_GITHUB = "https://raw.githubusercontent.com"
_GSM8K = f"{_GITHUB}/openai/grade-school-math/3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data"
_ADVBENCH = f"{_GITHUB}/llm-attacks/llm-attacks/0f505d82e25c15a83b6954db28191b69927a255d/data/advbench"
_CROWS = f"{_GITHUB}/nyu-mll/crows-pairs/8aaac11c485473159ec9328a65253a5be9a479dc/data"
_XSTEST = f"{_GITHUB}/paul-rottger/exaggerated-safety/d7bb5bd738c1fcbc36edd83d5e7d1b71a3e2d84d"

BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark(
        "advbench",
        "AdvBench: 520 harmful requests",
        "MIT",
        (
            RemoteFile(
                "advbench.csv",
                f"{_ADVBENCH}/harmful_behaviors.csv",
                82_125,
                "6cd1a5c63c07610d7eb67307772ee5606017ee950b5770ab288a2c487489d3e1",
            ),
        ),
    ),
    Benchmark(
        "crows_pairs",
        "CrowS-Pairs: 1,508 pairs of more and less stereotyped sentences",
        "CC BY-SA 4.0",
        (
            RemoteFile(
                "crows_pairs_anonymized.csv",
                f"{_CROWS}/crows_pairs_anonymized.csv",
                437_764,
                "dfb36986ce0502abbaf7055b9176da3d08d48e07df1251991b5dfbcbceab9d0c",
            ),
        ),
    ),
    Benchmark(
        "gsm8k",
        "GSM8K: 8,792 school mathematics problems",
        "MIT",
        (
            RemoteFile(
                "train.jsonl",
                f"{_GSM8K}/train.jsonl",
                4_166_206,
                "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
            ),
            RemoteFile(
                "test.jsonl",
                f"{_GSM8K}/test.jsonl",
                749_738,
                "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
            ),
        ),
    ),
    Benchmark(
        "xstest",
        "XSTest: 450 prompts that test for refusals out of place, and labelled answers of three models",
        "CC BY 4.0",
        (
            RemoteFile(
                "xstest_prompts.csv",
                f"{_XSTEST}/xstest_prompts.csv",
                38_719,
                "11783fb294ed017473ee53c207d71f2161c7672c8d0b037501e78387f801cb5a",
            ),
            RemoteFile(
                "xstest_v2_completions_gpt4.csv",
                f"{_XSTEST}/model_completions/xstest_v2_completions_gpt4.csv",
                259_111,
                "71af323af8ecdec0efae23992317721441d2cfedddedeef3248f842f4e15c9ca",
            ),
            RemoteFile(
                "xstest_v2_completions_llama2new.csv",
                f"{_XSTEST}/model_completions/xstest_v2_completions_llama2new.csv",
                517_476,
                "6365cc55ce0a593c7ab8785853d02784be027d97199d4077912b4313cd010099",
            ),
            RemoteFile(
                "xstest_v2_completions_mistralinstruct.csv",
                f"{_XSTEST}/model_completions/xstest_v2_completions_mistralinstruct.csv",
                371_935,
                "6a146b65a5b96ec8249729bc2db459697175125998d7cbbcc88f7688ecf31dad",
            ),
        ),
    ),
)


def available() -> tuple[Available, ...]:
    """Every benchmark that `get` knows, by name, and whether it is on this machine already."""
    root = chosen_root()
    return tuple(
        Available(
            name=benchmark.name,
            title=benchmark.title,
            licence=benchmark.licence,
            files=tuple(file.name for file in benchmark.files),
            present=all(_is_here(root / benchmark.name / file.name, file) for file in benchmark.files),
        )
        for benchmark in BENCHMARKS
    )


def get(
    name: str, into: Path | None = None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Path, ...]:
    """Bring the benchmark `name` to `into/name` (by default where `data_root` looks), and return its files.

    `progress` is told (file, bytes had, bytes in all). A file that is there already is not fetched again.
    Nothing is written unless every file came whole and with the right sha256.

    Raises TocsinError for an unknown name, an address that cannot be reached, a file that is not the one
    that was pinned, and a folder that cannot be written.
    """
    table = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    if name not in table:
        raise TocsinError(f'There is no benchmark called "{name}"{did_you_mean(name, table)}.')
    folder = (chosen_root() if into is None else into) / name
    wanted = [file for file in table[name].files if not _is_here(folder / file.name, file)]
    # The largest is a few megabytes, so all are held in memory until each has passed.
    contents = {file.name: _download(file, progress) for file in wanted}
    for file_name, content in contents.items():
        _put(folder / file_name, content)
    return tuple(folder / file.name for file in table[name].files)


def _is_here(path: Path, file: RemoteFile) -> bool:
    try:
        return path.stat().st_size == file.size and sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False


def _download(file: RemoteFile, progress: Callable[[str, int, int], None] | None) -> bytes:
    content = bytearray()
    try:
        with urlopen(file.url, timeout=_TIMEOUT) as answer:
            # One byte over the size is enough to know that it is another file.
            while len(content) <= file.size and (chunk := answer.read(_CHUNK)):
                content += chunk
                if progress is not None:
                    progress(file.name, len(content), file.size)
    except HTTPError as error:
        raise TocsinError(f"{file.url} answers {error.code} {error.reason}; try again later.") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise TocsinError(f"{file.url} cannot be reached ({reason}); check the network.") from None
    if sha256(content).hexdigest() != file.sha256:
        raise TocsinError(
            f"{file.url} gave a file that is not the one pinned (its sha256 differs); nothing was kept, try again."
        )
    return bytes(content)


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)  # in one step: no reader ever sees half a file
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise TocsinError(f"{path} cannot be written ({error.strerror}); name another folder.") from None
