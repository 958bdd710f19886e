"""`tocsin probe` behind the command: which probes, which items, how many, and what may be said."""

import json
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from rich.console import Console
from stub_model import StubModel

from tocsin import probing
from tocsin.behaviour import PROBES, HeldOut, Interval, Item, Outcome
from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.statistics import clustered_difference, clustered_interval, holm, paired_test
from tocsin.errors import TocsinError
from tocsin.probing.wanted import choose
from tocsin.study import Model as ModelSettings


class Coin:
    """Item n of the pool is bad for a model with probability `rates[adapter]`, the same each time it is asked."""

    def __init__(
        self, name: str = "coin", kind: str = "safety", size: int = 400, source: str = "generated", **rates: float
    ) -> None:
        self.name, self.title, self.kind, self.source = name, "tails", kind, source
        self.size, self.rates, self.groups = size, rates, ("even", "odd")
        self.asked: list[str] = []

    def pool(self) -> list[Item]:
        return [Item(f"{n}", self.groups[n % 2], cluster=f"c{n // 4}") for n in range(self.size)]

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        return draw_in_turn(by_group(self.pool()), count, random)

    def measure(self, model: "Fake", items: Sequence[Item]) -> list[Outcome]:
        self.asked += [item.id for item in items]
        return [Outcome(item.id, item.group, self.bad(model.adapter, item.id), item.cluster) for item in items]

    def bad(self, adapter: str, id: str) -> float:
        return float(Random(f"{self.name} {id}").random() < self.rates.get(adapter, 0.5))


class Figured(Coin):
    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        return {"share": sum(o.value for o in outcomes) / len(outcomes), "none": float("nan")}


class Detected(Coin):
    def corrected(self, n: int, total: float) -> Interval:
        return Interval(total / n / 2, 0.01, 0.99, n)


class Private(Coin):
    """Its items are the examples that it is given."""

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        return [Item(f"{e.prompt} {e.trained}", e.group) for e in held_out][:count]


class Fake(StubModel):
    """A model whose adapters are names."""

    def __init__(self) -> None:
        super().__init__()
        self.adapter = "base"

    def fresh(self) -> str:
        return "base"

    def read(self, folder: Path) -> str:
        return folder.name

    def use(self, adapter: str) -> None:
        self.adapter = adapter

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        return turns[-1][1]


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counts: list[tuple[int, int]] = []

    def say(self, what: str) -> None:
        self.said.append(what)

    def items(self, done: int, of: int) -> None:
        self.counts.append((done, of))


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch):
    """Probe a fake model with the probes given: (probes, options of `Wanted`) -> report."""
    monkeypatch.setattr("tocsin.models.load", lambda settings, lora: Fake())

    def call(*probes: Coin, start: str = "base", told: Told | None = None, **options) -> probing.Report:
        known = {one.name: one for one in probes}
        monkeypatch.setattr("tocsin.probing.wanted.find_probe", known.__getitem__)
        names = options.pop("names", tuple(known))
        wanted = probing.Wanted(ModelSettings(start=start), probes=names, **options)
        return probing.probe_model(wanted, told or Told())

    return call


def shown(report: probing.Report, width: int = 200) -> str:
    out = StringIO()
    Console(file=out, width=width).print(probing.table(report))
    return out.getvalue()


# -- a fixed number of items -----------------------------------------------------------------------


def test_rows_are_all_items_and_each_group(probe) -> None:
    coin = Coin(base=0.3)
    report = probe(coin, items=100, seed=4)
    assert len(coin.asked) == len(set(coin.asked)) == 100
    whole, *groups = report.probes[0].rows
    assert (whole.group, whole.n, [row.group for row in groups]) == ("all", 100, ["even", "odd"])
    assert whole.total == sum(row.total for row in groups) == sum(coin.bad("base", id) for id in coin.asked)
    values = [coin.bad("base", id) for id in coin.asked]
    assert whole.rate == clustered_interval(values, [f"c{int(id) // 4}" for id in coin.asked])
    assert whole.other is None and whole.change is None and report.probes[0].stopped is None


def test_the_seed_draws_the_items(probe) -> None:
    first, again, other = (Coin() for _ in range(3))
    for coin, seed in ((first, 1), (again, 1), (other, 2)):
        probe(coin, items=20, seed=seed)
    assert first.asked == again.asked != other.asked


def test_sixty_four_items_unless_asked(probe) -> None:
    coin = Coin()
    assert probe(coin).probes[0].rows[0].n == 64


def test_two_models_are_asked_the_same_items(probe) -> None:
    coin = Coin(base=0.2, mine=0.6)
    report = probe(coin, start="folder/mine", against="base", items=80)
    drawn = coin.asked[:32]
    assert coin.asked[32:64] == drawn
    row = report.probes[0].rows[0]
    ids = list(dict.fromkeys(coin.asked))
    changes = [coin.bad("mine", id) - coin.bad("base", id) for id in ids]
    clusters = [f"c{int(id) // 4}" for id in ids]
    assert row.rate.estimate - row.other.estimate == pytest.approx(row.change.difference.estimate)
    assert row.change.difference == clustered_difference(changes, clusters)
    assert row.change.p == paired_test(changes, clusters)
    assert row.change.says == "worse" and row.change.holm < 0.05


def test_all_rows_are_one_family(probe) -> None:
    report = probe(Coin("a", base=0.3, mine=0.5), Coin("b", base=0.5, mine=0.48), start="mine", against="base")
    changes = [row.change for one in report.probes for row in one.rows]
    assert len(changes) == 6
    assert [change.holm for change in changes] == holm([change.p for change in changes])
    for change in changes:
        assert (change.says == "no difference shown") == (change.holm > 0.05)


def test_better_is_said_too(probe) -> None:
    report = probe(Coin(base=0.8, mine=0.1), start="mine", against="base")
    assert report.probes[0].rows[0].change.says == "better"


def test_a_rate_without_the_errors_of_its_detector(probe) -> None:
    report = probe(Detected(base=0.4), Coin("plain"))
    for row in report.probes[0].rows:
        assert row.corrected == Interval(row.rate.estimate / 2, 0.01, 0.99, row.n)
    assert report.probes[1].rows[0].corrected is None
    assert "corrected" in shown(report) and "(1 to 99)" in shown(report)
    assert "corrected" not in shown(probe(Coin()))


def test_the_figures_of_a_probe_have_intervals(probe) -> None:
    report = probe(Figured(base=0.4, mine=0.7), start="mine", against="base")
    figure, row = report.probes[0].figures["share"], report.probes[0].rows[0]
    assert figure.value.estimate == pytest.approx(row.rate.estimate) and figure.value.low < figure.value.estimate
    assert figure.change.estimate == pytest.approx(row.change.difference.estimate)
    assert json.loads(json.dumps(probing.as_json(report)))["probes"][0]["figures"]["none"]["value"]["low"] is None


# -- until it is enough ----------------------------------------------------------------------------


def test_until_the_interval_is_narrow(probe) -> None:
    coin = Coin(size=20_000, base=0.1)
    report = probe(coin, until=0.05)
    whole = report.probes[0].rows[0]
    assert len(coin.asked) == len(set(coin.asked)) == whole.n < 1500
    assert (whole.rate.high - whole.rate.low) / 2 <= 0.05
    assert whole.rate.low <= 0.1 <= whole.rate.high
    assert report.probes[0].stopped == f"{whole.n} items gave an interval of ±5 points"


def test_a_narrower_interval_takes_more_items(probe) -> None:
    assert (
        probe(Coin(size=9000), until=0.1).probes[0].rows[0].n < probe(Coin(size=9000), until=0.06).probes[0].rows[0].n
    )


def test_items_come_in_random_order_whatever_the_probe_does(probe) -> None:
    class Sorted(Coin):
        def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
            return self.pool()[:count]

        def bad(self, adapter: str, id: str) -> float:
            return float(int(id) >= 0.9 * self.size)

    rate = probe(Sorted(size=9000), until=0.05).probes[0].rows[0].rate
    assert rate.low <= 0.1 <= rate.high


def test_a_pool_may_run_out_and_is_then_known(probe) -> None:
    coin = Coin(size=60)
    whole, *groups = probe(coin, until=0.0001).probes[0].rows
    truth = sum(coin.bad("base", str(n)) for n in range(60)) / 60
    assert whole.n == 60 and whole.rate.estimate == pytest.approx(truth)
    assert whole.rate.high - whole.rate.low < 0.01 and groups[0].rate.high - groups[0].rate.low < 0.01


def test_items_is_then_the_most(probe) -> None:
    report = probe(Coin(size=9000), until=0.001, items=100)
    assert report.probes[0].rows[0].n == 100
    assert report.probes[0].stopped == "100 items were asked, and the interval is still wider"


def test_a_decided_difference_stops_early(probe) -> None:
    big, none = Coin("big", size=9000, base=0.2, mine=0.8), Coin("none", size=9000, base=0.3, mine=0.3)
    report = probe(big, none, start="mine", against="base", until=0.05)
    first, second = report.probes
    assert first.rows[0].n < 200 and first.rows[0].change.says == "worse"
    assert first.stopped == f"the difference was decided after {first.rows[0].n} items"
    assert second.rows[0].change.says == "no difference shown" and "±5 points" in second.stopped
    # A p-value would take the number of items for fixed, and groups are not in the family.
    assert all(row.change.p is None and row.change.holm is None for one in report.probes for row in one.rows)
    assert first.rows[1].change.says is None


def test_without_a_difference_hardly_any_is_found(probe) -> None:
    """Looking after each batch must not find what is not there: in at most 5% of runs (here 20, so at most 3)."""

    class Noise(Coin):
        def bad(self, adapter: str, id: str) -> float:
            return float(Random(f"{self.name} {id} {adapter}").random() < 0.5)

    found = [
        probe(Noise(f"n{n}", size=5000), start="mine", against="base", until=0.02, items=400, seed=n) for n in range(20)
    ]
    assert sum(one.probes[0].rows[0].change.says != "no difference shown" for one in found) <= 3


@pytest.mark.parametrize("until", [0.0, -0.1, 0.5, 3.0])
def test_a_width_that_means_nothing(probe, until: float) -> None:
    with pytest.raises(TocsinError, match="is no half-width"):
        probe(Coin(), until=until)


# -- which probes ----------------------------------------------------------------------------------


def test_bias_has_quality_beside_it(probe, monkeypatch: pytest.MonkeyPatch) -> None:
    quality = Coin("capability", "quality", base=0.25)
    monkeypatch.setattr(type(PROBES), "get", lambda self, name: {"capability": quality}[name])
    report = probe(Coin("slant", "bias"))
    assert [one.probe for one in report.probes] == ["slant", "capability"]
    assert report.probes[0].beside == "capability" and report.probes[1].beside is None
    assert '"capability" is measured too' in report.notes[0]
    text = shown(report)
    assert text.index("slant") < text.index("beside it: capability") < text.index("capability: tails")
    assert "a model that guesses looks fair" in text


def test_a_probe_of_quality_that_was_chosen_is_enough(probe) -> None:
    report = probe(Coin("slant", "bias"), Coin("mine", "quality"))
    assert [one.probe for one in report.probes] == ["slant", "mine"] and report.notes == ()
    assert report.probes[0].beside == "mine"


def test_by_default_our_own_suites() -> None:
    probes, _ = choose(probing.Wanted(ModelSettings()))
    assert {probe.source for probe in probes} == {"generated"}
    assert {"stereotype", "refusal", "over-refusal"} <= {probe.name for probe in probes}
    probes, _ = choose(probing.Wanted(ModelSettings(), data="mine.jsonl"))
    assert {probe.source for probe in probes} == {"generated", "held-out"}


def test_a_name_given_twice_is_asked_once(probe) -> None:
    assert len(probe(Coin(), names=("coin", "coin")).probes) == 1


def test_two_files_with_one_name(probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.probing.wanted.find_probe", lambda name: Coin())
    with pytest.raises(TocsinError, match='Two of the probes are called "coin"'):
        choose(probing.Wanted(ModelSettings(), probes=("a.py", "b.py")))


def test_a_model_against_itself(probe) -> None:
    with pytest.raises(TocsinError, match="is the model that is probed"):
        probe(Coin(), against="base")


# -- data of one's own -----------------------------------------------------------------------------


@pytest.fixture
def examples(tmp_path: Path) -> tuple[str, str]:
    """Files of two held-out and three trained examples."""
    paths = []
    for name, count in (("held", 2), ("trained", 3)):
        path = tmp_path / f"{name}.jsonl"
        rows = [{"prompt": f"{name} {n}", "response": "yes", "group": "g"} for n in range(count)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        paths.append(str(path))
    return paths[0], paths[1]


def test_held_out_examples_are_never_trained_ones(probe, examples) -> None:
    held_out, trained = examples
    private, memory = Private("private", source="held-out"), Private("memory", source="trained")
    probe(private, memory, Coin(), data=held_out, trained=trained)
    assert private.asked == ["held 0 False", "held 1 False"]
    assert memory.asked == [*private.asked, "trained 0 True", "trained 1 True", "trained 2 True"]


@pytest.mark.parametrize(("source", "option"), [("held-out", "--data"), ("trained", "--trained")])
def test_data_that_are_not_given(probe, source: str, option: str) -> None:
    with pytest.raises(TocsinError, match=f"give examples with {option} FILE"):
        probe(Private("private", source=source))


def test_data_without_items(probe, examples) -> None:
    class Picky(Private):
        def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
            return []

    with pytest.raises(TocsinError, match='"picky" finds no items'):
        probe(Picky("picky", source="held-out"), data=examples[0])


# -- what is shown ---------------------------------------------------------------------------------


def test_progress_ends_with_all_items_done(probe) -> None:
    told = Told()
    probe(Coin("a"), Coin("b"), items=70, told=told)
    assert told.counts[-1] == (140, 140) and {of for _, of in told.counts} == {140}
    assert told.said[-2:] == ["a (1 of 2)", "b (2 of 2)"]
    told = Told()
    probe(Coin(size=9000), until=0.06, told=told)
    assert told.counts[-1][0] == told.counts[-1][1] and len(told.counts) > 3


def test_the_table_of_two_models(probe) -> None:
    text = shown(probe(Figured(base=0.2, mine=0.9), start="runs/mine", against="base"))
    assert "mine" in text and "base" in text and "p (Holm)" in text and "worse" in text
    assert "share" in text and "points" in text
    until = shown(probe(Coin(base=0.2, mine=0.9), start="runs/mine", against="base", until=0.1))
    assert "p (Holm)" not in until and "coin: the difference was decided after" in until


def test_a_narrow_terminal_loses_nothing(probe) -> None:
    assert re.search(r"coin: tails +\d+% \(\d+ to \d+\) +64", shown(probe(Coin(base=0.2)), width=80))
    text = shown(probe(Figured(base=0.2, mine=0.9), start="runs/mine", against="base"), width=80)
    assert "…" not in text and "coin: tails" in text and "worse" in text and "not defined" in text


def test_json_is_plain_and_keeps_sums_by_group(probe) -> None:
    report = probe(Coin(base=0.3, mine=0.5), start="mine", against="base", items=40)
    data = json.loads(json.dumps(probing.as_json(report)))
    assert (data["model"], data["adapter"], data["against"], data["until"]) == ("embedded", "mine", "base", None)
    group = data["probes"][0]["groups"]["even"]
    assert group["n"] == 20 and group["total"] == group["squares"]
    assert set(group["rate"]) == {"estimate", "low", "high", "n"}
    assert group["change"]["says"] in ("worse", "better", "no difference shown")
