"""What an engine needs to know to run a study anywhere: in this process, in others, on other machines."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tocsin import study
from tocsin.privacy import ENROLMENT
from tocsin.study import Study


@dataclass(frozen=True)
class Job:
    """One run of a study. `serve` and `work` are importable as "module:function".

    `folder` is the run's folder on the server. `home` is where clients keep what they must remember;
    on another machine it is the client's own, from the environment (`TOCSIN_CLIENT_HOME`). `run` are 16 random bytes
    in hex that no other run has: `run_key` keeps them.
    """

    study: Study
    folder: Path
    home: Path
    serve: str
    work: str
    run: str

    def client_folder(self, client: int) -> Path:
        """What a client keeps for good, on its own disk: its identity and its egress record."""
        return self._home / f"client-{client:04d}"

    def run_folder(self, client: int) -> Path:
        """What a client keeps for this run, on its own disk."""
        return self.client_folder(client) / self.run[:16]

    def enrolment(self) -> Path:
        """The list of enrolled clients that a client goes by."""
        return self._home / ENROLMENT

    @property
    def _home(self) -> Path:
        return Path(os.environ.get("TOCSIN_CLIENT_HOME") or self.home)

    def to_json(self) -> str:
        """The job as JSON text."""
        return json.dumps(
            {
                "study": self.study.model_dump(mode="json"),
                "folder": str(self.folder),
                "home": str(self.home),
                "serve": self.serve,
                "work": self.work,
                "run": self.run,
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
            run=data["run"],
        )


def run_key(folder: Path) -> str:
    """The random name of the run in `folder`, made at its start and the same whenever it is resumed."""
    file = folder / "run-key"
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_text(secrets.token_hex(16), encoding="ascii")
        draft.replace(file)
    return file.read_text(encoding="ascii")


def resolve(reference: str) -> Callable[..., Any]:
    """The function that "module:function" names."""
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
