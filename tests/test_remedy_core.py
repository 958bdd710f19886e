"""The room's core: a user's remedy in a real run, how remedies are composed, what is refused, and what weights do."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from remedy_sides import study_of, tiny_model, weighed
from studies import write_study

from tocsin import run as running
from tocsin import study as studies
from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.evidence import Run
from tocsin.federation import Checkpoints
from tocsin.models import Arrays, Model, Sample, TrainingPlan
from tocsin.remedy import Mended, Remedies, Weighed, find_remedy, remedies_of
from tocsin.study import OptionValue, Study

GUIDE = (Path(__file__).parent.parent / "docs" / "remedies.md").read_text(encoding="utf-8")
ADAPTER = "checkpoints/round-*/adapter/adapter_model.safetensors"


def silent(kind: str, detail: dict) -> None:
    pass


def write_examples(folder: Path) -> None:
    """Each file of the guide."""
    section = GUIDE.split("\n## Your own remedy\n")[1].split("\n## ")[0]
    for text in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        name, code = re.fullmatch(r"# file: (\S+)\n(.*)", text, re.DOTALL).groups()
        assert len(code.splitlines()) < 20
        (folder / name).write_text(code, encoding="utf-8")


def read_study(folder: Path, tiny: Path, *given: tuple[str, dict[str, OptionValue]], **sections: str) -> Study:
    path = write_study(folder, tiny)
    tables = ""
    for name, chosen in given:
        tables += f'\n[[remedy]]\nname = "{name}"\n'
        tables += "[remedy.options]\n" + "".join(f"{key} = {value!r}\n" for key, value in chosen.items())
    path.write_text(path.read_text() + tables, encoding="utf-8")
    return studies.load(path, [f"{key}={value}" for key, value in sections.items()])


def adapters(run: Run) -> list[bytes]:
    return [file.read_bytes() for file in sorted(run.folder.glob(ADAPTER))]


EVERYTHING = (
    ("short_answers.py", {"most": 9}),
    ("mixing", {"share": 0.2}),
    ("safety-tuning", {"examples": 8, "steps": 2, "learning_rate": 1e-2}),
    ("half_way.py", {"share": 0.25}),
    ("roll-back", {"items": 4}),
)


@pytest.fixture(scope="module")
def finished(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Run]:
    folder = tmp_path_factory.mktemp("remedies")
    write_examples(folder)
    study = read_study(folder, tiny_folder, *EVERYTHING)
    return study, running.start(study, folder / "runs", silent)


def test_a_user_s_remedies_run(finished: tuple[Study, Run]) -> None:
    _, run = finished
    start, *rounds = run.rounds()
    assert start.remedies == () and len(rounds) == 2
    for record in rounds:
        tuned, back = record.remedies
        assert tuned == "safety-tuning: 2 steps on 8 aligned examples"
        assert back == "half_way.py: 25% of the way back to round 0"
        assert record.seconds["remedies"] > 0


def test_without_remedies_there_are_no_notes_and_another_adapter(
    finished: tuple[Study, Run], tiny_folder: Path, tmp_path: Path
) -> None:
    run = running.start(read_study(tmp_path, tiny_folder), tmp_path / "runs", silent)
    assert all(record.remedies == () for record in run.rounds())
    assert adapters(run)[0] == adapters(finished[1])[0] and adapters(run)[1] != adapters(finished[1])[1]


def test_a_run_killed_between_the_remedies_and_the_checkpoint_goes_on_the_same(
    finished: tuple[Study, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, run = finished
    write = Checkpoints.write

    def die_in_round_2(self: Checkpoints, checkpoint):
        if checkpoint.record.round == 2:
            raise KeyboardInterrupt
        return write(self, checkpoint)

    monkeypatch.setattr(Checkpoints, "write", die_in_round_2)
    with pytest.raises(KeyboardInterrupt):
        running.start(study, tmp_path / "runs", silent)
    monkeypatch.undo()
    again = running.resume("latest", None, tmp_path / "runs", silent)
    assert adapters(again) == adapters(run)
    assert [r.remedies for r in again.rounds()] == [r.remedies for r in run.rounds()]


def test_what_a_client_trains_on_stays_with_it(finished: tuple[Study, Run]) -> None:
    """And is prepared once: a resumed run reads it again."""
    _, run = finished
    kept = sorted(run.folder.glob("clients/*/*/prepared.json"))
    assert len(kept) == 3
    assert len({file.read_bytes() for file in kept}) == 3
    for file in run.folder.rglob("*"):
        if file.is_file() and "clients" not in file.relative_to(run.folder).parts:
            assert b"look-alike" not in file.read_bytes() and b"It is 7" not in file.read_bytes(), file


def test_data_that_a_remedy_empties(tiny_folder: Path, tmp_path: Path) -> None:
    write_examples(tmp_path)
    study = read_study(tmp_path, tiny_folder, ("short_answers.py", {"most": 0}), **{"federation.round_attempts": "1"})
    with pytest.raises(TocsinError, match=r'short_answers\.py" leaves this client nothing to train on; loosen') as said:
        running.start(study, tmp_path / "runs", silent)
    assert "\n" not in str(said.value)


# -- finding ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("mixin", {}, 'There is no remedy called "mixin" .did you mean "mixing"'),
        ("mixing", {"shares": 0.1}, 'remedy "mixing" has no option shares .did you mean "share"'),
        ("mixing", {"share": "much"}, "remedy \"mixing\": share = 'much' is no number; mend it"),
        ("mixing", {"share": True}, "share = True is no number"),
        ("safety-tuning", {"steps": 2.5}, "steps = 2.5 is no whole number"),
        ("counterfactual", {"file": 3}, "file = 3 is no text"),
        ("nowhere.py", {}, r"There is no remedy's file at .*nowhere\.py; check the path"),
        ("half_way.py", {"most": 1}, 'remedy "half-way" has no option most .known: share'),
        ("no_function.py", {}, r"no_function\.py has no function `remedy.options.`; add one"),
        ("no_remedy.py", {}, r"no_remedy\.py: what `remedy.options.` returns is no remedy; give it the methods"),
        ("broken.py", {}, r"broken\.py, line 2: NameError: name 'nothing' is not defined; mend the file"),
        ("roll-back", {"probe": "refusals"}, 'There is no probe called "refusals" .did you mean "refusal"'),
        ("projection", {}, 'remedy "projection" projects onto'),
    ],
)
def test_what_cannot_work_is_one_sentence_and_writes_nothing(
    tiny_folder: Path, tmp_path: Path, name: str, options: dict, said: str
) -> None:
    write_examples(tmp_path)
    (tmp_path / "no_function.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "no_remedy.py").write_text("def remedy(options):\n    return 1\n", encoding="utf-8")
    (tmp_path / "broken.py").write_text("x = 1\nnothing\n", encoding="utf-8")
    study = read_study(tmp_path, tiny_folder).model_copy(
        update={"remedy": study_of({"name": name, "options": options}).remedy}
    )
    if name.endswith(".py"):
        use = study.remedy[0].model_copy(update={"name": str(tmp_path / name)})
        study = study.model_copy(update={"remedy": (use,)})
    with pytest.raises(TocsinError, match=said) as caught:
        running.start(study, tmp_path / "runs", silent)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert not (tmp_path / "runs").exists()


def test_a_conflict_of_the_user_s_own(tiny_folder: Path, tmp_path: Path) -> None:
    write_examples(tmp_path)
    study = read_study(tmp_path, tiny_folder, ("half_way.py", {}), **{"training.rounds": "1"})
    with pytest.raises(TocsinError, match=r'half_way\.py" needs a second round; raise training\.rounds\.$'):
        remedies_of(study)


def test_data_are_left_alone_where_records_are_private() -> None:
    private = {"privacy": {"training": "sample"}}
    with pytest.raises(TocsinError, match=r'remedy "mixing" changes what a client trains on, and privacy.training'):
        remedies_of(study_of("safety-tuning", "mixing", **private))
    assert remedies_of(study_of("safety-tuning", **private)).of_model


def test_a_file_of_an_option_is_seen_from_the_study(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('[exchange]\na = "b"\n', encoding="utf-8")
    study = read_study(tmp_path, tiny_folder, ("counterfactual", {"file": "words.toml"}))
    assert study.remedy[0].options["file"] == str(tmp_path / "words.toml")
    assert remedies_of(study).of_data


# -- composing ----------------------------------------------------------------------------


class Answers:
    """Writes a letter behind every answer, and one drawn by chance."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    def conflict(self, study: Study) -> None:
        return None

    def prepare(self, examples, side):
        drawn = side.random.choice("0123456789" * 9)
        return [
            replace(one, example=replace(one.example, response=f"{one.example.response}{self.letter}{drawn}"))
            for one in examples
        ]


class Adds:
    """Adds to every entry, and says what it was given."""

    def __init__(self, value: float) -> None:
        self.value = value

    def conflict(self, study: Study) -> None:
        return None

    def mend(self, arrays, side):
        side.folder.mkdir(parents=True)
        note = (
            f"{side.start['a'][0]:g} {side.before['a'][0]:g} {arrays['a'][0]:g} {side.folder.name}"
            if self.value
            else ""
        )
        return Mended({name: 2 * array + self.value for name, array in arrays.items()}, note)


def composed(*of: tuple[str, object]) -> Remedies:
    return Remedies(
        study_of(),
        tuple((name, one) for name, one in of if hasattr(one, "prepare")),
        tuple((name, one) for name, one in of if hasattr(one, "mend")),
    )


def test_data_remedies_follow_each_other() -> None:
    both = composed(("x", Answers("x")), ("y", Answers("y")))
    examples = [one.example for one in weighed(2)]
    (first, second), again = (both.prepare(examples, 3, None, lambda done: None) for _ in range(2))
    assert [first, second] == again
    assert re.fullmatch(r"It is 0\.x\dy\d", first.example.response)
    drawn = {both.prepare(examples, client, None, lambda done: None)[0].example.response for client in range(9)}
    assert len(drawn) > 2


def test_adapter_remedies_follow_each_other_each_in_a_folder_of_its_own(tmp_path: Path) -> None:
    three = composed(("plus", Adds(1)), ("silent", Adds(0)), ("/some/where/file.py", Adds(3)))
    start, before, now = ({"a": np.full(2, value, np.float32)} for value in (7, 8, 10))
    arrays, notes = three.mend(4, None, (start, before, now), tmp_path, lambda text: None)
    assert arrays["a"].tolist() == [(10 * 2 + 1) * 2 * 2 + 3] * 2
    assert notes == ("plus: 7 8 10 0-plus", "file.py: 7 8 42 2-file")
    assert now["a"].tolist() == [10, 10]


def test_names_are_found_and_made_with_their_options() -> None:
    assert find_remedy("mixing", {"share": 1 / 4}).share == 0.25
    chosen = remedies_of(study_of("group-weights", "safety-tuning", {"name": "mixing", "options": {"share": 0.5}}))
    assert [name for name, _ in chosen.of_data] == ["group-weights", "mixing"]
    assert [name for name, _ in chosen.of_model] == ["safety-tuning"]


# -- weights in training ------------------------------------------------------------------


@pytest.fixture
def model(tiny_folder: Path) -> Model:
    return tiny_model(tiny_folder)


def sampled(model: Model, *weights: float) -> list[Sample]:
    return [
        replace(model.sample(model.chat(f"What is {i}?"), f"It is {'so ' * i}{i}.", 200), weight=weight)
        for i, weight in enumerate(weights)
    ]


def trained(model: Model, samples: list[Sample], steps: int = 4, **plan) -> Arrays:
    model.use(model.fresh())
    model.train(samples, TrainingPlan(steps, 3, 1e-2, 5, **plan))
    return model.adapter()


def distance(one: Arrays, other: Arrays) -> float:
    return float(sum(np.abs(one[name] - other[name]).sum() for name in one))


def test_an_example_of_no_weight_is_not_there(model: Model) -> None:
    some = sampled(model, 1, 0, 1, 1, 0, 1, 1)
    assert distance(trained(model, some), trained(model, [one for one in some if one.weight])) == 0
    with pytest.raises(TocsinError, match="No training example"):
        trained(model, sampled(model, 0, 0))


def test_full_weights_are_none(model: Model) -> None:
    plain = [Sample(one.ids, one.prompt) for one in sampled(model, *[1.0] * 6)]
    assert distance(trained(model, sampled(model, *[1.0] * 6)), trained(model, plain)) == 0
    assert distance(trained(model, sampled(model, *[1.0] * 5, 0.5)), trained(model, plain)) > 0.1


def test_weights_scale_the_loss(model: Model) -> None:
    """AdamW is blind to the scale of a loss, but not to that of one part against the other."""
    unbounded = {"clip": 1e9, "proximal": 4.0}
    whole = trained(model, sampled(model, *[1.0] * 6), 8, **unbounded)
    half = trained(model, sampled(model, *[0.5] * 6), 8, **{**unbounded, "proximal": 2.0})
    other = trained(model, sampled(model, *[0.5] * 6), 8, **unbounded)
    assert distance(half, whole) < 0.1 * distance(other, whole)


def test_an_example_of_little_weight_teaches_little(model: Model) -> None:
    taught = []
    for weights in ((1.0, 0.02), (0.02, 1.0)):
        model.use(
            trained(model, [replace(one, weight=w) for one, w in zip(sampled(model, 1, 1), weights, strict=True)], 12)
        )
        pairs = [(model.chat(f"What is {i}?"), f"It is {'so ' * i}{i}.") for i in range(2)]
        taught.append([one.total for one in model.log_likelihoods(pairs)])
    assert taught[0][0] > taught[1][0] and taught[1][1] > taught[0][1]


def test_weights_multiply() -> None:
    one = Weighed(Example((("user", "a"),), "b"), 0.5)
    assert one.weighed(0.5) == Weighed(one.example, 0.25)
