"""Reading JSONL, with the number of a line that is wrong."""

import json
from pathlib import Path

from tocsin.corpora.source import Row
from tocsin.errors import TocsinError


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """The objects of the file with their line numbers; blank lines are passed over.

    Raises TocsinError for a line that is not UTF-8, not JSON or no object; OSError where the file cannot be read.
    """
    rows = []
    with path.open("rb") as lines:  # as bytes: only \n ends a line, and a bad byte has a line number
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError:
                raise TocsinError(f"{where} is not UTF-8 text; save the file as UTF-8.") from None
            except json.JSONDecodeError as error:
                raise TocsinError(f"{where} is not valid JSON ({error.msg}); mend that line.") from None
            except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
                raise TocsinError(f"{where} holds JSON that cannot be read; mend that line.") from None
            if not isinstance(row, dict):
                raise TocsinError(f"{where} is no JSON object; write one object a line, {{...}}.")
            rows.append((number, row))
    return rows
