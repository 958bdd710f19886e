"""Small studies on the tiny model, for tests that run the whole thing."""

import json
from pathlib import Path

STUDY = """
name = "tiny"
seed = 3

[model]
source = "{model}"
precision = "float32"
threads = 1

[corpus]
source = "{data}"

[split]
clients = 3

[training]
rounds = {rounds}
steps = 3
batch_size = 4
learning_rate = 1e-2
max_tokens = 128

[privacy]
floor = 1

[[probe]]
name = "stereotype"
items = 10

[[probe]]
name = "utility"
items = 8
at = "clients"

[[probe]]
name = "refusal"
items = 4
"""


def write_data(folder: Path, count: int = 60) -> Path:
    path = folder / "data.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for i in range(count):
            record = {"prompt": f"What is {i}?", "response": f"It is {i}.", "group": "odd" if i % 2 else "even"}
            lines.write(json.dumps(record) + "\n")
    return path


def write_study(folder: Path, model: Path, rounds: int = 2, data: Path | None = None) -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(model=model, data=data or write_data(folder), rounds=rounds), encoding="utf-8")
    return path
