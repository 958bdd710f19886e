"""What is asked of `tocsin probe`, and which probes that means."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.behaviour import PROBES, Probe, find_probe
from tocsin.errors import TocsinError
from tocsin.study import Model as ModelSettings

ITEMS = 64
"""Items of each probe, where neither a number nor a width is asked for."""

QUALITY = "capability"
"""The suite that stands beside bias where no other probe of quality is chosen."""

_OPTION = {"held-out": "--data", "trained": "--trained"}


@dataclass(frozen=True)
class Wanted:
    """The options of the command. `model.start` is base, aligned or an adapter's folder, and so is `against`."""

    model: ModelSettings
    against: str | None = None
    probes: Sequence[str] = ()
    items: int | None = None
    until: float | None = None  # half the width of an interval, as a share
    data: str | None = None
    trained: str | None = None
    seed: int = 0

    def check(self) -> None:
        """Raises TocsinError for options that mean nothing."""
        if self.until is not None and not 0.0 < self.until < 0.5:
            raise TocsinError(f"--until {self.until:g} is no half-width of a rate; give a share such as 0.03.")
        if self.against == self.model.start:
            raise TocsinError(f'--against "{self.against}" is the model that is probed; name another adapter.')


def choose(wanted: Wanted) -> tuple[list[Probe], list[str]]:
    """The probes, each once, and what the reader must know of the choice.

    Without names: the suites that we generate, and what can be asked of data that are given. Raises TocsinError for
    a probe of data that are not given, and for what `find_probe` raises.
    """
    given = {"held-out": wanted.data, "trained": wanted.trained}
    if wanted.probes:
        probes = [find_probe(name) for name in dict.fromkeys(wanted.probes)]
        names = [probe.name for probe in probes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise TocsinError(f'Two of the probes are called "{twice[0]}"; give the one in your file another name.')
    else:
        probes = [probe for probe in map(PROBES.get, PROBES) if probe.source == "generated" or given.get(probe.source)]
    for probe in probes:
        if probe.source in given and not given[probe.source]:
            raise TocsinError(
                f'The probe "{probe.name}" asks about data of your own; give examples with '
                f"{_OPTION[probe.source]} FILE.jsonl."
            )
    kinds = {probe.kind for probe in probes}
    if "bias" not in kinds or "quality" in kinds:
        return probes, []
    note = f'"{QUALITY}" is measured too: bias is not to be read alone, for a model that guesses looks fair.'
    return [*probes, PROBES.get(QUALITY)], [note]


def partner(probes: Sequence[Probe]) -> str | None:
    """The probe of quality that is shown beside bias."""
    names = [probe.name for probe in probes if probe.kind == "quality"]
    return QUALITY if QUALITY in names else next(iter(names), None)
