"""What others see of a run: the store, the verdict, the tables, the report."""

from tocsin.evidence.as_json import run_json
from tocsin.evidence.provenance import Provenance, provenance
from tocsin.evidence.store import Event, Run, RunSummary, Store

__all__ = ["Event", "Provenance", "Run", "RunSummary", "Store", "provenance", "run_json"]
