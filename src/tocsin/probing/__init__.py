"""`tocsin probe`: how one model behaves, or how two differ, with intervals, group by group."""

from tocsin.probing.bar import ProbeBar
from tocsin.probing.measure import probe_model
from tocsin.probing.report import Report, as_json
from tocsin.probing.table import table
from tocsin.probing.wanted import Wanted

__all__ = ["ProbeBar", "Report", "Wanted", "as_json", "probe_model", "table"]
