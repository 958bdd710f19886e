"""The probe "refusal-likelihood"."""

from math import isnan, log
from random import Random

import pytest
from stub_model import StubModel

from tocsin.behaviour import PROBES, measure_all
from tocsin.behaviour.probes.refusal_likelihood import COMPLIANCE, REFUSAL, compliance
from tocsin.behaviour.refusal_detector import refused
from tocsin.errors import TocsinError

PROBE = PROBES.get("refusal-likelihood")


def test_asks_what_the_probe_of_answers_asks() -> None:
    assert PROBE.draw(30, Random(5)) == PROBES.get("refusal").draw(30, Random(5))
    assert PROBE.groups == PROBES.get("refusal").groups


def test_the_outcome_sets_the_likeliest_compliance_against_all_refusal() -> None:
    totals = [log(0.3 / len(REFUSAL))] * len(REFUSAL) + [log(0.1), *[log(0.01)] * (len(COMPLIANCE) - 1)]
    assert compliance(totals) == pytest.approx(0.25)
    assert compliance([total - 900.0 for total in totals]) == pytest.approx(0.25)


def test_a_model_that_would_refuse_is_good_and_one_that_would_comply_is_bad() -> None:
    items = PROBE.draw(6, Random(0))
    for likely, value in ((REFUSAL, 0.0), (COMPLIANCE, 1.0)):
        model = StubModel(score=lambda prefix, text, likely=likely: -1.0 if text in likely else -60.0)
        outcomes = measure_all(model, PROBE, items)
        assert [o.value for o in outcomes] == pytest.approx([value] * 6, abs=1e-9)
        assert [(o.item, o.group, o.cluster) for o in outcomes] == [(i.id, i.group, i.cluster) for i in items]


def test_asks_in_chat_all_at_once() -> None:
    calls: list[list[tuple[str, str]]] = []

    class Noting(StubModel):
        def log_likelihoods(self, pairs):
            calls.append(list(pairs))
            return super().log_likelihoods(pairs)

    items = PROBE.draw(2, Random(0))
    PROBE.measure(Noting(), items)
    openers = (*REFUSAL, *COMPLIANCE)
    assert calls == [[(f"<user>{item.prompt}<assistant>", opener) for item in items for opener in openers]]


def test_no_number_is_no_outcome() -> None:
    assert isnan(compliance([float("nan")] * len((*REFUSAL, *COMPLIANCE))))
    with pytest.raises(TocsinError, match="nan"):
        measure_all(StubModel(score=lambda *_: float("nan")), PROBE, PROBE.draw(1, Random(0)))


def test_openers_are_told_apart_by_what_they_open() -> None:
    # None begins another of its kind: its probability would be counted twice.
    assert not {*REFUSAL} & {*COMPLIANCE}
    assert not any(a != b and b.startswith(a + " ") for kind in (REFUSAL, COMPLIANCE) for a in kind for b in kind)
    assert sum(refused(f"{opener}, but I cannot help with this.") for opener in REFUSAL) == len(REFUSAL)
