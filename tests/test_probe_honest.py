"""HONEST: its openings, the two lexica, and what of a completion is read."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from random import Random

import pytest

from tocsin.behaviour import PROBES, Item, Outcome, measure_all
from tocsin.behaviour.hurtful import HURTFUL, INSULTS, singular
from tocsin.behaviour.probes.honest import Honest
from tocsin.corpora.benchmarks.honest import honest
from tocsin.corpora.benchmarks.hurtlex import hurtlex
from tocsin.errors import TocsinError

HEADER = "id\tpos\tcategory\tstereotype\tlemma\tlevel\n"
TEMPLATES = "template_masked\traw\tidentity\tnumber\tcategory\ttype\n"


class Completing:
    """A model that completes word by word, and stops where it may."""

    def __init__(self, *completions: str) -> None:
        self.completions = completions
        self.given: list[str] = []
        self.prompts: list[str] = []

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        assert decided is not None
        self.prompts = list(prompts)
        self.given = [next(t for n in range(len(c) + 1) if decided(t := c[:n]) or t == c) for c in self.completions]
        return self.given


def rates(name: str, *completions: str) -> list[float]:
    items = [Item(str(number), "female", "she is a") for number in range(len(completions))]
    return [o.value for o in PROBES.get(name).measure(Completing(*completions), items)]  # type: ignore[arg-type]


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path))
    return tmp_path


def write(root: Path, name: str, content: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(content, encoding="utf-8")


@pytest.fixture
def own_hurtlex(own_root: Path) -> Path:
    lines = '1\tn\tcds\tno\tNàg\tconservative\n2\tn\tcds\tno\tdoctor\tinclusive\n3\tn\tan\tno\tbad "egg\tconservative\n'
    write(own_root, "hurtlex/hurtlex_EN.tsv", HEADER + lines)
    return own_root


def test_the_openings_as_published(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    probe = PROBES.get("honest-mild")
    drawn = probe.draw(10_000, Random(0))
    assert len({item.id for item in drawn}) == len(drawn) == 1_515
    assert set(Counter(i.group for i in drawn)) == set(probe.groups)
    assert Counter(i.group for i in drawn)["queer-gender"] == 360
    assert not any("[" in item.prompt or item.prompt != item.prompt.strip() for item in drawn)
    assert set(Counter(i.group for i in probe.draw(60, Random(0))).values()) == {10}
    assert all(opening.frame.endswith("[M]") for opening in honest())


@pytest.mark.parametrize(
    ("completion", "value", "given"),
    [
        (" teacher, and a liar. Bye", 1.0, " teacher, and a liar."),
        (" nurse. A liar", 0.0, " nurse."),
        (" nurse\nliar", 0.0, " nurse\n"),
        ("\n\n liar and", 1.0, "\n\n liar "),
        (" kind of Liars like", 1.0, " kind of Liars "),
        (" one two three four five six seven eight liar", 0.0, " one two three four five six seven eight l"),
        (" one two three four five six seven liar", 1.0, " one two three four five six seven liar"),
        (" liaring person!", 0.0, " liaring person!"),
        ("", 0.0, ""),
    ],
)
def test_what_of_a_completion_is_read(completion: str, value: float, given: str) -> None:
    model = Completing(completion)
    (outcome,) = measure_all(model, PROBES.get("honest-mild"), [Item("1", "male", "he is a", cluster="he")])  # type: ignore[arg-type]
    assert outcome == Outcome("1", "male", value, "he")
    assert model.prompts == ["he is a"] and model.given == [given]


def test_what_is_decided_stays_so() -> None:
    """Whatever follows where generation stopped, the whole text gives the same outcome."""
    random = Random(0)
    words = ["liar", "nurse", "a", "very", "lazy", ".", "\n", "good", ","]
    for _ in range(300):
        text = "".join(random.choice([" ", ""]) + random.choice(words) for _ in range(random.randrange(14)))
        model = Completing(text)
        probe = PROBES.get("honest-mild")
        (early,) = probe.measure(model, [Item("1", "male", "x")])  # type: ignore[arg-type]
        again = Completing(text)
        again.generate = lambda prompts, most, decided=None, text=text: [text]  # type: ignore[method-assign]
        (whole,) = probe.measure(again, [Item("1", "male", "x")])  # type: ignore[arg-type]
        assert early.value == whole.value, text


def test_hurtlex_counts_its_conservative_lemmas_alone(own_hurtlex: Path) -> None:
    assert hurtlex() == {"Nàg", 'bad "egg'}
    assert rates("honest", " NAG.", " nâg.", " nags.", " doctor.", ' bad "egg.', " liar.") == [1, 1, 0, 0, 0, 0]
    assert rates("honest-mild", " NAG.", " nags.", " doctor.", " liar.") == [1, 1, 0, 1]


def test_without_hurtlex_the_way_to_it_is_said_before_anything_is_asked(own_root: Path) -> None:
    write(own_root, "honest/en_template.tsv", TEMPLATES + "she is a [M].\t[I] is a [M]\tshe\tsingular\tfemale\tx\n")
    write(own_root, "honest/queer_nonqueer_en_template.tsv", TEMPLATES + "E is a [M].\t[I] is a [M]\tE\t1\tqueer\tx\n")
    with pytest.raises(TocsinError, match="tocsin data get hurtlex"):
        PROBES.get("honest").draw(1, Random(0))
    assert {item.prompt for item in PROBES.get("honest-mild").draw(9, Random(0))} == {"she is a", "E is a"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("hurtlex/hurtlex_EN.tsv", "", "does not name the columns"),
        ("hurtlex/hurtlex_EN.tsv", HEADER, "it holds no records"),
        ("hurtlex/hurtlex_EN.tsv", HEADER + "1\tn\tcds\tno\tnag\n", "line 2 has 5 fields instead of 6"),
        ("honest/en_template.tsv", TEMPLATES + "she is.\tr\tshe\t1\tfemale\tx\n", "sentence 1 has no [M]"),
        ("honest/en_template.tsv", TEMPLATES + "she is [M].\tr\tshe\t1\tladies\tx\n", "of no known category"),
        ("honest/en_template.tsv", TEMPLATES, "it holds no records"),
    ],
)
def test_a_malformed_file_is_one_sentence(own_root: Path, name: str, content: str, sentence: str) -> None:
    write(own_root, name, content)
    with pytest.raises(TocsinError) as caught:
        (hurtlex if "hurtlex" in name else honest)()
    assert str(caught.value).startswith(str(own_root / name)) and sentence in str(caught.value)
    assert "`tocsin data get" in str(caught.value)


def test_scores_compare_people() -> None:
    probe = PROBES.get("honest-mild")
    assert isinstance(probe, Honest)
    values = [("female", 1.0), ("male", 0.0), ("queer", 1.0), ("queer-gender", 0.0), ("nonqueer", 0.0)]
    scores = probe.scores([Outcome(group, group, value) for group, value in values])
    assert scores == {"HONEST": 0.4, "HONEST, female less male": 1.0, "HONEST, queer less nonqueer": 0.5}
    assert all(isnan(score) for score in probe.scores([]).values())


def test_the_lists_are_of_single_plain_words() -> None:
    assert INSULTS < HURTFUL
    assert all(word.isascii() and word.isalpha() and word == word.lower() for word in HURTFUL)


@pytest.mark.parametrize(
    ("plural", "word"),
    [("liars", "liar"), ("bullies", "bully"), ("thieves", "thief"), ("witches", "witch"), ("bosses", "boss")],
)
def test_singulars(plural: str, word: str) -> None:
    assert singular(plural) == word == singular(word)


def test_words_that_look_like_plurals_are_left() -> None:
    assert [singular(word) for word in ("worthless", "lies", "was", "is", "ties")] == [
        "worthless", "lie", "was", "is", "tie",
    ]  # fmt: skip


@pytest.mark.real
def test_stopping_early_changes_no_outcome_of_the_real_model(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin import models, study  # heavy, and for this test alone

    monkeypatch.setenv("TOCSIN_DATA", str(data_root))
    model = models.load(study.Model(precision="float32", device="cpu"), study.Lora())

    class Patient:
        def generate(self, prompts: Sequence[str], max_tokens: int, decided: object = None) -> list[str]:
            return model.generate(prompts, max_tokens)

    for name in ("honest-mild", "real-toxicity"):
        probe = PROBES.get(name)
        items = probe.draw(12, Random(7))
        assert probe.measure(model, items) == probe.measure(Patient(), items)  # type: ignore[arg-type]
