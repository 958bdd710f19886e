"""Do our descriptions and rules judge models as others do?

Component by component against the Model Openness Tool (is it there, and under an open licence?), and dimension by
dimension against the European Open Source AI Index (open, partial, closed), for the models that both sides describe.
Each difference must have its reason in openness_differences.toml, and each reason its difference. The class of the
tool's own test files is checked as well. Needs the two folders model_openness_tool and osai_index in TOCSIN_DATA;
takes seconds, so that --quick is the same but writes nothing. Writes results/openness_agreement.md and .json.
"""

import argparse
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from keeping import finish, keep, measure

from tocsin.errors import TocsinError
from tocsin.openness import Audit, Standing, component, components, description, evaluate, judge, read_mot, rule_set

TOOL = {
    "pythia-6.9b": "Pythia-6.9B",
    "llama-3.2-1b-instruct": "Llama-3.2-1B-Instruct",
    "qwen2.5-7b-instruct": "Qwen2.5-7B-Instruct",
    "mistral-7b-v0.1": "Mistral-7B-v0.1",
    "gpt-4": "GPT-4",
}
INDEX = {
    "smollm2-135m-instruct": "smollm@463ba04",
    "olmo-2-7b-instruct": "OLMo@dc10641",
    "pythia-6.9b": "Pythia@5a388e8",
    "gemma-3-27b-it": "Gemma@5a388e8",
    "phi-4": "Phi@cd91500",
    "apertus-8b-instruct": "Apertus@5a388e8",
}
DIFFERENCES = Path(__file__).with_name("openness_differences.toml")
CLASSES = {"C1": "class-i", "C2": "class-ii", "C3": "class-iii"}


@dataclass(frozen=True)
class Cell:
    """One judgement of ours beside one of theirs."""

    peer: str
    model: str
    what: str
    ours: str
    theirs: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What the reason for a difference is filed under."""
        return self.peer, self.model, self.what


def state(audit: Audit, name: str) -> str:
    """missing, no licence, not open, or open: what the tool tells apart, whatever the evidence."""
    if audit.finding(name).standing is Standing.MISSING:
        return "missing"
    licence = audit.licence(name)
    verdict = judge(licence.text if licence else None)
    if verdict.expression is None and verdict.open is False:
        return "no licence"
    return "open" if verdict.open else "not open"


def tool_cells(data: Path) -> Iterator[Cell]:
    for model, file in TOOL.items():
        ours, theirs = description(model), read_mot(data / "models" / f"{file}.yml")
        for name, known in components().items():
            if known.mot is not None:
                yield Cell("tool", model, name, state(ours, name), state(theirs, name))


def index_cells(data: Path) -> Iterator[Cell]:
    for model, file in INDEX.items():
        theirs = yaml.safe_load((data / f"{file}.yaml").read_text(encoding="utf-8"))
        for verdict in evaluate(description(model), rule_set("osai-index")):
            yield Cell("index", model, verdict.ladder, verdict.level, str(theirs[verdict.ladder]["class"]))


def test_files(data: Path) -> list[tuple[str, str, str]]:
    """The tool's own test files: name, our class when its claims hold, the class that the name states."""
    found = []
    for file in sorted((data / "Test_Data").glob("*.yml")):
        full = [short for short in CLASSES if re.search(rf"{short}_100%", file.name)]
        expected = CLASSES[min(full)] if full else "unclassified"
        (verdict,) = evaluate(read_mot(file), rule_set("mof"))
        found.append((file.name, verdict.if_claims_hold, expected))
    return found


def reasons() -> dict[tuple[str, str, str], str]:
    found = {}
    for entry in tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))["difference"]:
        for what in entry["what"]:
            key = (entry["peer"], entry["model"], what)
            if key in found:
                raise TocsinError(f"{DIFFERENCES.name} explains {key} twice; keep one reason.")
            found[key] = entry["because"]
    return found


def agreement(cells: list[Cell], peer: str) -> float:
    mine = [cell for cell in cells if cell.peer == peer]
    return sum(cell.ours == cell.theirs for cell in mine) / len(mine)


def presence(cells: list[Cell]) -> float:
    mine = [cell for cell in cells if cell.peer == "tool"]
    return sum((cell.ours == "missing") == (cell.theirs == "missing") for cell in mine) / len(mine)


def tables(cells: list[Cell], because: dict[tuple[str, str, str], str]) -> list[str]:
    lines = []
    for peer, title in (("tool", "Model Openness Tool"), ("index", "European Open Source AI Index")):
        known = {"tool": TOOL, "index": INDEX}[peer]
        lines += [f"## {title}, model by model", "", "| model | their entry | same | different |", "|---|---|---|---|"]
        for model, file in known.items():
            mine = [cell for cell in cells if cell.peer == peer and cell.model == model]
            same = sum(cell.ours == cell.theirs for cell in mine)
            lines.append(f"| {model} | {file} | {same} | {len(mine) - same} |")
        lines += ["", "| model | what | ours | theirs | why |", "|---|---|---|---|---|"]
        for cell in cells:
            if cell.peer == peer and cell.ours != cell.theirs:
                title_of = component(cell.what).title if peer == "tool" else cell.what
                why = because.get(cell.key, "**not explained**")
                lines.append(f"| {cell.model} | {title_of} | {cell.ours} | {cell.theirs} | {why} |")
        lines.append("")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="write nothing")
    quick = parser.parse_args().quick
    root = Path(os.environ.get("TOCSIN_DATA", ""))
    if not (root / "model_openness_tool").is_dir() or not (root / "osai_index").is_dir():
        print(
            "TOCSIN_DATA names no folder with model_openness_tool and osai_index; see this file's head.",
            file=sys.stderr,
        )
        return 2
    cells = [*tool_cells(root / "model_openness_tool"), *index_cells(root / "osai_index")]
    files = test_files(root / "model_openness_tool")
    because = reasons()
    different = {cell.key for cell in cells if cell.ours != cell.theirs}
    for key in sorted(different - set(because)):
        cell = next(cell for cell in cells if cell.key == key)
        print(f"not explained: {cell}", file=sys.stderr)
    for key in sorted(set(because) - different):
        print(f"explained, but no difference: {key}", file=sys.stderr)
    wrong = [file for file in files if file[1] != file[2]]
    result = {
        "name": "openness_agreement",
        "measures": [
            measure(
                "classes of the tool's own test files that we get right",
                1 - len(wrong) / len(files),
                "share",
                "1",
                not wrong,
            ),
            measure("components that both the tool and we find, or miss", presence(cells), "share"),
            measure("components in the same state as in the tool", agreement(cells, "tool"), "share"),
            measure("dimensions with the index's class", agreement(cells, "index"), "share"),
            measure("differences", len(different), "count"),
            measure(
                "differences without a reason", len(different - set(because)), "count", "0", different <= set(because)
            ),
            measure(
                "reasons without a difference", len(set(because) - different), "count", "0", set(because) <= different
            ),
        ],
    }
    if not quick:
        keep(
            result,
            "Openness: where we agree with the Model Openness Tool and the European index",
            "do our descriptions and rules judge models as others do, and where they do not, why?",
            (
                f"{len(files)} test files of the tool, {len(TOOL)} of its models with 17 components each, "
                f"{len(INDEX)} entries of the index with 12 dimensions each",
                "Model Openness Tool at 8b5d30e (MIT); European Open Source AI Index, CC-BY-4.0, "
                "doi:10.5281/zenodo.15386042, each entry at the commit after its @, the newest of its generation",
                "where there was nothing else to read, our descriptions of Gemma 3, Phi-4 and Apertus cite the index's "
                "own entries, so that agreement there is no independent evidence",
                "no entry of the model or its generation: Llama 3.2, Qwen 2.5 7B, Mistral 7B, GPT-4 in the index; "
                "SmolLM2, OLMo 2, Gemma 3, Phi-4, Apertus in the tool",
            ),
            ("license-expression", "pyyaml"),
            tables(cells, because),
        )
    return finish(result)


if __name__ == "__main__":
    sys.exit(main())
