"""The pictures of a report, one file each: Matplotlib figures as SVG that takes its colours from the page."""

from tocsin.evidence.pictures.behaviour import behaviour_panel, limits, loss_panel
from tocsin.evidence.pictures.burn_down import burn_down_picture
from tocsin.evidence.pictures.frame import HALF_ROUNDS
from tocsin.evidence.pictures.severity import MOST_ROUNDS, severity_picture
from tocsin.evidence.pictures.spent import bytes_panel, roles, seconds_panel
from tocsin.evidence.pictures.spread import spread_panel
from tocsin.evidence.pictures.timeline import timeline_picture
from tocsin.evidence.pictures.trip_paths import trip_panel

__all__ = [
    "HALF_ROUNDS",
    "MOST_ROUNDS",
    "behaviour_panel",
    "burn_down_picture",
    "bytes_panel",
    "limits",
    "loss_panel",
    "roles",
    "seconds_panel",
    "severity_picture",
    "spread_panel",
    "timeline_picture",
    "trip_panel",
]
