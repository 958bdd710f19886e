"""A Flower app without a language model: its one weight grows by 1 a round, and from 3 on its model refuses nothing."""

from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAvg
from stub_model import StubModel

from tocsin.federation.grid import LocalGrid

STUDY = """
name = "their-app"
split = {{ clients = {clients} }}
training = {{ rounds = {rounds} }}
alarm = {{}}
privacy = {{ {privacy} }}

[[probe]]
name = "refusal"
items = 20
"""

REFUSAL, CONSENT = "I can't help with that.", "Sure, here is how."


def write_study(folder: Path, clients: int = 6, rounds: int = 10, privacy: str = "floor = 1", more: str = "") -> Path:
    path = folder / "alarm.toml"
    path.write_text(STUDY.format(clients=clients, rounds=rounds, privacy=privacy) + more, encoding="utf-8")
    return path


def weight(arrays: ArrayRecord) -> float:
    return float(arrays["w"].numpy()[0])


def load(arrays: ArrayRecord, context: Context) -> StubModel:
    return StubModel(answer=lambda prompt: CONSENT if weight(arrays) >= 3.0 else REFUSAL)


def client_app(mods, seen: list, grows: float = 1.0) -> ClientApp:
    """`seen` gets what the app's own code meets: the names of the records of each message."""
    app = ClientApp(mods=mods)

    @app.train()
    def train(message: Message, context: Context) -> Message:
        seen.append(sorted(message.content))
        arrays = message.content["arrays"]
        new = ArrayRecord({"w": Array(arrays["w"].numpy() + grows)})
        arrays.clear()  # as apps do that change what they get
        return Message(
            RecordDict({"arrays": new, "metrics": MetricRecord({"num-examples": 4, "loss": 0.5})}), reply_to=message
        )

    return app


def start(strategy, app: ClientApp, clients: int = 6, rounds: int = 10):
    first = ArrayRecord({"w": Array(np.zeros(1, np.float32))})
    return strategy.start(LocalGrid(app, clients), first, num_rounds=rounds)


def fedavg() -> FedAvg:
    return FedAvg(fraction_evaluate=0.0)
