"""The study file: read, override, and one sentence for what is wrong."""

import pytest

from tocsin import study
from tocsin.errors import TocsinError


def write(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return path


def test_defaults_and_overrides(tmp_path):
    path = write(tmp_path, 'name = "x"\n[training]\nrounds = 2\n[[probe]]\nname = "refusal"\n')
    read = study.load(path, ["training.rounds=7", "lora.rank=4", "corpus.source=gsm8k", "training.learning_rate=1e-3"])
    assert (read.training.rounds, read.lora.rank, read.corpus.source) == (7, 4, "gsm8k")
    assert read.training.learning_rate == 1e-3
    assert read.probe[0].items == 32


def test_a_study_survives_json():
    read = study.parse({"name": "x", "probe": [{"name": "refusal"}]}, "here")
    assert study.parse(read.model_dump(mode="json"), "here") == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x"\n[training]\nround = 3', r'unknown key training\.round \(did you mean "rounds"\?\)'),
        ('name = "x"\nsede = 3', r'unknown key sede \(did you mean "seed"\?\)'),
        (
            'name = "x"\n[[probe]]\nnam = "y"',
            r'unknown key probe\.0\.nam \(did you mean "name"\?\)|name is missing',
        ),
        (
            'name = "x"\n[training]\nrounds = "3"',
            r"training\.rounds = '3' is wrong: input should be a valid integer",
        ),
        ('name = "x"\n[training]\nrounds = 0', r"training\.rounds = 0 is wrong: .*greater than 0"),
        ("seed = 1", "the key name is missing"),
        ('name = "x"\n[split]\nby = "column"', r'by = "column" needs `column`'),
        ('name = "x"\n[split]\nclients = 3\n[federation]\nmin_clients = 4', "more than split.clients = 3"),
        ('name = "x"\n[[probe]]\nname="a"\n[[probe]]\nname="a"', 'probe "a" is named twice'),
        ("name = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, text, words):
    with pytest.raises(TocsinError, match=words) as caught:
        study.load(write(tmp_path, text))
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    assert str(tmp_path / "s.toml") in message


def test_a_missing_study_says_how_to_get_one(tmp_path):
    with pytest.raises(TocsinError, match="tocsin init"):
        study.load(tmp_path / "none.toml")


@pytest.mark.parametrize("override", ["rounds", "=3", "name.x=3"])
def test_a_broken_override(tmp_path, override):
    with pytest.raises(TocsinError, match="--set"):
        study.load(write(tmp_path, 'name = "x"'), [override])
