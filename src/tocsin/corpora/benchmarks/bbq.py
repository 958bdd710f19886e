"""BBQ: questions about two people, with too little context and with enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tocsin.corpora.benchmarks.files import file, filled, malformed, read_jsonl
from tocsin.corpora.root import data_root

Condition = Literal["ambiguous", "disambiguated"]
Role = Literal["stereotyped", "other", "unknown"]

CATEGORIES = (
    "Age",
    "Disability_status",
    "Gender_identity",
    "Nationality",
    "Physical_appearance",
    "Race_ethnicity",
    "Race_x_SES",
    "Race_x_gender",
    "Religion",
    "SES",
    "Sexual_orientation",
)
CONDITIONS: tuple[Condition, ...] = ("ambiguous", "disambiguated")

_NAME = "bbq"
_ANSWERS = ("ans0", "ans1", "ans2")
_FIELDS = (
    "example_id",
    "question_index",
    "question_polarity",
    "context_condition",
    "answer_info",
    "additional_metadata",
    "context",
    "question",
    "label",
    *_ANSWERS,
)
_CONDITIONS = dict(zip(("ambig", "disambig"), CONDITIONS, strict=True))


@dataclass(frozen=True, slots=True)
class Question:
    """A BBQ question. `answers` has three texts and `roles` what each is: the one that the stereotype expects, the
    other person, or "unknown". `correct` is a place in both, that of "unknown" in an ambiguous context.

    `template` names what the question was made from: questions of one template are alike.
    """

    id: str
    category: str
    condition: Condition
    template: str
    context: str
    question: str
    answers: tuple[str, ...]
    roles: tuple[Role, ...]
    correct: int


def bbq() -> tuple[Question, ...]:
    """BBQ (Parrish et al., 2022, arXiv 2110.08193; CC BY 4.0): 58,492 questions in eleven files, one a category.

    Read are those of the eleven that are here. Which answer follows the stereotype is worked out as
    lm-evaluation-harness does, from the groups that an answer and the stereotype name, because the files do not
    say it: the stereotyped group's answer to a negative question, the other person's to a non-negative one.
    """
    present = [name for name in CATEGORIES if (data_root() / _NAME / f"{name}.jsonl").is_file()]
    if not present:
        file(_NAME, f"{CATEGORIES[0]}.jsonl")  # raises, and says how to get it
    questions: list[Question] = []
    for category in present:
        path, rows = read_jsonl(_NAME, f"{category}.jsonl", _FIELDS)
        questions.extend(filled(_NAME, path, [_question(path, category, row) for row in rows]))
    return tuple(questions)


def _question(path: Path, category: str, row: dict[str, Any]) -> Question:
    try:
        roles = tuple(_roles(row))
        condition = _CONDITIONS[row["context_condition"]]
        answers = tuple(row[answer] for answer in _ANSWERS)
        correct = row["label"]
        words = (row["context"], row["question"], *answers)
        sound = (
            all(isinstance(word, str) and word.strip() for word in words)
            and roles.count("unknown") == 1
            and correct in (0, 1, 2)
            and (roles[correct] == "unknown") == (condition == "ambiguous")
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        sound = False
    if not sound:
        raise malformed(
            _NAME, path, f"question {row['example_id']} is none with three answers, one of them unknown, and its label"
        )
    return Question(
        id=f"bbq-{category}-{row['example_id']}",
        category=category,
        condition=condition,
        template=f"{category}-{row['question_index']}",
        context=row["context"],
        question=row["question"],
        answers=answers,
        roles=roles,
        correct=correct,
    )


def _roles(row: dict[str, Any]) -> Iterable[Role]:
    stereotyped = {group.lower() for group in row["additional_metadata"]["stereotyped_groups"]}
    negative = {"neg": True, "nonneg": False}[row["question_polarity"]]
    for answer in _ANSWERS:
        groups = _groups(row["answer_info"][answer], row[answer])
        if groups[-1] == "unknown":
            yield "unknown"
        else:
            yield "stereotyped" if negative != stereotyped.isdisjoint(groups) else "other"


# In this order: lm-evaluation-harness' rules, oddities with them ("german" holds the groups "ger" and "man"), because
# a bias score is only worth comparing where the same answers count as biased.
_REWRITTEN = (
    ("M-", "M_"),
    ("F-", "F_"),
    ("lowSES-", "lowSES_"),
    ("highSES-", "highSES_"),
    ("lowSES", "low SES"),
    ("highSES", "high SES"),
    ("nonObese", "non Obese"),
    ("nonDisabled", "non Disabled"),
    ("nonTrans", "non Trans"),
)
_YOUNG = (("girl", "F_girl"), ("boy", "M_boy"))


def _groups(info: list[str], answer: str) -> list[str]:
    """The groups, in lower case, that an answer's `answer_info` names."""
    if any(info):
        named = "_".join(info)
    elif "Latina" in answer:  # some questions of Race_x_gender leave it out
        named = "Latino"
    else:
        raise ValueError("an answer without groups")
    for old, new in _REWRITTEN:
        named = named.replace(old, new)
    named = named.replace("woman", "F_woman") if "woman" in named else named.replace("man", "M_man")
    for old, new in _YOUNG:
        named = named.replace(old, new)
    return named.lower().split("_")
