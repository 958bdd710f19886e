"""Which mode it is when several streams ring.

One cause moves several streams. So the modes that ring are put in pairs, and each pair is asked one question whose
answer is a probability. The mode that wins leads; the other *follows*: its streams did ring, and are told as evidence.
There is one principle and nothing to tune: a mode leads where **more than half** of what made it ring is its own, and
is not what the other mode would do to the same stream.

Alignment Erosion or Adaptation Misalignment, both on safety. A refusal lost within a round also stands lost against
    round 0. The paper's layers tell them apart by *when*: within a round (model) or across rounds (system). The loss of
    personalised models against round 0 is what was received, left by earlier rounds, plus what this round's training
    did, exactly. Did one round's training take more than half of it? That shows in one of two ways. Either the loss is
    handed on by aggregation: then later rounds have little left to lose, and the *path* tells whether most came at
    once (`Onset.at_once`). Or it is mended by aggregation and made anew every round: then *training* still does more
    than half of it now. The likelier of the two counts. Where only trips are released, clients vote, each with the
    stream that tripped first. A mode of which no stream rang is not named; the question is asked all the same, and
    lowers the confidence.
Confidence Miscalibration or a mode of quality (Out-of-Domain Degradation, Adaptation Misalignment). A model that gets
    things wrong and stays as sure is overconfident by as much. An outcome of a calibration probe is .5 + (confidence -
    correctness)/2, so a loss of accuracy a explains a/2 of it; miscalibration leads where it rose by more than a.
Out-of-Domain Degradation or Adaptation Misalignment, where the latter rings on off-domain quality alone. Then only what
    clients do not train on fell, which is over-specialising; unless in-domain quality fell by half as much or more:
    then it is no matter of the domain. If safety or in-domain quality rings within the round, these are two
    statements, and the stronger evidence stands first.
Amplified Bias on held-out quality of groups, or a mode that rings on the same probe. Bias is what one group lost and
    the others did not: it leads where the group that rings loudest lost more than twice what those that do not ring
    lost. On stereotype probes an outcome is a comparison between groups already.
Fairness Collapse or another mode on the same probe. A gap between clients, or a change of their mean? The same
    outcomes, two alternatives: their e-values are likelihood ratios against one null, and the larger wins by as much.

Where a comparison cannot be made, because what it needs is unknown, it stands at one half and the mode whose stream
rang keeps its name, with half the confidence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from scipy.special import expit, ndtr

from tocsin.alarm.modes import Mode
from tocsin.alarm.onset import Onset
from tocsin.alarm.streams import Stream
from tocsin.alarm.track import Track, pooled

_TWO_SIDES = 2.0 * 1.96  # standard deviations of a normal in a 95% interval
_QUALITY = ("in-domain", "off-domain")
_AGAINST_START = ("personalised", "received", "global")


@dataclass(frozen=True)
class Contest:
    """`mode` leads over `rival` with `probability` in [0, 1]; without a rival: it is `mode` with that probability."""

    mode: Mode
    rival: Mode | None
    probability: float
    because: str


def contests(
    every: Sequence[Track], ringing: Mapping[Mode, Sequence[Track]], onsets: Mapping[Stream, Onset]
) -> list[Contest]:
    """All that can be asked of the modes in `ringing`, which has one or more ringing tracks for each.

    `every` has all tracks of the run, ringing or not; `onsets` those of the ringing ones.
    """
    found: list[Contest] = []
    within = ringing.get(Mode.ADAPTATION_MISALIGNMENT, ())
    if Mode.ALIGNMENT_EROSION in ringing:
        found.append(_when(every, [one for one in within if one.stream.subject == "safety"], ringing, onsets))
    for mode in (Mode.OUT_OF_DOMAIN_DEGRADATION, Mode.ADAPTATION_MISALIGNMENT):
        quality = [one for one in ringing.get(mode, ()) if one.stream.subject in _QUALITY]
        if quality and Mode.CONFIDENCE_MISCALIBRATION in ringing:
            found.append(_confidence_or_accuracy(ringing[Mode.CONFIDENCE_MISCALIBRATION], quality, mode, onsets))
    if Mode.OUT_OF_DOMAIN_DEGRADATION in ringing:
        found.append(_specialised(every, ringing[Mode.OUT_OF_DOMAIN_DEGRADATION], within, onsets))
    if Mode.AMPLIFIED_BIAS in ringing:
        found += _unequal(every, ringing, onsets)
    if Mode.FAIRNESS_COLLAPSE in ringing:
        found += _apart(ringing)
    return found


def _when(
    every: Sequence[Track],
    rang_within: Sequence[Track],
    ringing: Mapping[Mode, Sequence[Track]],
    onsets: Mapping[Stream, Onset],
) -> Contest:
    since = ringing[Mode.ALIGNMENT_EROSION]
    within = rang_within or [
        one for one in every if one.stream.subject == "safety" and one.stream.moment == "training" and one.known
    ]
    paths = [one for one in since if one.stream.channel != "trips"]
    if paths:
        path = max(paths, key=lambda one: (one.stream.moment == "personalised", one.excess))
        onset = onsets[path.stream]
        anew = [lost for one in within if _comparable(path, one) and (lost := one.since(onset.round)) is not None]
        by_training = max((_more((2.0 * lost, 2.0 * sd), _now(onset)) for lost, sd in anew), default=0.0)
        one_round = max(onset.at_once, by_training)
        because = f"{path.stream}: one round's training did most of the loss with probability {one_round:.2f}"
    else:
        begin = min(onsets[one.stream].round for one in since)
        one_round = _more(_total(within, begin), _total(since, begin))
        because = f"more clients tripped within a round than against round 0 with probability {one_round:.2f}"
    if rang_within:
        return Contest(Mode.ADAPTATION_MISALIGNMENT, Mode.ALIGNMENT_EROSION, one_round, because)
    # It did not ring, so it is not named; that it may be the cause still counts against the confidence.
    return Contest(Mode.ALIGNMENT_EROSION, None, 1.0 - one_round, because)


def _confidence_or_accuracy(
    confidence: Sequence[Track], quality: Sequence[Track], mode: Mode, onsets: Mapping[Stream, Onset]
) -> Contest:
    rose, fell = strongest(confidence), strongest(quality)
    begin = onsets[rose.stream].round
    more = _more(rose.since(begin), fell.since(begin)) if _comparable(rose, fell) else 0.5
    because = f"overconfidence rose by more than {fell.stream} explains with probability {more:.2f}"
    return Contest(Mode.CONFIDENCE_MISCALIBRATION, mode, more, because)


def _specialised(
    every: Sequence[Track], off: Sequence[Track], within: Sequence[Track], onsets: Mapping[Stream, Onset]
) -> Contest:
    worst = strongest(off)
    home = [one for one in every if one.stream.subject == "in-domain" and one.stream.moment in _AGAINST_START]
    own = _own_half(worst, home, onsets)
    rival = (
        Mode.ADAPTATION_MISALIGNMENT if within and all(one.stream.subject == "off-domain" for one in within) else None
    )
    because = f"most of the loss off-domain is not shared by in-domain quality with probability {own:.2f}"
    return Contest(Mode.OUT_OF_DOMAIN_DEGRADATION, rival, own, because)


def _unequal(
    every: Sequence[Track], ringing: Mapping[Mode, Sequence[Track]], onsets: Mapping[Stream, Onset]
) -> list[Contest]:
    bias = ringing[Mode.AMPLIFIED_BIAS]
    if any(one.stream.subject == "bias" for one in bias):
        return []
    worst = strongest(bias)
    hit = {one.stream for one in bias}
    others = [
        one
        for one in every
        if one.stream.mode is Mode.AMPLIFIED_BIAS and one.stream.probe == worst.stream.probe and one.stream not in hit
    ]
    own = _own_half(worst, others, onsets)
    because = f"most of the loss in {worst.stream.group} is not shared by other groups with probability {own:.2f}"
    rivals: list[Mode | None] = [
        mode
        for mode, its in ringing.items()
        # Fairness Collapse is asked below, by its own question.
        if mode not in (Mode.AMPLIFIED_BIAS, Mode.FAIRNESS_COLLAPSE)
        and any(one.stream.probe == worst.stream.probe for one in its)
    ]
    return [Contest(Mode.AMPLIFIED_BIAS, rival, own, because) for rival in rivals or [None]]


def _apart(ringing: Mapping[Mode, Sequence[Track]]) -> list[Contest]:
    found = []
    for mode, its in ringing.items():
        pairs = [
            (gap, other)
            for gap, other in product(ringing[Mode.FAIRNESS_COLLAPSE], its)
            if gap.stream.probe == other.stream.probe
        ]
        if mode is Mode.FAIRNESS_COLLAPSE or not pairs:
            continue
        gap, other = strongest([one for one, _ in pairs]), strongest([one for _, one in pairs])
        odds = float(expit(gap.excess - other.excess))
        because = f"{gap.stream} against {other.stream}: the gap explains more with probability {odds:.2f}"
        found.append(Contest(Mode.FAIRNESS_COLLAPSE, mode, odds, because))
    return found


def strongest(some: Sequence[Track]) -> Track:
    """The track with the most evidence over its threshold; of equal ones the first in the streams' order."""
    return min(some, key=lambda one: (-one.excess, one.stream))


def _comparable(a: Track, b: Track) -> bool:
    return (a.stream.channel == "trips") == (b.stream.channel == "trips")


def _own_half(worst: Track, others: Sequence[Track], onsets: Mapping[Stream, Onset]) -> float:
    """The probability that more than half of what `worst` lost since its onset is not lost by `others` too."""
    begin = onsets[worst.stream].round
    lost = worst.since(begin)
    shared = [found for one in others if _comparable(worst, one) and (found := one.since(begin)) is not None]
    if lost is None or not shared:
        return 0.5
    mean, sd = pooled(shared)
    return _more(lost, (2.0 * mean, 2.0 * sd))


def _total(some: Sequence[Track], begin: int) -> tuple[float, float] | None:
    """Trips from round `begin` on, and the standard deviation of their noise."""
    trips = [one for track in some if track.stream.channel == "trips" for one in track.known if one.round >= begin]
    if not trips:
        return None
    return math.fsum(one.value or 0.0 for one in trips), math.sqrt(math.fsum(one.sd**2 for one in trips))


def _now(onset: Onset) -> tuple[float, float]:
    return onset.effect, (onset.effect_high - onset.effect_low) / _TWO_SIDES


def _more(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float:
    """The probability that the first of two (value, sd), independent and normal, is larger; half where unknown."""
    if a is None or b is None:
        return 0.5
    return float(ndtr((a[0] - b[0]) / math.hypot(a[1], b[1])))
