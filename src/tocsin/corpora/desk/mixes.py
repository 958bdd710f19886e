"""Who asks where, and how: the known truth of the built-in corpus.

A record's register and its group are drawn apart from each other, given its region; the service and what is
asked are drawn evenly everywhere. The answer depends on the region, on what is asked and on the register,
never on the group: whatever disparity between groups a model shows after training, it was not taught here.
"""

REGISTERS = ("formal", "plain", "colloquial", "learner")
"""Ways of asking; `learner` is the simple English of somebody who is still learning it."""

GROUPS = ("younger", "older", "newcomer", "carer")
"""Who asks: somebody starting out, somebody retired, somebody who just moved here, somebody who cares for
another person."""


def _mix(names: tuple[str, ...], percent: tuple[int, ...]) -> dict[str, float]:
    return {name: share / 100 for name, share in zip(names, percent, strict=True)}


REGISTER_MIX = {
    # region                     formal plain colloquial learner
    "Ardenholm": _mix(REGISTERS, (55, 30, 10, 5)),
    "Brackmoor": _mix(REGISTERS, (10, 30, 50, 10)),
    "Corvale": _mix(REGISTERS, (40, 45, 10, 5)),
    "Dunwater": _mix(REGISTERS, (10, 25, 15, 50)),
    "Elverstead": _mix(REGISTERS, (15, 30, 45, 10)),
    "Farrowick": _mix(REGISTERS, (25, 60, 10, 5)),
    "Gildermoor": _mix(REGISTERS, (5, 30, 25, 40)),
    "Hesterby": _mix(REGISTERS, (25, 25, 25, 25)),
}
"""Region -> register -> share of its records."""

GROUP_MIX = {
    # region                  younger older newcomer carer
    "Ardenholm": _mix(GROUPS, (10, 60, 5, 25)),
    "Brackmoor": _mix(GROUPS, (55, 10, 20, 15)),
    "Corvale": _mix(GROUPS, (15, 50, 10, 25)),
    "Dunwater": _mix(GROUPS, (20, 10, 60, 10)),
    "Elverstead": _mix(GROUPS, (60, 10, 20, 10)),
    "Farrowick": _mix(GROUPS, (10, 35, 5, 50)),
    "Gildermoor": _mix(GROUPS, (25, 10, 50, 15)),
    "Hesterby": _mix(GROUPS, (25, 25, 25, 25)),
}
"""Region -> group -> share of its records."""
