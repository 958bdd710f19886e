"""What others see of a run: the store, the verdict, the tables, the report."""

from tocsin.evidence.as_json import run_json
from tocsin.evidence.incidents import Incident
from tocsin.evidence.missing import missing
from tocsin.evidence.provenance import Provenance, provenance
from tocsin.evidence.report import report_html, write_report
from tocsin.evidence.spending import Spending, Spent
from tocsin.evidence.store import Event, EventKind, Run, RunSummary, Store
from tocsin.evidence.table import round_table, verdict_panel
from tocsin.evidence.verdict import Finding, Loss, Verdict, verdict

__all__ = [
    "Event",
    "EventKind",
    "Finding",
    "Incident",
    "Loss",
    "Provenance",
    "Run",
    "RunSummary",
    "Spending",
    "Spent",
    "Store",
    "Verdict",
    "missing",
    "provenance",
    "report_html",
    "round_table",
    "run_json",
    "verdict",
    "verdict_panel",
    "write_report",
]
