import pytest

from tocsin.alarm.modes import Mode
from tocsin.alarm.streams import streams, subject
from tocsin.errors import TocsinError


@pytest.mark.parametrize(
    ("kind", "source", "about"),
    [
        ("bias", "generated", "bias"),
        ("safety", "benchmark", "safety"),
        ("calibration", "held-out", "calibration"),
        ("quality", "held-out", "in-domain"),
        ("quality", "generated", "off-domain"),
        ("memorisation", "trained", None),
    ],
)
def test_what_a_probe_is_about(kind: str, source: str, about: str | None) -> None:
    assert subject(kind, source) == about


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TocsinError, match="speed"):
        subject("speed", "generated")


def test_safety_speaks_of_the_round_first_and_then_of_the_run() -> None:
    found = streams("refusal", "safety", "trips")
    assert [(one.moment, one.mode) for one in found] == [
        ("training", Mode.ADAPTATION_MISALIGNMENT),
        ("received", Mode.ALIGNMENT_EROSION),
        ("personalised", Mode.ALIGNMENT_EROSION),
    ]


def test_the_server_watches_the_global_model_alone() -> None:
    found = streams("refusal", "safety", "server", groups=("fraud", "weapons"))
    assert [(one.moment, one.group) for one in found] == [("global", "fraud"), ("global", "weapons")]


def test_a_histogram_is_of_clients_and_speaks_of_the_gap_between_them() -> None:
    (found,) = streams("utility", "in-domain", "histogram", groups=("a", "b"))
    assert (found.mode, found.group) == (Mode.FAIRNESS_COLLAPSE, "all")


@pytest.mark.parametrize(("groups", "biased"), [(("a", "b"), 2), (("all",), 0)])
def test_held_out_quality_speaks_of_bias_where_there_are_groups(groups: tuple[str, ...], biased: int) -> None:
    found = streams("group-quality", "in-domain", "counts", groups)
    assert sum(one.mode is Mode.AMPLIFIED_BIAS for one in found) == biased


def test_groups_and_cohorts_multiply() -> None:
    assert len(set(streams("stereotype", "bias", "counts", ("a", "b"), ("north", "south", "all")))) == 6
