"""The four levels that matter to a federation, and where a model stands."""

from enum import StrEnum

from tocsin.openness.audit import Audit
from tocsin.openness.rules import Verdict, evaluate, rule_set


class Openness(StrEnum):
    """How open a model is, for a federation; the least open first (rule_sets/federation.toml)."""

    NO_ACCESS = "no-access"
    BLACK_BOX = "black-box"
    GRAY_BOX = "gray-box"
    OPEN_WEIGHT = "open-weight"
    OPEN_SOURCE = "open-source"

    def at_least(self, other: "Openness") -> bool:
        """Whether this level is `other` or above it."""
        order = list(Openness)
        return order.index(self) >= order.index(other)


def federation_verdict(audit: Audit) -> Verdict:
    """Where the model stands on the ladder of the federation, and why not higher."""
    return evaluate(audit, rule_set("federation"))[0]


def openness(audit: Audit) -> Openness:
    """The level that the evidence supports."""
    return Openness(federation_verdict(audit).level)
