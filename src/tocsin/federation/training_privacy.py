"""What a study's training does for privacy, and what does not go together with that."""

from tocsin.behaviour import find_probe
from tocsin.errors import TocsinError
from tocsin.federation.aggregation import Aggregation, OfSum
from tocsin.federation.client_privacy import ClientPrivate
from tocsin.federation.self_weighing import check_self_weighing
from tocsin.models import RecordPrivacy
from tocsin.privacy.channels import ClientDP, SampleDP, Unprotected
from tocsin.study import Study

_TRAININGS = {"none": 1, "finetune": 1, "ditto": 2}
"""How often a client trains in a round, by personalisation: each training is charged. Of others we do not know."""


def model_channel(study: Study, records: int) -> Unprotected | SampleDP | ClientDP:
    """What the ledger charges for training. `records`: see `record_privacy`; used for training = "sample" alone.

    Raises TocsinError where the study asks for something that would tell more than is charged.
    """
    privacy = study.privacy
    if privacy.training == "unprotected":
        return Unprotected()
    _check(study)
    if privacy.training == "client":
        return ClientDP(privacy.multiplier)
    _check_sample(study)
    steps = study.training.steps * _TRAININGS[study.personalisation.name]
    return SampleDP(privacy.multiplier, _rate(study, records), steps)


def record_privacy(study: Study, records: int) -> RecordPrivacy | None:
    """What a client's training plan needs for training = "sample"; None for others.

    `records` is about how many training records a small client has. It is public and part of the study: a rate made
    from a client's own number would tell that number. It decides how often a record is used, not whether the guarantee
    holds; a client with more records has larger batches.
    """
    privacy = study.privacy
    if privacy.training != "sample":
        return None
    return RecordPrivacy(privacy.clip, privacy.multiplier, _rate(study, records))


def private(aggregation: Aggregation, study: Study) -> Aggregation:
    """The study's aggregation, with clipping and noise around it for training = "client".

    Raises TocsinError for one that needs more than the sum of the updates, or tells more than noise is made for.
    """
    privacy = study.privacy
    check_self_weighing(aggregation, study)
    if privacy.training != "client":
        return aggregation
    if not isinstance(aggregation, OfSum):
        raise TocsinError(
            'privacy.training = "client" noises the sum of the updates, and aggregation.name = '
            f'"{study.aggregation.name}" looks at single ones; take an aggregation of the mean, such as "fedavg".'
        )
    return ClientPrivate(aggregation, privacy.clip, privacy.multiplier)


def _rate(study: Study, records: int) -> float:
    return min(1.0, study.training.batch_size / records)


def _check(study: Study) -> None:
    how = f'privacy.training = "{study.privacy.training}"'
    if study.privacy.epsilon is None:
        raise TocsinError(f"{how} adds noise that must be accounted for; give the run a privacy.epsilon.")
    if study.aggregation.weights != "equal":
        raise TocsinError(
            f"{how} needs clients that count the same, since a number of examples is told in the clear and gives one "
            'client more weight than the noise is made for; set aggregation.weights = "equal".'
        )


def _check_sample(study: Study) -> None:
    if study.personalisation.name not in _TRAININGS:
        raise TocsinError(
            f'privacy.training = "sample" cannot tell how often personalisation "{study.personalisation.name}" uses '
            f"the training records; set personalisation.name to one of {', '.join(_TRAININGS)}."
        )
    for use in study.probe:
        if use.at != "server" and find_probe(use.name).source == "trained":
            raise TocsinError(
                f'privacy.training = "sample" hides training records, and probe "{use.name}" asks about them; '
                'set its `at` to "server", or leave it out.'
            )
