"""What holds when clients lie: masks hide a lie as well as they hide a measurement, so this looks at sums alone."""

from tocsin.privacy.liars.cohorts import capture, deal, withstands
from tocsin.privacy.liars.cross_check import disagreement
from tocsin.privacy.liars.robust_total import RobustTotal, cannot_blind, robust_total

__all__ = ["RobustTotal", "cannot_blind", "capture", "deal", "disagreement", "robust_total", "withstands"]
