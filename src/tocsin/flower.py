"""The alarm for Flower apps that exist, in a few changed lines: see docs/existing-apps.md."""

from tocsin.federation.apps import Alarmed, watch
from tocsin.models import from_transformers

__all__ = ["Alarmed", "from_transformers", "watch"]
