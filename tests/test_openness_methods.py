"""The table of post_training.toml, cell by cell: what it calls possible is run, the rest is refused."""

from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from access import WORDS, Access, NotGiven, greedy, next_token_logits, word_ids
from post_training import CANDIDATES, STEPS, Done, Example, move, weights_of
from tiny import save_tiny_model

from tocsin.errors import TocsinError
from tocsin.models import Model, load
from tocsin.openness import (
    Audit,
    Cell,
    Evidence,
    Finding,
    Licensed,
    Openness,
    Route,
    Standing,
    assumed,
    autonomy,
    cells,
    description,
    given,
    heard,
    method,
    openness,
    possible,
    post_training,
    require,
)
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings

HERE = Evidence(standing=Standing.ADDRESS, address="https://example.org/x")
PERMISSIONS = {"changes", "outputs"}
PROMPTS = ("ward 7, bed 12: ", "Mrs Miller, born 1951: ")
ORDINARY = tuple(zip(PROMPTS, ("wake", "rest"), strict=True))


def tiny(folder: Path, seed: int) -> Model:
    path = str(save_tiny_model(folder / f"tiny-{seed}", seed))
    model = load(ModelSettings(source=path, precision="float32", threads=1), Lora(rank=4, targets=("q_proj", "o_proj")))
    for weight in weights_of(model):
        if weight.ndim == 2 and min(weight.shape) > 1:
            weight.mul_(6)  # as initialised, it looks at the last token and at little else
    return model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(tmp_path_factory.mktemp("model"), 0)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A client's own small model: the same vocabulary, other weights."""
    return tiny(tmp_path_factory.mktemp("own"), 1)


def examples_for(name: str, model: Model) -> tuple[Example, ...]:
    """Private examples. A search is given answers that one of the wordings brings out, so that there is one to find;
    a proxy is to bring out a word that the model lists and does not choose."""
    if name == "prompt-search":
        return tuple((prompt, greedy(model, CANDIDATES[2] + prompt)) for prompt in PROMPTS)
    if name == "proxy-tuning":
        return tuple((prompt, listed(model, prompt)[4]) for prompt in PROMPTS)
    return ORDINARY


def listed(model: Model, prompt: str) -> list[str]:
    with torch.no_grad():
        order = next_token_logits(model, prompt)[-1][word_ids(model)].argsort(descending=True)
    return [WORDS[i] for i in order]


def step(access: Access, model: Model, own: Model, name: str, route: Route) -> Done:
    return STEPS[name, route.needs](access, examples_for(name, model), own)


def run_and_check(model: Model, own: Model, name: str, route: Route, ways: Iterable[str]) -> None:
    """The step works with `ways` alone, and what leaves is what the table says: no more and no less."""
    access, examples = Access(model, set(ways)), examples_for(name, model)
    done = step(access, model, own, name, route)
    assert done.after > done.before
    assert set(done.to_server) == set(route.training.server)
    assert not list(texts(done.to_server)), "no text goes to the server"
    check_seen(access.seen, examples, route.training.service)
    access.seen.clear()
    fresh = "ward 9, bed 3: "
    answer = done.use(fresh)
    assert answer and set(answer) <= set(WORDS)
    assert any(fresh in text for text in access.seen) == ("prompts" in route.use.service)
    assert any(fresh + answer[0] in text for text in access.seen) == ("answers so far" in route.use.service)
    assert not route.use.server


def check_seen(seen: list[str], examples: Iterable[Example], service: tuple[str, ...]) -> None:
    for prompt, answer in examples:
        assert any(prompt in text for text in seen) == ("prompts" in service)
        assert (answer in seen) == ("answers" in service)
    assert bool(seen) == bool(service)


def texts(data: object) -> Iterable[str]:
    """Every text in what left, apart from the names of arrays."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from texts(value)
    else:
        assert isinstance(data, int | float | np.ndarray), type(data)


def named(cell: Cell) -> str:
    return f"{cell.level}-{cell.method.id}"


POSSIBLE = [cell for cell in cells() if cell.routes]
IMPOSSIBLE = [cell for cell in cells() if not cell.routes]


# -- every cell ---------------------------------------------------------------------------------------------------


def test_there_are_eight_methods_at_four_levels_and_a_step_for_each_route() -> None:
    assert len(cells()) == 32 and {cell.level for cell in cells()} == set(Openness) - {Openness.NO_ACCESS}
    assert {(one.id, route.needs) for one in post_training().method for route in one.route} == set(STEPS)


@pytest.mark.parametrize("cell", POSSIBLE, ids=named)
def test_what_is_possible_runs_on_what_the_level_gives(cell: Cell, model: Model, own: Model) -> None:
    """With what every model of the level gives and, where the cell says "with", what it names: nothing else."""
    grants = set(post_training().meaning(cell.level).grants)
    for route, extra in cell.routes:
        run_and_check(model, own, cell.method.id, route, (grants | set(extra)) - PERMISSIONS)


@pytest.mark.parametrize("cell", IMPOSSIBLE, ids=named)
def test_what_is_not_possible_is_refused(cell: Cell, model: Model, own: Model) -> None:
    """Even by a model that gives all that any of its level gives: by the code, and by the model itself."""
    meaning = post_training().meaning(cell.level)
    most = {*meaning.grants, *meaning.may}
    assert cell.method.through(most) is None and cell.method.why_not
    with pytest.raises(TocsinError, match=rf"^M is {cell.level}, and {cell.method.title} needs .*; possible with it: "):
        require(service(*(most - PERMISSIONS)), cell.method.id)
    for route in cell.method.route:
        with pytest.raises(NotGiven):
            step(Access(model, most), model, own, cell.method.id, route)


@pytest.mark.parametrize("cell", [cell for cell in POSSIBLE if cell.possible == "with"], ids=named)
def test_what_is_possible_for_some_is_refused_to_the_others(cell: Cell, model: Model, own: Model) -> None:
    """Without any one of the ways that a route needs beyond the level's promise, the route is closed."""
    grants = set(post_training().meaning(cell.level).grants)
    assert cell.method.through(grants) is None
    for route, extra in cell.routes:
        for missing in extra:
            left = (grants | set(extra)) - {missing}
            assert not set(route.needs) <= left
            if missing not in PERMISSIONS:
                with pytest.raises(NotGiven):
                    step(Access(model, left), model, own, cell.method.id, route)


def test_a_way_more_never_closes_a_method() -> None:
    ways = [*post_training().measures, *PERMISSIONS]
    for one in post_training().method:
        for count in range(len(ways)):
            for some in combinations(ways, count):
                if one.through(some) is not None:
                    assert all(one.through({*some, more}) is not None for more in ways)


def test_why_not_is_said_of_the_methods_that_some_level_refuses_and_of_no_others() -> None:
    refused = {cell.method.id for cell in IMPOSSIBLE}
    assert {one.id for one in post_training().method if one.why_not} == refused


# -- the ways themselves -------------------------------------------------------------------------------------------


def test_a_service_hides_the_model_and_gives_plain_data(model: Model) -> None:
    access = Access(deepcopy(model), {way for way in post_training().measures if way != "weights"})
    assert not any(isinstance(value, Model | torch.nn.Module | torch.Tensor) for value in vars(access).values())
    answers = [access.generate("a"), access.likeliest("a"), access.scores("a", "bc"), access.embed("a")]
    assert [type(answer) for answer in answers] == [str, dict, list, list]
    assert len(access.likeliest("a")) == 20 and len(access.scores("a", "bc")) == 2
    assert all(type(value) is float for value in [*answers[1].values(), *answers[2], *answers[3]])
    with pytest.raises(NotGiven):
        access.weights  # noqa: B018


def test_vectors_are_refused_where_they_are_not_taken(model: Model) -> None:
    access = Access(model, {"api-generation", "api-log-likelihoods"})
    for call in (access.generate, lambda *texts, vectors: access.scores(*texts, "x", vectors=vectors)):
        with pytest.raises(NotGiven, match="takes no vectors"):
            call("a", vectors=[[0.0] * 32])


def test_tuning_by_a_service_takes_the_examples_and_gives_nothing_to_aggregate(model: Model) -> None:
    access = Access(deepcopy(model), {"api-generation", "api-tuning"})
    assert isinstance(access.tune(*ORDINARY), str)
    assert all(any(prompt in text for text in access.seen) for prompt in PROMPTS)
    assert not any("api-tuning" in route.needs for one in post_training().method for route in one.route)


# -- claims of single cells ----------------------------------------------------------------------------------------


def test_seeds_and_slopes_are_enough_to_make_the_changed_model(model: Model, own: Model) -> None:
    access = Access(model, {"weights"})
    walk = step(access, model, own, "zeroth-order", method("zeroth-order").route[0]).to_server["seeds and slopes"]
    server = deepcopy(model)
    for seed, slope in walk:
        move(weights_of(server), seed, slope)
    for ours, theirs in zip(weights_of(server), weights_of(access.weights), strict=True):
        # The client goes forth and back along each direction: in float32 that leaves a trace.
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert not torch.allclose(weights_of(server)[0], weights_of(model)[0], atol=1e-5)


def test_a_proxy_steers_the_large_model_by_each_route_to_the_same_word(model: Model, own: Model) -> None:
    for prompt, answer in examples_for("proxy-tuning", model):
        assert greedy(model, prompt, 1) != answer
        for route in method("proxy-tuning").route:
            done = step(Access(model, set(route.needs)), model, own, "proxy-tuning", route)
            assert done.use(prompt)[0] == answer


def test_a_listed_word_alone_can_be_brought_out_by_a_list(model: Model, own: Model) -> None:
    prompt = PROMPTS[0]
    unlisted = listed(model, prompt)[-1]
    last = method("proxy-tuning").route[-1]
    assert last.needs == ("api-top-log-probabilities",)
    access = Access(model, set(last.needs))
    done = STEPS["proxy-tuning", last.needs](access, ((prompt, unlisted),) * 2, own)
    assert done.use(prompt)[0] in access.likeliest(prompt) and unlisted not in access.likeliest(prompt)


def test_asking_the_teacher_public_prompts_alone_sends_no_private_one(model: Model, own: Model) -> None:
    access = Access(model, {"api-generation"})
    STEPS["distillation", ("api-generation", "outputs")](access, [("colour of grass: ", "")], own)
    assert access.seen == ["colour of grass: "]


def test_the_pupil_is_used_without_the_teacher(model: Model) -> None:
    teacher = method("distillation").route[1]
    assert (teacher.service_needed, teacher.prompts_seen) == ("in training", "in training")
    kept = {right: keeps.state for right, keeps in autonomy(Openness.BLACK_BOX, teacher).items()}
    assert kept == {"versioning": "in part", "shutdown": "in part", "price": "in part", "audit": "lost"}
    search = method("prompt-search").route[1]
    assert {keeps.state for keeps in autonomy(Openness.BLACK_BOX, search).values()} == {"lost"}


# -- what an audit gives -------------------------------------------------------------------------------------------


def finding(name: str, licence: str | None = None) -> Finding:
    terms = Licensed(text=licence, evidence=HERE) if licence else None
    return Finding(component=name, evidence=(HERE,), licence=terms)


def service(*ways: str, licence: str | None = None) -> Audit:
    return Audit(name="M", source="test", findings={way: finding(way, licence) for way in ways})


def weights(licence: str | None) -> Audit:
    names = ("weights", "tokenizer", "architecture")
    return Audit(name="M", source="test", findings={name: finding(name, licence) for name in names})


@cache
def ladder(level: Openness) -> Audit:
    return {
        Openness.OPEN_SOURCE: description("pythia-6.9b"),
        Openness.OPEN_WEIGHT: description("phi-4"),
        Openness.GRAY_BOX: service("api-generation", "api-embeddings"),
        Openness.BLACK_BOX: service("api-generation"),
    }[level]


@pytest.mark.parametrize("level", [level for level in Openness if level is not Openness.NO_ACCESS])
def test_a_model_of_a_level_gives_what_the_table_promises_and_no_more(level: Openness) -> None:
    assert openness(ladder(level)) is level
    meaning, ways = post_training().meaning(level), given(ladder(level))
    assert set(meaning.grants) <= ways <= {*meaning.grants, *meaning.may}


@pytest.mark.parametrize(
    ("licence", "changes"), [("MIT", True), ("llama3.2", True), (None, True), ("other", True), ("CC-BY-ND-4.0", False)]
)
def test_what_a_licence_is_known_to_forbid_is_not_given(licence: str | None, changes: bool) -> None:
    assert ("changes" in given(weights(licence))) is changes
    assert "weights" in given(weights(licence))
    assert "changes" in given(weights(licence), waived=True)


def test_a_model_that_may_not_be_changed_can_still_be_run_at_the_client() -> None:
    assert [one.id for one, _ in possible(given(weights("CC-BY-ND-4.0")))] == [
        "prompt-tuning",
        "prompt-search",
        "distillation",
        "proxy-tuning",
    ]
    with pytest.raises(TocsinError) as raised:
        require(weights("CC-BY-ND-4.0"), "lora")
    assert str(raised.value) == (
        "M is gray-box, and LoRA needs final weights and leave to share changed versions, which its licence, "
        '"CC-BY-ND-4.0", does not give (the maker\'s leave is stated by [[openness.waivers]] with rule = '
        '"minimum_level", by, date and reason); possible with it: prompt tuning on embeddings, discrete prompt search, '
        "federated distillation, proxy tuning."
    )


def test_outputs_that_may_not_be_learnt_from_close_distillation() -> None:
    assert "distillation" not in [one.id for one, _ in possible(given(weights("llama2")))]
    with pytest.raises(TocsinError, match="federated distillation needs final weights and leave to train on its out"):
        require(weights("llama2"), "distillation")


def test_leave_that_nobody_stated_is_said_to_be_assumed() -> None:
    assert assumed(weights(None), require(weights(None), "lora")) == ("changes",)
    assert assumed(weights("MIT"), require(weights("MIT"), "lora")) == ()
    assert assumed(service("api-generation"), require(service("api-generation"), "distillation")) == ("outputs",)


def test_claims_and_parts_give_nothing() -> None:
    claim = Evidence(standing=Standing.CLAIMED, source="a blog")
    claimed = Finding(component="api-log-likelihoods", evidence=(claim,))
    audit = Audit(
        name="M", source="test", findings={"api-generation": finding("api-generation"), claimed.component: claimed}
    )
    assert given(audit) == {"api-generation", "outputs"}
    assert given(service("api-embeddings")) == frozenset(), "what answers no prompt is no-access"


def test_a_method_that_nobody_knows() -> None:
    with pytest.raises(TocsinError, match=r'no method of post-training called "lorra" \(did you mean "lora"\?\)'):
        method("lorra")


# -- what the alarm hears ------------------------------------------------------------------------------------------


def test_the_alarm_hears_all_of_an_open_model_and_less_of_a_text() -> None:
    assert set(heard({"log-likelihoods", "generation"}).values()) == {"yes"}
    assert heard({"generation"}) == {
        "Amplified Bias": "in part",
        "Confidence Miscalibration": "no",
        "Fairness Collapse": "yes",
        "Adaptation Misalignment": "yes",
        "Out-of-Domain Degradation": "in part",
        "Alignment Erosion": "yes",
    }
    assert set(heard(()).values()) == {"no"}


def test_what_can_be_asked_depends_on_the_model_behind_the_prompt() -> None:
    search = method("prompt-search").route[1]
    assert search.measures({"api-generation"}) == {"generation"}
    assert search.measures({"api-generation", "api-log-likelihoods"}) == {"generation", "log-likelihoods"}
    assert search.measures({"api-generation", "api-top-log-probabilities"}) == {"generation"}
