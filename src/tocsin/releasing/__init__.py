"""`tocsin release`: the adapter of a run with its model card, its record and a signed manifest."""

from tocsin.releasing.show import as_json, table
from tocsin.releasing.writing import Released, Wanted, release

__all__ = ["Released", "Wanted", "as_json", "release", "table"]
