"""What a round's revising cost and gave, kept in the remedy's folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tocsin.remedy.constitution.revising import Lesson


@dataclass
class Record:
    """Of one round: `operations` are floating-point operations by what they were for (see `models.counting`)."""

    round: int
    asked: int = 0
    breaches: int = 0
    operations: dict[str, int] = field(default_factory=dict)
    lessons: list[Lesson] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Keep it as `round-N.json`: there whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        file = _file(folder, self.round)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        draft.replace(file)

    @staticmethod
    def read(folder: Path, round_: int) -> "Record | None":
        """That of a round, or None where the remedy had nothing to do with it."""
        file = _file(folder, round_)
        if not file.is_file():
            return None
        data = json.loads(file.read_text(encoding="utf-8"))
        return Record(**{**data, "lessons": [Lesson(**lesson) for lesson in data["lessons"]]})


def lessons_before(folder: Path, round_: int) -> dict[str, Lesson]:
    """The latest lesson on each prompt from the rounds before `round_`: a run that is resumed has no others."""
    records = [record for earlier in range(1, round_) if (record := Record.read(folder, earlier))]
    return {lesson.prompt: lesson for record in records for lesson in record.lessons}


def _file(folder: Path, round_: int) -> Path:
    return folder / f"round-{round_}.json"
