"""What an engine needs to know to run a study anywhere: in this process, in others, on other machines."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tocsin import study
from tocsin.study import Study


@dataclass(frozen=True)
class Job:
    """One run of a study. `serve` and `work` are importable as "module:function".

    `folder` is the run's folder on the server. `home` is where clients keep what they must remember;
    on another machine it is the client's own, from the environment (`TOCSIN_CLIENT_HOME`).
    """

    study: Study
    folder: Path
    home: Path
    serve: str
    work: str

    def to_json(self) -> str:
        """The job as JSON text."""
        return json.dumps(
            {
                "study": self.study.model_dump(mode="json"),
                "folder": str(self.folder),
                "home": str(self.home),
                "serve": self.serve,
                "work": self.work,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """The job that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            study=study.parse(data["study"], "the job's study"),
            folder=Path(data["folder"]),
            home=Path(data["home"]),
            serve=data["serve"],
            work=data["work"],
        )


def resolve(reference: str) -> Callable[..., Any]:
    """The function that "module:function" names."""
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
