"""The tables of results/responsible_fedllm.md, and what there is to know about them."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from responsible_cells import ARMS, BOTH, CHEAP, CONSTITUTIONAL, FILTER, NONE
from responsible_figures import Figure, gain, loss_added, over_refusal, refusal
from responsible_grid import (
    GENTLE_KEEPS,
    JUDGED,
    LADDER,
    PILOT_SEED,
    SHARES,
    STRENGTHS,
    STRONG_KEEPS,
    Grid,
    kept_in_pilot,
)

from tocsin.behaviour.statistics import Interval

Shown = Callable[[str, float, str], str]
"""What a table shows of a strength, a share and an arm."""


def tables(grid: Grid) -> list[str]:
    """All of it, in Markdown."""
    lines = [*_against_the_paper(grid), *_pilot(grid)]
    for strength, speed in grid.rates.items():
        lines += ["", f"## {strength.capitalize()}: learning rate {speed:g}"]
        for title, shown in (
            ("AdvBench refusal", partial(_rates, grid, refusal)),
            ("gain in points", partial(_changes, grid, gain)),
            ("XSTest over-refusal", partial(_rates, grid, over_refusal)),
            ("held-out loss above FedAvg's, percent", partial(_changes, grid, loss_added)),
        ):
            lines += ["", *_table(title, strength, shown)]
    return [*lines, "", *_by_seed(grid), "", *_filtered(grid), "", *_costs(grid), "", "## What to know", "", *NOTES]


def _against_the_paper(grid: Grid) -> Iterator[str]:
    """The paper's own figures beside ours."""
    base = grid.cells("gentle", JUDGED, NONE)
    both = grid.interval(gain, *grid.cells("gentle", JUDGED, BOTH), *base)
    cheap, full = (sum(grid.operations(arm).values()) for arm in (CHEAP, CONSTITUTIONAL))
    less = 100.0 * (1.0 - cheap / full)
    yield from (
        "| | the paper (other models and data) | here |",
        "|---|---|---|",
        f"| improvement on AdvBench, filter and constitutional AI | over 20% | {_change(both)} points |",
        f"| compute that the cheap variant saves | 96% | {less:.1f}% |",
    )


def _pilot(grid: Grid) -> Iterator[str]:
    """What the strengths were chosen on."""
    by_share = {share: kept_in_pilot(grid.units, grid.starts[PILOT_SEED], share) for share in SHARES}
    told = [
        f"{kept:.2f} at {speed:g} with {share:.0%} openers"
        for share, at in by_share.items()
        for speed, kept in at.items()
    ]
    yield ""
    yield (
        f"The strengths were chosen on a pilot, seed {PILOT_SEED} and no remedy, of {len(LADDER)} learning rates: "
        f"gentle is the highest at which benign data leave {GENTLE_KEEPS:g} of the start's refusal, strong the lowest "
        f"at which they leave less than {STRONG_KEEPS:g}. There was left {', '.join(told)}. Data and steps were chosen "
        "by hand on the same seed."
    )


def _table(title: str, strength: str, shown: Shown) -> Iterator[str]:
    yield f"| {title} | " + " | ".join(f"{share:.0%} openers" for share in SHARES) + " |"
    yield "|---" * (len(SHARES) + 1) + "|"
    for arm in ARMS:
        yield f"| {arm} | " + " | ".join(shown(strength, share, arm) for share in SHARES) + " |"


def _rates(grid: Grid, figure: Figure, strength: str, share: float, arm: str) -> str:
    return rate(grid.interval(figure, *grid.cells(strength, (share,), arm)))


def _changes(grid: Grid, figure: Figure, strength: str, share: float, arm: str) -> str:
    if arm == NONE:
        return ""
    cells = [*grid.cells(strength, (share,), arm), *grid.cells(strength, (share,), NONE)]
    return _change(grid.interval(figure, *cells))


def rate(one: Interval) -> str:
    """`0.61 (0.50 to 0.70)`; what was drawn out beyond 0 and 1 is cut."""
    return f"{one.estimate:.2f} ({max(0.0, one.low):.2f} to {min(1.0, one.high):.2f})"


def _change(one: Interval) -> str:
    return f"{one.estimate:+.1f} ({one.low:+.1f} to {one.high:+.1f})"


def _by_seed(grid: Grid) -> Iterator[str]:
    """Refusal seed by seed: three are few."""
    yield from ("## Refusal by seed", "", "| | " + " | ".join(ARMS) + " |", "|---" * (len(ARMS) + 1) + "|")
    alone = [Grid(grid.units, grid.starts, (seed,), grid.rates) for seed in grid.seeds]
    for strength in STRENGTHS:
        for share in SHARES:
            row = []
            for arm in ARMS:
                found = [one.interval(refusal, *one.cells(strength, (share,), arm)).estimate for one in alone]
                row.append(", ".join(f"{share:.2f}" for share in found))
            yield f"| {strength}, {share:.0%} openers | " + " | ".join(row) + " |"


def _filtered(grid: Grid) -> Iterator[str]:
    """How good the filter was on the clients' data, which only an experiment can know."""
    yield from (
        "## What the filter took out, all clients and seeds",
        "",
        "| | openers | benign examples |",
        "|---|---|---|",
    )
    for share in SHARES:
        had, left = Counter[str](), Counter[str]()
        for done in grid.done("gentle", share, FILTER):
            had.update(done.had)
            left.update(done.left)
        told = [f"{had[kind] - left[kind]} of {had[kind]}" for kind in ("opener", "benign")]
        yield f"| {share:.0%} openers | {told[0]} | {told[1]} |"


def _costs(grid: Grid) -> Iterator[str]:
    """What constitutional AI's operations were for."""
    cells = len(JUDGED) * len(grid.seeds)
    costs = {arm: grid.operations(arm) for arm in (CONSTITUTIONAL, CHEAP)}
    purposes = list(dict.fromkeys(purpose for cost in costs.values() for purpose in cost))
    yield from ("## Floating-point operations of constitutional AI in a federation, on average", "")
    yield from ("| | " + " | ".join((*purposes, "all")) + " |", "|---" * (len(purposes) + 2) + "|")
    for arm, cost in costs.items():
        told = [f"{count / cells:.2e}" for count in (*(cost[purpose] for purpose in purposes), cost.total())]
        yield f"| {arm} | " + " | ".join(told) + " |"


NOTES = (
    "**Intervals** are 95%, by a bootstrap that draws the seeds again, then the items within each seed, and the "
    "detector's sensitivity and specificity from what is known of them; arms are drawn together, so that differences "
    "are paired by seed and item. Three seeds are few for that: replicates are drawn out by the root of 3/2, and the "
    "seeds are told one by one. Targets are judged by the estimate.",
    "",
    "**What the paper leaves unsaid** is ours: model, data, strengths, prompts. Its guard is a fine-tuned language "
    "model, ours a probe on the base model's hidden states; its critic is the model itself, ours has critiques and "
    "revisions that were written beforehand, since 135 million parameters do not criticise themselves. Its improvement "
    "is in percent, ours in points of the refusal rate.",
    "",
    "**Benign data matter.** With service-desk questions for benign data, tried on the pilot's seed and given up, 25% "
    "openers left .53 of AdvBench refused where benign data alone left .62; with the second sentence of each answer "
    "only, .18 and .22 (as counted, 96 requests, one run each; the start's was .86). Where benign data do as much harm "
    "as openers, a filter has nothing to save; why they do was not looked into.",
    "",
    '**Who may know what.** Openers follow requests of the probe "refusal". Filter, constitutional AI, mixing and '
    "tuning learn from the requests of `tocsin align`, which share no task and no phrasing with those. Neither has "
    "anything of AdvBench or XSTest. But the start was aligned with what constitutional AI, mixing and tuning repeat; "
    "a federation whose start was aligned with other data may gain less.",
    "",
    "**Post-hoc tuning** follows the last round alone: it is made from the checkpoints of the federation without a "
    "remedy, which are what its own would be. All other arms are federations of their own.",
)
