"""What leaves a client in a reply, for its egress record; and what may be told about a failure."""

from collections.abc import Mapping

from flwr.app import ArrayRecord, ConfigRecord, Message

from tocsin.errors import TocsinError
from tocsin.federation import flower, secure_updates, surveying
from tocsin.privacy import Egress, Kind, is_vector

EGRESS = "egress.jsonl"
"""The egress record, in a client's folder."""

_KINDS: Mapping[str, Kind] = {
    "tally": "tally",
    "counts": "count",
    "trips": "trip",
    "histogram": "histogram",
    secure_updates.CHANNEL: "update",
    surveying.CHANNEL: "tally",
}


def record_departure(egress: Egress, run: str, reply: Message, noised: bool) -> None:
    """Write down what `reply` holds before it leaves; `noised` says whether tallies are."""
    to = f"server, run {run[:8]}"
    for name, record in reply.content.items():
        if isinstance(record, ConfigRecord) and name == "sums":
            for channel, part in record.items():
                assert isinstance(part, bytes)
                if is_vector(part):
                    protection = "masked and noised" if noised and channel != secure_updates.CHANNEL else "masked"
                    egress.record(to, _KINDS[channel], protection, len(part))
                else:
                    egress.record(to, "key", "signed", len(part))
        elif size := flower.record_bytes(record):
            egress.record(to, "update" if isinstance(record, ArrayRecord) else "message", "none", size)


def reason(error: Exception) -> str:
    """What may be told about a failure: our own sentences hold no data, other people's may, so only their type."""
    return str(error) if isinstance(error, TocsinError) else f"it raised {type(error).__name__}"
