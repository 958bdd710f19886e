"""Clients' sums beside what the server finds itself."""

import numpy as np
import pytest

from tocsin import study
from tocsin.cross_checks import disagreements
from tocsin.evidence import verdict
from tocsin.records import Measure, RoundRecord

STUDY = study.parse(
    {
        "name": "x",
        "probe": [
            {"name": "stereotype", "items": 64},
            {"name": "refusal", "items": 64, "at": "clients"},
            {"name": "utility", "items": 64, "at": "clients", "groups": ["a"]},
        ],
    },
    "x",
)


def measure(probe, by, moment, n, total, sd=0.0, group="gender"):
    return Measure(probe=probe, group=group, moment=moment, by=by, n=n, total=total, squares=total, sd=sd)


def rounds(server: float, clients: float, probe="stereotype", sd=0.0):
    return [
        RoundRecord(round=0, measures=(measure(probe, "server", "after", 64, server),)),
        RoundRecord(round=1, measures=(measure(probe, "clients", "before", 200, clients, sd),)),
    ]


def test_clients_that_cannot_have_the_server_s_model_are_named():
    (said,) = disagreements(STUDY, rounds(16.0, 150.0))
    assert '"stereotype" in round 1' in said and "lie" in said
    assert said in verdict(rounds(16.0, 150.0), warnings=[said]).sentences()


@pytest.mark.parametrize(("clients", "sd"), [(50.0, 0.0), (60.0, 0.0), (150.0, 60.0)])
def test_chance_and_noise_are_not_suspected(clients, sd):
    assert disagreements(STUDY, rounds(16.0, clients, sd=sd)) == ()


@pytest.mark.parametrize("probe", ["refusal", "utility"])
def test_what_the_server_does_not_ask_is_not_compared(probe):
    assert disagreements(STUDY, rounds(0.0, 200.0, probe=probe)) == ()


def test_honest_clients_are_suspected_as_seldom_as_stated():
    random, wrong = np.random.default_rng(3), 0
    for _ in range(3000):
        wrong += bool(disagreements(STUDY, rounds(random.binomial(64, 0.3), random.binomial(200, 0.3))))
    assert wrong <= 45  # 30 expected at level .01; 45 or more once in 200
