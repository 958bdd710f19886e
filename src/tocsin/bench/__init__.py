"""SilentBench: scenarios with a known onset, and the scores of any detector on them."""

from tocsin.bench.cells import STRENGTHS, Cell, Strength, Watch
from tocsin.bench.detector import DETECTORS, MODES, SILENT, UNNAMED, Claims, Detector, Facts, Seen
from tocsin.bench.recorder import gather
from tocsin.bench.recording import Header, Recording, asked, read_recording, write_recording
from tocsin.bench.replayed import Replayed
from tocsin.bench.scenario import SCENARIOS, Change, Scenario, Script
from tocsin.bench.scores import Caught, FalseAlarms, Played, caught, confusion, false_alarms
from tocsin.bench.simulated import Simulated
from tocsin.bench.source import Federation, RoundOutcomes, Source
from tocsin.bench.stream import QUICK, Case, Result, Setting, Settings, Silence, cases, play, run
from tocsin.bench.table import Flips, Number, Table, read_table, usual_table

__all__ = [
    "DETECTORS",
    "MODES",
    "QUICK",
    "SCENARIOS",
    "SILENT",
    "STRENGTHS",
    "UNNAMED",
    "Case",
    "Caught",
    "Cell",
    "Change",
    "Claims",
    "Detector",
    "Facts",
    "FalseAlarms",
    "Federation",
    "Flips",
    "Header",
    "Number",
    "Played",
    "Recording",
    "Replayed",
    "Result",
    "RoundOutcomes",
    "Scenario",
    "Script",
    "Seen",
    "Setting",
    "Settings",
    "Silence",
    "Simulated",
    "Source",
    "Strength",
    "Table",
    "Watch",
    "asked",
    "cases",
    "caught",
    "confusion",
    "false_alarms",
    "gather",
    "play",
    "read_recording",
    "read_table",
    "run",
    "usual_table",
    "write_recording",
]
