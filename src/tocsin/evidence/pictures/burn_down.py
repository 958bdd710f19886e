"""What is left of the privacy budget after each attempt at a release."""

from math import floor

from matplotlib.figure import Figure

from tocsin.evidence.pictures.frame import FULL
from tocsin.evidence.spending import Spending
from tocsin.evidence.svg import BLUE, GREEN, INK, MUTED, RULE, VERMILLION, inline, styled

_LOOKS = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, ":"))


def burn_down_picture(spending: Spending) -> str:
    """Epsilon that is left, attempt by attempt, of each unit that the budget is for; crosses are attempts that failed,
    which cost the same."""
    budget, steps = spending.budget, spending.steps
    with styled():
        figure = Figure(figsize=(FULL, 1.9))
        axes = figure.add_axes((0.033, 0.13, 0.795, 0.82))
        axes.axhline(0.0, color=INK, linewidth=0.9)
        axes.axhline(budget, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
        place = None
        for unit, (colour, dashes) in zip(spending.units, _LOOKS, strict=False):
            spent = [step.epsilon.get(unit) for step in steps]
            y = [budget, *(budget - one for one in spent if one is not None)]
            if len(y) <= len(steps):
                continue  # nothing is claimed for it
            x = range(len(y))
            axes.step(x, y, dashes, where="post", color=colour, linewidth=1.5)
            axes.fill_between(x, y, step="post", color=colour, alpha=0.12, linewidth=0)
            failed = [at for at, step in enumerate(steps, 1) if step.failed]
            axes.plot(failed, [y[at] for at in failed], "x", color=INK, markersize=5, zorder=4)
            lower = y[-1] if place is None else min(y[-1], place - 0.14 * budget)
            place = lower
            axes.annotate(
                f"{max(0, floor(100 * y[-1])) / 100:.2f} of {budget:g} left, a {unit}", (x[-1], lower), (7, 0),
                textcoords="offset points", va="center", color=colour, fontsize=7.5, fontweight="bold",
                annotation_clip=False,
            )  # fmt: skip
        firsts = {step.round: at for at, step in reversed(list(enumerate(steps, 1)))}
        for at in firsts.values():
            axes.axvline(at, color=RULE, linewidth=0.5, zorder=0)
        every = -(-len(firsts) // 24)
        shown = sorted(firsts.items())[::every]
        axes.set_xticks([at for _, at in shown], [f"round {round}" if i == 0 else str(round)
                                                 for i, (round, _) in enumerate(shown)])  # fmt: skip
        axes.set_xlim(0.0, len(steps) + 0.02)
        axes.set_ylim(-0.04 * budget, 1.1 * budget)
        return inline(figure, "burn-down", "Epsilon that is left after each attempt at a release; the table is below")
