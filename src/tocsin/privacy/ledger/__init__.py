"""What a study's releases cost: planned before the run, written down before each release."""

from tocsin.privacy.ledger.accountant import Loss, epsilon_of
from tocsin.privacy.ledger.ledger import BudgetSpent, Ledger, Row
from tocsin.privacy.ledger.plan import MODEL, Budget, Horizon, Plan, calibrate
from tocsin.privacy.ledger.remembered import planned
from tocsin.privacy.ledger.table import summary, table
from tocsin.privacy.units import ADJACENCIES, UNITS, Adjacency, Unit

__all__ = [
    "ADJACENCIES",
    "MODEL",
    "UNITS",
    "Adjacency",
    "Budget",
    "BudgetSpent",
    "Horizon",
    "Ledger",
    "Loss",
    "Plan",
    "Row",
    "Unit",
    "calibrate",
    "epsilon_of",
    "planned",
    "summary",
    "table",
]
