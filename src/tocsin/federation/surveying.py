"""Before round 1 each client describes its training data, and the server reads the sum over all.

A masked sum of its own beside those of the rounds: for each aspect the number of examples, and of clients that have
one. Its numbers are about training records and are exact: a study with an epsilon has none.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from tocsin.corpora import Aspect, aspects
from tocsin.errors import TocsinError
from tocsin.federation.summing import ClientSums, Send, ServerSums, TermsOf, fewest_summed
from tocsin.privacy import Sum, Terms, Vector
from tocsin.records import Surveyed
from tocsin.study import Study

CHANNEL = "survey"

MOST = (1 << 24) - 1
"""A client with more examples of an aspect tells this number."""

_ROUND = 1


def check_survey(study: Study) -> None:
    """Raises TocsinError for a survey that the study's privacy forbids."""
    if study.survey is not None and study.privacy.epsilon is not None:
        raise TocsinError(
            "[survey] tells exact numbers of training examples, which privacy.epsilon does not cover; survey the data "
            "with `tocsin survey` of a study without an epsilon, or leave one of the two out."
        )


def answer(
    sums: ClientSums, study: Study, round_: int, requests: Mapping[str, bytes], counts: Mapping[Aspect, int]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """A client's reply, or its reason, to a request for its part; see `ClientSums.answer`. `counts` are its own."""
    return sums.answer(round_, requests, _terms_of(study), lambda channel, clients: _encode(study, counts))


def collect(
    study: Study, sums: ServerSums, clients: Collection[int], send: Send
) -> tuple[tuple[Surveyed, ...], dict[int, str]]:
    """What the clients' data are made of, by cohort, and why a client's part was not used.

    Of an aspect with fewer than `privacy.floor` examples nothing is told but that; where there is no sum, why.
    """
    results, reasons = sums.collect(_ROUND, clients, (CHANNEL,), _terms_of(study), send)
    told: list[Surveyed] = []
    for cohort, by_channel in results.items():
        summed = by_channel[CHANNEL]
        numbers = _decode(summed) if isinstance(summed, Sum) else None
        why = summed if isinstance(summed, str) else f"fewer than {study.privacy.floor} examples"
        of = len(summed.roster) if isinstance(summed, Sum) else 0
        for at, (question, value) in enumerate(_asked(study)):
            one = Surveyed(aspect=question, value=value, cohort=cohort, of=of, why=why)
            if numbers is not None and (known := numbers[at])[0] >= study.privacy.floor:
                one = Surveyed(aspect=question, value=value, cohort=cohort, of=of, examples=known[0], clients=known[1])
            told.append(one)
    return tuple(told), reasons


def _asked(study: Study) -> tuple[Aspect, ...]:
    assert study.survey is not None
    return aspects(study.survey)


def _terms_of(study: Study) -> TermsOf:
    asked = _asked(study)
    digest = hashlib.sha256(f"tocsin survey 1 {asked!r}".encode()).digest()

    def terms(channel: str, run: bytes, cohort: str, round_: int, enrolment: bytes) -> Terms:
        if channel != CHANNEL:
            raise KeyError(channel)
        # In one round only: two sums over rosters that differ in a client would tell of that client.
        return Terms(run, channel, cohort, _ROUND, digest, enrolment, 2 * len(asked), 0, MOST, fewest_summed(study))

    return terms


def _encode(study: Study, counts: Mapping[Aspect, int]) -> Vector:
    numbers = [min(counts.get(one, 0), MOST) for one in _asked(study)]
    return np.array([[number, number > 0] for number in numbers], np.int64).ravel()


def _decode(summed: Sum) -> Sequence[tuple[int, int]]:
    return [(int(examples), int(clients)) for examples, clients in summed.total.reshape(-1, 2)]
