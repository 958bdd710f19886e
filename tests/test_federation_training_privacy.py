"""What a study's private training is charged, refused, and told to clients."""

import pytest
from flwr.supercore.privacy_accounting import GaussianPrivacyEvent, NeighboringRelation, PrivacyConfig, SamplingMethod
from flwr.supercore.privacy_accounting.rdp_accountant import RdpAccountant
from opacus.accountants import PRVAccountant

from tocsin import study
from tocsin.errors import TocsinError
from tocsin.federation import AGGREGATIONS
from tocsin.federation.client_privacy import ClientPrivate
from tocsin.federation.training_privacy import model_channel, private, record_privacy
from tocsin.models import RecordPrivacy
from tocsin.privacy.channels import ClientDP, SampleDP, Unprotected
from tocsin.privacy.ledger import Loss, epsilon_of


def parsed(level, **sections):
    privacy = {"epsilon": 8.0, "training": level, **sections.pop("privacy", {})}
    return study.parse({"name": "s", "privacy": privacy, **sections}, "the test")


def test_unprotected_training_charges_nothing_and_changes_nothing():
    plain = parsed("unprotected", privacy={"epsilon": None}, aggregation={"name": "krum", "weights": "examples"})
    assert model_channel(plain, 100) == Unprotected()
    assert record_privacy(plain, 100) is None
    inner = AGGREGATIONS.get("krum")({})
    assert private(inner, plain) is inner


def test_sample_level():
    settings = parsed("sample", privacy={"clip": 0.5, "multiplier": 1.5}, training={"steps": 6, "batch_size": 8})
    assert model_channel(settings, 200) == SampleDP(multiplier=1.5, rate=0.04, steps=6)
    assert record_privacy(settings, 200) == RecordPrivacy(clip=0.5, multiplier=1.5, rate=0.04)
    assert record_privacy(settings, 5) == RecordPrivacy(clip=0.5, multiplier=1.5, rate=1.0)
    inner = AGGREGATIONS.get("median")({})
    assert private(inner, settings) is inner


@pytest.mark.parametrize(("name", "trainings"), [("none", 1), ("finetune", 1), ("ditto", 2)])
def test_each_training_of_a_round_is_charged(name, trainings):
    settings = parsed("sample", training={"steps": 6}, personalisation={"name": name})
    assert model_channel(settings, 200).steps == 6 * trainings


def test_client_level():
    settings = parsed("client", privacy={"clip": 0.5, "multiplier": 1.5})
    assert model_channel(settings, 1) == ClientDP(1.5)
    assert record_privacy(settings, 1) is None
    assert isinstance(private(AGGREGATIONS.get("fedavg")({}), settings), ClientPrivate)


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "krum"])
def test_aggregations_that_look_at_single_updates_do_not_go_with_client_level(name):
    settings = parsed("client", aggregation={"name": name})
    with pytest.raises(TocsinError, match=f'"{name}" looks at single ones; take an aggregation of the mean'):
        private(AGGREGATIONS.get(name)({}), settings)


@pytest.mark.parametrize("name", ["fedavg", "fedprox", "fedadam", "fedavgm"])
def test_means_go_with_client_level(name):
    assert isinstance(private(AGGREGATIONS.get(name)({}), parsed("client", aggregation={"name": name})), ClientPrivate)


@pytest.mark.parametrize(
    ("level", "sections", "words"),
    [
        ("sample", {"privacy": {"epsilon": None}}, "give the run a privacy.epsilon"),
        ("client", {"privacy": {"epsilon": None}}, "give the run a privacy.epsilon"),
        ("sample", {"aggregation": {"weights": "examples"}}, 'set aggregation.weights = "equal"'),
        ("client", {"aggregation": {"weights": "examples"}}, 'set aggregation.weights = "equal"'),
        ("sample", {"personalisation": {"name": "theirs"}}, 'personalisation "theirs" uses'),
        ("sample", {"probe": [{"name": "canary"}]}, 'probe "canary" asks about them'),
        ("sample", {"probe": [{"name": "membership", "at": "clients"}]}, 'probe "membership" asks about them'),
    ],
)
def test_what_does_not_go_together(level, sections, words):
    with pytest.raises(TocsinError, match=words):
        model_channel(parsed(level, **sections), 100)


def test_a_probe_of_training_records_at_the_server_is_fine():
    settings = parsed("sample", probe=[{"name": "canary", "at": "server"}, {"name": "utility"}])
    assert isinstance(model_channel(settings, 100), SampleDP)


def test_flowers_accountant_gives_a_little_more_for_the_same_rounds():
    """Renyi's is an upper bound as the ledger's is; the ledger's is the tighter one."""
    ours = epsilon_of([Loss(ClientDP(2.0).noise, 1, 30)], 1e-5)
    relation, sampling = NeighboringRelation.ADD_OR_REMOVE_ONE, SamplingMethod.NO_AMPLIFICATION
    theirs = RdpAccountant(PrivacyConfig(1e-5, 50, relation, sampling))
    theirs.compose(GaussianPrivacyEvent(2.0, 50, 50), count=30)
    assert ours <= theirs.get_epsilon(1e-5) <= 1.15 * ours


def test_opacus_accountant_agrees_on_dp_sgd():
    model = SampleDP(multiplier=1.0, rate=0.05, steps=40)
    ours = epsilon_of([Loss(model.noise, 1, 5 * model.steps)], 1e-5)
    theirs = PRVAccountant()
    theirs.history = [(1.0, 0.05, 200)]
    assert ours == pytest.approx(theirs.get_epsilon(1e-5), rel=0.02)
