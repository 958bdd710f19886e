"""What clients train on and what benchmarks hold: read, check, split into clients."""

from tocsin.corpora.downloads import Available, available, get
from tocsin.corpora.example import Example
from tocsin.corpora.origins import ORIGINS, Origin
from tocsin.corpora.read import Record, first_record, read
from tocsin.corpora.root import data_root
from tocsin.corpora.source import SOURCES, Row, Source
from tocsin.corpora.split import ClientData, clients, groups
from tocsin.corpora.surveying import Aspect, aspects, described

__all__ = [
    "ORIGINS",
    "SOURCES",
    "Aspect",
    "Available",
    "ClientData",
    "Example",
    "Origin",
    "Record",
    "Row",
    "Source",
    "aspects",
    "available",
    "clients",
    "data_root",
    "described",
    "first_record",
    "get",
    "groups",
    "read",
]
