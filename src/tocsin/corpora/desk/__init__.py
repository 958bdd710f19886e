"""What the service desks of the built-in corpus know and how people ask them."""

from tocsin.corpora.desk.facts import ITEMS, OPENING_HOURS, REGIONS, SERVICES, Item, Service
from tocsin.corpora.desk.mixes import GROUP_MIX, GROUPS, REGISTER_MIX, REGISTERS

__all__ = [
    "GROUPS",
    "GROUP_MIX",
    "ITEMS",
    "OPENING_HOURS",
    "REGIONS",
    "REGISTERS",
    "REGISTER_MIX",
    "SERVICES",
    "Item",
    "Service",
]
