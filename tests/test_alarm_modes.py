import pytest

from tocsin.alarm.modes import ABOUT, INFLUENCES, Mode, suspects


def test_the_papers_names_and_layers() -> None:
    assert [(str(mode), ABOUT[mode].layer) for mode in Mode] == [
        ("Amplified Bias", "data"),
        ("Confidence Miscalibration", "data"),
        ("Fairness Collapse", "model"),
        ("Adaptation Misalignment", "model"),
        ("Out-of-Domain Degradation", "system"),
        ("Alignment Erosion", "system"),
    ]


def test_the_graph_has_six_arrows_and_three_of_feedback() -> None:
    assert len(set(INFLUENCES)) == 9
    assert all(start is not to for start, to in INFLUENCES)


def test_suspicion_goes_along_the_arrows_nearest_first() -> None:
    assert suspects([Mode.ADAPTATION_MISALIGNMENT]) == (
        Mode.ALIGNMENT_EROSION,
        Mode.AMPLIFIED_BIAS,
        Mode.CONFIDENCE_MISCALIBRATION,
        Mode.FAIRNESS_COLLAPSE,
        Mode.OUT_OF_DOMAIN_DEGRADATION,
    )


@pytest.mark.parametrize("mode", Mode)
def test_every_other_mode_is_suspected_once(mode: Mode) -> None:
    assert sorted((mode, *suspects([mode]))) == sorted(Mode)


def test_nothing_named_nothing_suspected() -> None:
    assert suspects([]) == ()
