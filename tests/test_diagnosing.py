"""What a diagnosis gives to a report beside its sentences."""

import pytest
import toy
from test_federation_watching import heard, watching

from tocsin import diagnosing
from tocsin.federation.bell import diagnosis


def test_the_failing_modes_are_the_timeline_s_incidents():
    settings = watching()
    _, _, records = heard(settings, [0, 0, 12, 9])
    found = diagnosis(settings, records)
    (incident,) = diagnosing.incidents(found)
    assert (incident.mode, incident.rang) == ("Adaptation Misalignment", 3)
    assert incident.onset_low <= incident.onset <= incident.onset_high <= 3
    assert incident.sentence == f"{found.failing[0].sentence()}."
    assert diagnosing.incidents(diagnosis(settings, records[:2])) == ()


@pytest.mark.parametrize(("alarm", "warned"), [({"self_heal": True}, 1), ({}, 0), (None, 0)])
def test_self_heal_is_warned_of(alarm, warned):
    settings = toy.study(**({} if alarm is None else {"alarm": alarm}))
    found = diagnosing.caveats(settings)
    assert len(found) == warned and all("follows from trips" in one for one in found)
