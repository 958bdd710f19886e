"""What a remedy is given, in tests."""

from pathlib import Path
from random import Random

from tocsin.corpora import Example
from tocsin.models import Arrays, Model, load
from tocsin.remedy import ClientSide, ServerSide, Weighed
from tocsin.study import Lora, Study, parse
from tocsin.study import Model as ModelSettings


def tiny_model(folder: Path) -> Model:
    return load(ModelSettings(source=str(folder), precision="float32", device="cpu", threads=1), Lora())


def study_of(*remedies: str | dict, **sections) -> Study:
    """A study that uses these remedies: names, or tables."""
    tables = [{"name": one} if isinstance(one, str) else one for one in remedies]
    return parse({"name": "test", "seed": 5, "remedy": tables, **sections}, "the test's study")


def client_side(study: Study, client: int = 0) -> ClientSide:
    """Without a model: what mixes, exchanges and weighs has no use for one."""
    return ClientSide(study, client, None, Random(f"test {client}"), lambda done: None)  # type: ignore[arg-type]


def server_side(
    study: Study, model: Model, start: Arrays, folder: Path, round_: int = 1, before: Arrays | None = None
) -> ServerSide:
    random = Random(f"test {round_}")
    return ServerSide(
        study, round_, model, start, start if before is None else before, folder, random, lambda text: None
    )


def weighed(count: int, group: str = "all", weight: float = 1.0) -> list[Weighed]:
    return [Weighed(Example((("user", f"What is {i}?"),), f"It is {i}.", group), weight) for i in range(count)]
