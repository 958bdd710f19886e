"""The diagnosis of a run, for screens and programs."""

from rich.console import Group
from rich.table import Table

from tocsin.alarm import Diagnosis
from tocsin.errors import TocsinError
from tocsin.evidence import Incident, Run
from tocsin.federation import diagnosis
from tocsin.study import Study


def diagnosed(run: Run) -> Diagnosis:
    """What the trips of a run say. Raises TocsinError for a study without an [alarm]."""
    found = diagnosis(run.study, run.rounds())
    if found is None:
        raise TocsinError(f"The study of run {run.id} has no [alarm]; add that table to it and run it again.")
    return found


def sentences(found: Diagnosis, study: Study) -> tuple[str, ...]:
    """The diagnosis in plain sentences, the most important first."""
    assert study.alarm is not None
    rate = f"at most {study.alarm.level:.0%} false alarms in a whole run"
    if study.privacy.epsilon is not None:
        rate += f", client-level epsilon {study.privacy.epsilon:g} for all of it"
    if found.failing:
        return (f"ALARM ({rate}).", *(one.sentence() + "." for one in found.failing), *_suspects(found))
    unknown = [state for state in found.states if state.verdict == "unknown"]
    if not unknown:
        return (f"No alarm ({rate}).",)
    names = ", ".join(state.mode for state in unknown)
    return (f"No alarm ({rate}); not known, which is not the same as healthy: {names}.",)


def incidents(found: Diagnosis) -> tuple[Incident, ...]:
    """The modes that fail, for the report's timeline."""
    return tuple(
        Incident(one.mode, one.onset, one.onset_low, one.onset_high, one.rang, f"{one.sentence()}.")
        for one in found.failing
    )


def caveats(study: Study) -> tuple[str, ...]:
    """What the study itself takes away from what may be concluded."""
    if study.alarm is None or not study.alarm.self_heal:
        return ()
    return (
        "alarm.self_heal is on: a client whose sentinel trips goes back to an earlier personal adapter and keeps it. "
        "From the first trip on, what is measured of personalised models follows from trips, which is not in the "
        "conditioning of tests on counts and histograms, and may look well because of rollbacks. The trips' own "
        "false-alarm rate holds: a client trips once, before it goes back, and a rollback touches no other model.",
    )


def shown(found: Diagnosis, study: Study) -> Group:
    """The sentences, and a row for each mode."""
    table = Table("mode", "verdict", "why", box=None)
    for state in found.states:
        why = next(iter(state.why), "")
        more = f" (and {len(state.why) - 1} more)" if len(state.why) > 1 else ""
        table.add_row(state.mode, "no alarm" if state.verdict == "none" else state.verdict, why + more)
    return Group(*sentences(found, study), "", table)


def exit_code(found: Diagnosis) -> int:
    """1 for an alarm, 3 where nothing at all is known, else 0."""
    if found.failing:
        return 1
    return 3 if all(state.verdict == "unknown" for state in found.states) else 0


def _suspects(found: Diagnosis) -> tuple[str, ...]:
    named = [one.mode for one in found.failing]
    next_ = [mode for mode in found.suspects if mode not in named][:2]
    return (f"To look at next, along the paper's influence graph: {', '.join(next_)}.",) if next_ else ()
