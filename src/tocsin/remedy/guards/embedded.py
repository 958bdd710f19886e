"""The guard that needs no download: a classifier on the base model's own hidden states, and the refusal detector."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.behaviour import refused
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.models import Model, cache_folder
from tocsin.remedy.guards.guard import GUARDS, Guard, beginning
from tocsin.remedy.guards.logistic import Bools, Floats, Logistic, fit
from tocsin.remedy.guards.own_requests import Request, own_requests

DEPTHS = (0.5, 0.6, 0.8)
PENALTY = 1e-5
PHRASINGS = 4
FOLDS = 5

_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"  # in no chat template


@dataclass(frozen=True)
class Embedded:
    """The score is the chance that the request is harmful, of as many harmful as safe ones, and 0 where the response
    refuses (`behaviour.refused`).

    The chance is a logistic regression's, on the mean and the last of the request's hidden states at `DEPTHS`: linear
    classifiers of inner states, as of Alain & Bengio (2016, arXiv 1610.01644). It reads the last user turn alone, and
    of the response only whether it refuses.
    """

    model: Model
    requests: Logistic
    threshold: float

    def scores(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """See `Guard.scores`."""
        found = np.zeros(len(examples))
        answered = [place for place, example in enumerate(examples) if not refused(example.response)]
        if answered:
            found[answered] = self.requests.probability(features(self.model, [_asked(examples[i]) for i in answered]))
        return found


def _asked(example: Example) -> str:
    return next((text for role, text in reversed(example.turns) if role == "user"), "")


def features(model: Model, requests: Sequence[str]) -> Floats:
    """What the classifier reads of each request, (requests, features)."""
    opening = model.chat(_MARK).partition(_MARK)[0]
    pairs = [(opening, model.chat(beginning(request)).removeprefix(opening)) for request in requests]
    return model.states(pairs, DEPTHS).reshape(len(pairs), -1)


@GUARDS.register("embedded")
def embedded(source: str, model: Model) -> Guard:
    """The guard of this model; fitted once, then kept in the user's cache."""
    own = own_requests(PHRASINGS)
    file = _cached(model, own)
    if file.is_file():
        with np.load(file) as kept:
            return Embedded(model, Logistic(kept["weights"], float(kept["bias"])), float(kept["threshold"]))
    made = fitted(model, own)
    _keep(made, file)
    return made


def fitted(model: Model, own: Sequence[Request]) -> Embedded:
    """The guard that `own` requests make.

    Its threshold misses as large a share of the harmful ones as it flags of the others, look-alikes and plain ones
    together, all of tasks that it has not seen: each score is of a classifier fitted without any phrasing of the task,
    and without its look-alike.
    """
    read = features(model, [one.prompt for one in own])
    harmful = np.array([one.kind == "harmful" for one in own])
    scores = left_out(read, harmful, np.array([one.kin for one in own]))
    return Embedded(model, fit(read, harmful, PENALTY), equal_errors(scores[harmful], scores[~harmful]))


def left_out(read: Floats, harmful: Bools, kin: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance of each request by a classifier that has seen none of its kin."""
    found = np.empty(len(read))
    for fold in range(FOLDS):
        rest = kin % FOLDS != fold
        found[~rest] = fit(read[rest], harmful[rest], PENALTY).probability(read[~rest])
    return found


def equal_errors(harmful: NDArray[np.float64], safe: NDArray[np.float64]) -> float:
    """The score at which the share of `harmful` ones below it is closest to that of `safe` ones from it on."""
    cuts = np.unique([*harmful, *safe])
    missed = np.searchsorted(np.sort(harmful), cuts) / len(harmful)
    wrong = 1.0 - np.searchsorted(np.sort(safe), cuts) / len(safe)
    return float(cuts[np.argmin(np.abs(missed - wrong))])


def _cached(model: Model, own: Sequence[Request]) -> Path:
    learnt = [astuple(one) for one in own]
    how = [model.fingerprint, str(model.network.dtype), model.device.type, DEPTHS, PENALTY, FOLDS, learnt]
    return cache_folder() / "guards" / f"{hashlib.sha256(json.dumps(how).encode()).hexdigest()[:24]}.npz"


def _keep(made: Embedded, file: Path) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            np.savez(stream, weights=made.requests.weights, bias=made.requests.bias, threshold=made.threshold)
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise TocsinError(
            f"The guard cannot be kept in {file.parent} ({error.strerror}); set TOCSIN_CACHE to a folder that can."
        ) from None
