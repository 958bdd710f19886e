"""A task of lm-evaluation-harness (one YAML file) as a probe."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, get_args

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEWSHOT_SEED = 1234  # the harness' own default, so that the examples in a prompt are the same as there


class HarnessTask:
    """The documents of one task, asked and judged by the harness' own code.

    The outcome is 1 less the first metric of the task's `metric_list` that is a plain mean over documents (`acc`,
    `exact_match`, ...), or the metric itself where lower is better; the mean over all documents is then what the
    harness reports. Of several filters the first counts. A document's column `group`, where there is one, is its
    group; `metadata: {kind: bias}` in the file says what kind of probe it is, else it is "quality".
    """

    source: Source = "benchmark"

    def __init__(self, task: Any, metric: str, higher_is_better: bool, kind: Kind) -> None:
        self.name: str = task.task_name
        self.kind: Kind = kind
        self.title = f"1 - {metric}" if higher_is_better else metric
        self._task, self._metric, self._higher = task, metric, higher_is_better
        self._docs: list[dict[str, Any]] = list(task.eval_docs)
        self._pool = by_group(Item(f"document-{n}", _group(doc)) for n, doc in enumerate(self._docs))
        self.groups = tuple(sorted(self._pool))

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct documents, groups in turn."""
        return draw_in_turn(self._pool, count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item. Raises TocsinError where the metric gives something outside [0, 1]."""
        from tocsin.behaviour.plugins.harness_model import ask

        numbers = [int(item.id.removeprefix("document-")) for item in items]
        requests = [self._requests(number) for number in numbers]
        flat = [request for of_one in requests for request in of_one]
        ask(model, flat)
        self._task._instances = flat
        self._task.apply_filters()
        outcomes = []
        for item, number, of_one in zip(items, numbers, requests, strict=True):
            answers = [next(iter(request.filtered_resps.values())) for request in of_one]
            outcomes.append(
                Outcome(item.id, item.group, self._bad(self._task.process_results(self._docs[number], answers)))
            )
        return outcomes

    def _requests(self, number: int) -> list[Any]:
        doc, task = self._docs[number], self._task
        made = task.construct_requests(
            doc=doc,
            ctx=self._prompts[number] if self._shots else self._prompt(doc),
            metadata=(self.name, number, task.config.repeats),
            apply_chat_template=False,
            chat_template=None,
        )
        return made if isinstance(made, list) else [made]

    @property
    def _shots(self) -> int:
        return self._task.config.num_fewshot or 0

    @cached_property
    def _prompts(self) -> list[Any]:
        """All prompts, in order: which examples a prompt shows depends on those before it."""
        self._task.set_fewshot_seed(_FEWSHOT_SEED)
        return [self._prompt(doc) for doc in self._docs]

    def _prompt(self, doc: dict[str, Any]) -> Any:
        return self._task.fewshot_context(doc, num_fewshot=self._shots, gen_prefix=self._task.doc_to_prefix(doc))

    def _bad(self, metrics: Mapping[str, Any]) -> float:
        value = metrics.get(self._metric)
        try:
            number = float(value)  # type: ignore[arg-type]  # metrics give bools, ints and numpy's floats
        except (TypeError, ValueError):
            number = -1.0
        if not 0.0 <= number <= 1.0:
            raise TocsinError(
                f'The task "{self.name}" measures {self._metric} = {value!r} of a document, which is no number in '
                "[0, 1]; put a bounded metric (acc, exact_match) first in its metric_list."
            )
        return 1.0 - number if self._higher else number


def load_task(path: Path) -> HarnessTask:
    """The task in a YAML file, with its documents; where they come from is the file's affair (`dataset_path`).

    Raises TocsinError where the extra is not installed, the harness cannot read the file or its data, it is no
    single task, no metric of it is a plain mean over documents, or it asks for sampled answers.
    """
    if find_spec("lm_eval") is None:
        raise TocsinError(
            f"{path} is a task of lm-evaluation-harness, which is not installed; "
            "install it with `pip install 'tocsin[harness]'`."
        )
    task = _load(path)
    if (task.config.generation_kwargs or {}).get("do_sample"):
        raise TocsinError(f"{path} asks for sampled answers, and Tocsin's are greedy; set do_sample: false.")
    kind = (task.config.metadata or {}).get("kind", "quality")
    if kind not in get_args(Kind):
        raise TocsinError(f"{path}: metadata.kind = {kind!r} is none of {', '.join(get_args(Kind))}.")
    metric = _bounded_metric(task, path)
    return HarnessTask(task, metric, bool(task.higher_is_better()[metric]), kind)


def _load(path: Path) -> Any:
    from lm_eval.tasks import TaskManager

    try:
        with _quiet():
            tasks = TaskManager(include_defaults=False).load(str(path))["tasks"]
            found = list(tasks.values())
            if len(found) == 1 and not len(found[0].eval_docs):
                raise ValueError("it has no documents")
    except Exception as error:  # a file can be wrong in as many ways as the harness and the data's format have
        reason = (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".:")
        raise TocsinError(
            f"{path} cannot be read as a task of lm-evaluation-harness ({reason}); mend it, or check the "
            "data that it names."
        ) from None
    if len(found) != 1:
        raise TocsinError(f"{path} names {len(found)} tasks; name the file of one of them.")
    return found[0]


def _bounded_metric(task: Any, path: Path) -> str:
    from lm_eval.api.metrics import mean

    for metric, aggregation in task.aggregation().items():
        if aggregation is mean:
            return str(metric)
    known = ", ".join(map(str, task.aggregation())) or "none"
    raise TocsinError(
        f"{path} has no metric that is a mean over documents (it has: {known}); add acc or exact_match to its "
        "metric_list."
    )


def _group(doc: Mapping[str, Any]) -> str:
    given = doc.get("group")
    return "all" if given is None or not str(given).strip() else str(given).strip()


@contextmanager
def _quiet() -> "Iterator[None]":
    """Without the harness' notes on defaults and the data reader's bars: our own progress is on the screen."""
    import datasets

    log = logging.getLogger("lm_eval")
    level, bars = log.level, datasets.are_progress_bars_disabled()
    log.setLevel(logging.ERROR)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        log.setLevel(level)
        if not bars:
            datasets.enable_progress_bars()
