"""A run as JSON, for programs."""

from dataclasses import asdict
from typing import Any

from tocsin.evidence.store import Run


def run_json(run: Run) -> dict[str, Any]:
    """Everything that the store holds of a run: `run`, `rounds` (RoundRecords) and `events`, in order."""
    return {
        "run": {
            "id": run.id,
            "name": run.name,
            "seed": run.seed,
            "created": run.created,
            **asdict(run.made_by),
            "study": run.study_data,
        },
        "rounds": [record.model_dump(mode="json") for record in run.rounds()],
        "events": [asdict(event) for event in run.events()],
    }
