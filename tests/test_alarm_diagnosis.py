import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from alarm_readings import (
    LEVEL,
    ROUNDS,
    STREAMS,
    TOLERANCE,
    Path,
    climb,
    flat,
    jump,
    stream,
    together,
    unknown,
    watch,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.alarm.diagnosis import Diagnosis, diagnose
from tocsin.alarm.modes import Mode
from tocsin.alarm.reading import Reading
from tocsin.errors import TocsinError

BIAS, CONFIDENCE, FAIRNESS, ADAPTATION, DOMAIN, EROSION = Mode

STUDY = {
    "refusal within": stream(ADAPTATION, "refusal", moment="training"),
    "refusal received": stream(EROSION, "refusal", moment="received"),
    "refusal since": stream(EROSION, "refusal"),
    "home within": stream(ADAPTATION, "utility", moment="training", subject="in-domain"),
    "home received": stream(FAIRNESS, "utility", moment="received", subject="in-domain"),
    "home spread": stream(FAIRNESS, "utility", subject="in-domain", channel="histogram"),
    "off within": stream(ADAPTATION, "off-domain", moment="training", subject="off-domain"),
    "off since": stream(DOMAIN, "off-domain", subject="off-domain"),
    "sure": stream(CONFIDENCE, "calibration", subject="calibration"),
    "women": stream(BIAS, "stereotype", "women", subject="bias"),
    "old": stream(BIAS, "stereotype", "old", subject="bias"),
    "north": stream(BIAS, "utility", "north", subject="in-domain"),
    "south": stream(BIAS, "utility", "south", subject="in-domain"),
    "stereotype spread": stream(FAIRNESS, "stereotype", subject="bias", channel="histogram"),
}


def run(paths: Mapping[str, Path], seed: int, sd: float = 0.03) -> Diagnosis:
    random = np.random.default_rng([seed, 5])
    readings = together(*(watch(of, paths.get(name, flat), random, sd) for name, of in STUDY.items()))
    return diagnose(readings, LEVEL, TOLERANCE)


def federated(onset: int, share: float, most: float) -> tuple[Path, Path, Path]:
    """Training loses `share` of what is left of `most`, aggregation hands on 70%: within, received, since."""
    within, received = [0.0], [0.0]
    for at in range(1, ROUNDS + 1):
        received.append(received[-1] + 0.7 * within[-1])
        within.append(share * (most - received[-1]) if at >= onset else 0.0)
    return within.__getitem__, received.__getitem__, lambda at: within[at] + received[at]


def refusals(onset: int, share: float, most: float = 0.6) -> dict[str, Path]:
    within, received, since = federated(onset, share, most)
    return {"refusal within": within, "refusal received": received, "refusal since": since}


CAUSES: dict[str, tuple[Mode, Mapping[str, Path]]] = {
    "lost in a round and handed on": (ADAPTATION, refusals(9, 0.7)),
    "lost in each round and mended": (
        ADAPTATION,
        {"refusal within": jump(9, 0.2), "refusal since": jump(9, 0.2), "home within": jump(9, 0.1)},
    ),
    "eroded below what a round is allowed": (EROSION, refusals(9, 0.035)),
    "eroded by more than a round is allowed": (EROSION, refusals(9, 0.12)),
    "eroded evenly": (EROSION, {"refusal received": climb(10, 0.03, 0.5), "refusal since": climb(9, 0.03, 0.5)}),
    "specialised": (
        DOMAIN,
        dict(zip(("off within", "off since"), federated(9, 0.3, 0.3)[::2], strict=True)) | {"sure": jump(9, 0.08)},
    ),
    "sure for no reason": (CONFIDENCE, {"sure": jump(9, 0.15), "off since": jump(9, 0.08)}),
    "stereotype": (BIAS, {"women": jump(9, 0.15), "old": jump(9, 0.05), "stereotype spread": jump(9, 0.1)}),
    "one group served worse": (BIAS, {"north": jump(9, 0.2), "south": jump(9, 0.02), "home spread": jump(9, 0.1)}),
    "a few clients served worse": (FAIRNESS, {"home spread": jump(9, 0.15), "home received": jump(9, 0.04)}),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_one_cause_moves_several_streams_and_is_named(cause: str) -> None:
    mode, paths = CAUSES[cause]
    found = [run(paths, seed) for seed in range(12)]
    leading = [one.failing[0] for one in found if one.failing]
    assert [one.mode for one in leading].count(mode) >= 11
    assert sum(one.onset_low <= 9 <= one.onset_high for one in leading) >= 9


def test_what_another_mode_explains_follows_it() -> None:
    first, second = run(CAUSES["lost in a round and handed on"][1], 1).failing[:2]
    assert (first.mode, second.mode, second.follows) == (ADAPTATION, EROSION, ADAPTATION)
    assert first.follows is None and second.confidence < 0.5 < first.confidence


def test_a_fall_in_domain_too_is_no_matter_of_the_domain() -> None:
    home, off = stream(FAIRNESS, "utility", moment="received", subject="in-domain"), STUDY["off since"]
    random = np.random.default_rng(3)
    only = together(watch(off, jump(9, 0.2), random), watch(home, flat, random))
    both = together(watch(off, jump(9, 0.2), random), watch(home, jump(9, 0.2), random))
    assert diagnose(only, LEVEL, TOLERANCE).failing[0].confidence > 0.9
    assert next(one for one in diagnose(both, LEVEL, TOLERANCE).failing if one.mode is DOMAIN).confidence < 0.1


def test_a_comparison_that_cannot_be_made_halves_the_confidence() -> None:
    off = watch(STUDY["off since"], jump(9, 0.2), np.random.default_rng(3))
    (found,) = diagnose(off, LEVEL, TOLERANCE).failing
    assert found.confidence == pytest.approx(0.5, abs=0.001)


def test_clients_vote_where_only_trips_are_released() -> None:
    within = stream(ADAPTATION, "refusal", moment="training", channel="trips")
    since = stream(EROSION, "refusal", channel="trips")
    random = np.random.default_rng(4)

    def new(at: int) -> float:
        return 8.0 if 9 <= at < 13 else 0.0

    def few(at: int) -> float:
        return 3.0 if 9 <= at < 13 else 0.0

    for most, least, mode in ((within, since, ADAPTATION), (since, within, EROSION)):
        readings = together(watch(most, new, random, sd=0.6), watch(least, few, random, sd=0.6))
        first = diagnose(readings, LEVEL, TOLERANCE).failing[0]
        assert (first.mode, first.unit) == (mode, "clients")
        assert first.effect_low <= 32.0 <= first.effect_high


def test_comparisons_that_go_in_a_circle_still_have_a_leader() -> None:
    # Overconfidence over the loss within, that over the loss off-domain (in-domain fell too), that over overconfidence.
    sizes = {"sure": (0.15, 9.0), "off within": (0.05, 8.0), "off since": (0.2, 7.5), "home received": (0.2, 0.0)}
    readings = [Reading(STUDY[name], 1, size, 0.01, 40, log_e, 600.0) for name, (size, log_e) in sizes.items()]
    found = diagnose(readings, LEVEL, TOLERANCE)
    leads = {one.mode: one.follows for one in found.failing}
    assert set(leads) == {CONFIDENCE, ADAPTATION, DOMAIN}
    assert list(leads.values()).count(None) == 1 and found.failing[0].follows is None


def test_it_did_not_begin_after_the_first_alarm() -> None:
    random = np.random.default_rng(11)
    trips = watch(stream(EROSION, channel="trips"), jump(8, 20.0), random, sd=0.6)
    late = watch(stream(EROSION), jump(20, 0.4), random)
    (found,) = diagnose(together(trips, late), LEVEL, TOLERANCE).failing
    assert found.onset_high <= found.rang <= 9
    assert found.unit == "share of items"


def test_what_a_diagnosis_tells() -> None:
    random = np.random.default_rng(6)
    north = stream(EROSION, "refusal", "fraud", cohort="north")
    readings = together(watch(north, jump(9, 0.3), random), watch(stream(EROSION, "xstest"), flat, random))
    found = diagnose(readings, LEVEL, TOLERANCE)
    (only,) = found.failing
    assert (only.layer, only.probes, only.groups, only.cohorts) == ("system", ("refusal",), ("fraud",), ("north",))
    assert only.onset == 9 and 9 <= only.rang <= 11 and only.unit == "share of items"
    assert only.effect_low < 0.3 < only.effect_high and only.effect_high - only.effect_low < 0.1
    assert only.ledger_rows == tuple(range(1, ROUNDS + 1))
    assert 0.0 <= only.false_alarm < LEVEL * 1e-6
    assert found.suspects[0] is BIAS and found.round == ROUNDS
    assert only.sentence().startswith("Alignment Erosion since round 9 (9 to 9), alarm in round ")
    assert f"{only.effect:+.0%}" in only.sentence() and "fraud" in only.sentence() and "north" in only.sentence()


def test_an_alarm_stays_when_the_evidence_falls_again() -> None:
    of = stream(EROSION)
    readings = [Reading(of, at, 0.1, 0.1, 9, math.log(STREAMS / LEVEL) + up, 600.0) for at, up in ((1, 0.0), (2, -9.0))]
    assert diagnose(readings, LEVEL, TOLERANCE).failing[0].rang == 1


def test_false_alarm_is_the_level_at_the_threshold() -> None:
    of = stream(EROSION)
    (found,) = diagnose([Reading(of, 1, 0.1, 0.1, 9, math.log(600.0), 600.0)], LEVEL, TOLERANCE).failing
    assert found.false_alarm == pytest.approx(LEVEL)


def test_unknown_is_never_none() -> None:
    random = np.random.default_rng(7)
    quiet = together(*(watch(stream(mode, probe=mode), flat, random) for mode in Mode))
    assert diagnose(quiet, LEVEL, TOLERANCE).verdict == "none"
    hidden = stream(EROSION, "refusal", "fraud")
    for cover in (
        [unknown(hidden, ROUNDS)],  # suppressed in the last round
        watch(hidden, flat, random, until=ROUNDS - 1),  # the budget ended a round early
    ):
        found = diagnose(together(quiet, cover), LEVEL, TOLERANCE)
        state = next(one for one in found.states if one.mode is EROSION)
        assert (found.verdict, state.verdict) == ("unknown", "unknown")
        assert any("fraud" in why for why in state.why)


def test_what_nothing_watches_is_unknown() -> None:
    assert diagnose([], LEVEL, TOLERANCE).verdict == "unknown"
    found = diagnose(watch(stream(EROSION), flat, np.random.default_rng(8)), LEVEL, TOLERANCE)
    assert {one.mode for one in found.states if one.verdict == "unknown"} == set(Mode) - {EROSION}


def test_an_alarm_does_not_hide_what_is_unknown() -> None:
    random = np.random.default_rng(9)
    readings = together(watch(stream(EROSION), jump(9, 0.3), random), [unknown(stream(EROSION, group="x"), ROUNDS)])
    state = next(one for one in diagnose(readings, LEVEL, TOLERANCE).states if one.mode is EROSION)
    assert state.verdict == "failing" and len(state.why) == 1


def test_two_readings_of_one_stream_and_round_are_refused() -> None:
    once = watch(stream(EROSION), flat, np.random.default_rng(1), until=3)
    again = watch(stream(EROSION), flat, np.random.default_rng(2), until=1)
    with pytest.raises(TocsinError, match="round 1"):
        diagnose([*once, *again], LEVEL, TOLERANCE)


@st.composite
def any_readings(draw: st.DrawFn) -> list[Reading]:
    known = st.tuples(st.floats(-1.0, 1.0), st.floats(0.01, 1.0), st.floats(-5.0, 60.0))
    some = draw(st.lists(st.sampled_from(list(STUDY.values())), min_size=1, max_size=8, unique=True))
    found = []
    for of in some:
        for at in draw(st.sets(st.integers(1, 12), min_size=1, max_size=6)):
            told = draw(st.none() | known)
            if told is None:
                found.append(unknown(of, at))
            else:
                value, sd, log_e = told
                found.append(Reading(of, at, value, sd, 40, log_e, STREAMS / LEVEL, (at,)))
    return found


@settings(max_examples=150, deadline=None)
@given(any_readings(), st.randoms(use_true_random=False))
def test_whatever_was_read(readings: list[Reading], random) -> None:  # type: ignore[no-untyped-def]
    found = diagnose(readings, LEVEL, TOLERANCE)

    shuffled = list(readings)
    random.shuffle(shuffled)
    assert diagnose(shuffled, LEVEL, TOLERANCE) == found
    assert Diagnosis.model_validate_json(found.model_dump_json()) == found

    rang = {one.stream.mode for one in readings if one.excess is not None and one.excess >= 0.0}
    assert {one.mode for one in found.failing} == rang
    assert set(found.suspects) == (set(Mode) - rang if rang else set())
    assert not found.failing or found.failing[0].follows is None
    assert all(one.follows in rang - {one.mode} for one in found.failing if one.follows)
    assert all(a.follows is None or b.follows is not None for a, b in pairwise(found.failing))

    now = max(one.round for one in readings)
    seen = {one.stream for one in readings if one.round == now and one.value is not None}
    for state in found.states:
        of_mode = {one.stream for one in readings if one.stream.mode is state.mode}
        if state.verdict == "none":
            assert of_mode and of_mode <= seen
        assert (state.verdict == "failing") == (state.mode in rang)
        assert state.why or of_mode <= seen
    for one in found.failing:
        assert 1 <= one.onset_low <= one.onset <= one.onset_high <= one.rang
        assert 0.0 <= one.effect_low <= one.effect <= one.effect_high
        assert 0.0 <= one.false_alarm <= LEVEL * (1.0 + 1e-9) and 0.0 <= one.confidence <= 1.0
