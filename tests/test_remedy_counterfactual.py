"""Words of groups exchanged, and the examples that hold them doubled."""

import gzip
import re
from pathlib import Path

import pytest
from remedy_sides import client_side, study_of, weighed

from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.remedy import Weighed, find_remedy
from tocsin.remedy.exchanging import read_words

SIDE = client_side(study_of("counterfactual"))

BOTH_WAYS = [
    ("He is a waiter.", "She is a waitress."),
    ("THE MEN saw a Boy.", "THE WOMEN saw a Girl."),
    ("he'll say he's a king", "she'll say she's a queen"),
    ("My brother-in-law phoned his aunt.", "My sister-in-law phoned her uncle."),
    ("His keys were lost, and nobody helped him.", "Her keys were lost, and nobody helped her."),
    ("I met him yesterday at his new house.", "I met her yesterday at her new house."),
    ("Tell him that his bike, not hers, is here.", "Tell her that her bike, not his, is here."),
    ("It took him 3 days to wash two of his 4 cars.", "It took her 3 days to wash two of her 4 cars."),
    ("Everyone brings his or her book, his/her pen.", "Everyone brings her or his book, her/his pen."),
    ("I gave it to him, to him and a friend.", "I gave it to her, to her and a friend."),
    ("That book is his.", "That book is hers."),
    ("Mr. Lane washed himself", "Ms. Lane washed herself"),
]


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS)
def test_words_are_exchanged_both_ways(one: str, other: str) -> None:
    words = read_words(None)
    assert words.exchanged(one) == other
    assert words.exchanged(other) == one


@pytest.mark.parametrize("text", ["The manager sheltered the other theme.", "A man-made hero-worship", "Heather", ""])
def test_parts_of_words_are_not(text: str) -> None:
    assert read_words(None).exchanged(text) == text


@pytest.mark.parametrize(
    ("text", "made", "back"),
    [
        ("I gave him flowers.", "I gave her flowers.", "I gave his flowers."),
        ("Mrs Bell", "Mr Bell", "Ms Bell"),
    ],
)
def test_what_the_rule_gets_wrong_is_known(text: str, made: str, back: str) -> None:
    """No tagger is asked, and two words that become one do not come back as two."""
    words = read_words(None)
    assert words.exchanged(text) == made
    assert words.exchanged(made) == back


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("GSM8K, test", "gsm8k/test.jsonl"),
        ("CrowS-Pairs", "crows_pairs/crows_pairs_anonymized.csv"),
        ("StereoSet", "stereoset/intrasentence_dev_1294.jsonl"),
        ("HH-RLHF, test", "hh_rlhf/test.jsonl.gz"),
    ],
)
def test_the_guide_says_how_often_the_rule_is_right(data_root: Path, name: str, file: str) -> None:
    """Every "him" and "his" becomes "her", and the rule is asked which it was."""
    content = (data_root / file).read_bytes()
    text = (gzip.decompress(content) if file.endswith(".gz") else content).decode().replace("\\n", "\n")
    words = read_words(None)
    right, all_ = ({"him": 0, "his": 0} for _ in range(2))
    for line in text.split("\n"):
        for found in re.finditer(r"(?<![\w-])(him|his)(?![\w-])", line, re.IGNORECASE):
            before = line[: found.start()].rpartition(" ")[0].rpartition(" ")[2]  # the word before
            after = words.exchanged(f"{before} her{line[found.end() :]}")
            was = found[0].lower()
            all_[was] += 1
            right[was] += after.startswith(f"{words.exchanged(before)} {was}")
    guide = (Path(__file__).parent.parent / "docs" / "remedies.md").read_text(encoding="utf-8")
    cells = " | ".join(f"{right[was]} of {all_[was]}" for was in ("him", "his"))
    assert f"| {name} | {cells} |" in guide


def test_an_example_and_its_copy_share_its_weight() -> None:
    turns = (("system", "Speak as to a man."), ("user", "Where is she?"))
    named = Weighed(Example(turns, "At her desk.", "north"), 0.8)
    plain = weighed(2)
    made = find_remedy("counterfactual", {}).prepare([plain[0], named, plain[1]], SIDE)
    assert [made[0], made[3]] == plain
    assert made[1] == Weighed(named.example, 0.4)
    other = Example((("system", "Speak as to a woman."), ("user", "Where is he?")), "At his desk.", "north")
    assert made[2] == Weighed(other, 0.4)


def test_words_of_one_s_own(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('[exchange]\nyoung = "old"\n"new york" = "texas"\n', encoding="utf-8")
    made = find_remedy("counterfactual", {"file": str(file)}).prepare(
        [Weighed(Example((("user", "A young man from New York?"),), "He is old."))], SIDE
    )
    assert made[1].example == Example((("user", "A old man from Texas?"),), "He is young.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[exchange]\na = "b"\nc = "a"', '"a" is there twice; say once what it becomes'),
        ('[exchange]\nA = "b"', '"A" is not a word in lower case'),
        ("", "there are no words in it"),
        ('[alone]\nher = "him"', "do not hold the same words"),
        ('[exchanges]\na = "b"', 'unknown key exchanges .did you mean "exchange"'),
        ("[exchange]\na = 1", "exchange.a = 1 is wrong"),
        ("[exchange", "is not valid TOML"),
    ],
)
def test_a_broken_file(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "words.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TocsinError, match=said) as caught:
        find_remedy("counterfactual", {"file": str(file)})
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file() -> None:
    with pytest.raises(TocsinError, match=r"no/such\.toml cannot be read \(No such file or directory\)"):
        find_remedy("counterfactual", {"file": "no/such.toml"})
