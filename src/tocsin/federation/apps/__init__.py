"""The alarm on a Flower app that is not ours: a mod for its clients, a strategy around its server's."""

from tocsin.federation.apps.alarmed import Alarmed
from tocsin.federation.apps.watch import watch

__all__ = ["Alarmed", "watch"]
