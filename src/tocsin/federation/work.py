"""What a client does when it is asked, apart from Flower; and the ClientApp that asks it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from tocsin.corpora import Aspect
from tocsin.federation import flower, messages, secure_updates, surveying
from tocsin.federation.departing import EGRESS, reason, record_departure
from tocsin.federation.job import Job, resolve
from tocsin.federation.messages import Hello, Task, Update
from tocsin.federation.summing import ClientSums
from tocsin.privacy import Egress, Release, Stream, Vector


class ClientWork(Protocol):
    """One client's side of a study. Made by the job's `work` function from (job, client number).

    Processes may be short-lived: whatever `tally` and `trip` need of `train` is kept on the client's own disk.
    """

    @property
    def release(self) -> Release:
        """How tallies are summed."""

    def hello(self) -> Hello:
        """Who this client is."""

    def train(self, task: Task) -> Update:
        """Train, measure before and after, and keep the round's tally for `tally`."""

    def tally(self, round_: int) -> Vector:
        """The tally of a round that was trained."""

    def survey(self) -> Mapping[Aspect, int]:
        """What its training data are made of, where the study has a survey."""

    def trip(self, round_: int) -> Stream | None:
        """The stream of this client's first trip, in the round in which it came; else None."""


def client_app(job_json: str) -> ClientApp:
    """The ClientApp of a job, the same for every engine."""
    flower.quiet_flower()
    app = ClientApp()

    @app.query("hello")
    def hello(message: Message, context: Context) -> Message:
        return _leaving(job_json, context, message, lambda work: messages.hello_reply(message, work.hello()))

    @app.train()
    def train(message: Message, context: Context) -> Message:
        job = _job(job_json)
        weigh = job.study.aggregation.weights == "examples"

        def answer(work: ClientWork) -> Message:
            task = messages.read_task(message, _client(context))
            update = work.train(task)
            if job.study.privacy.secure_updates:
                secure_updates.keep(job, task, update)
                return messages.trained_reply(message)
            return messages.update_reply(message, update, weigh=weigh)

        return _leaving(job_json, context, message, answer)

    @app.query("sum")
    def sum_(message: Message, context: Context) -> Message:
        def answer(work: ClientWork) -> Message:
            round_, requests = messages.read_sum_request(message)
            client, sums = _client(context), _sums(job_json, _client(context))
            if secure_updates.CHANNEL in requests:  # nothing else is summed along with it
                job = _job(job_json)
                return messages.sum_reply(message, *secure_updates.answer(sums, job, client, round_, requests))
            if surveying.CHANNEL in requests:
                study = _job(job_json).study
                return messages.sum_reply(message, *surveying.answer(sums, study, round_, requests, work.survey()))
            replies, refusals = sums.answer(
                round_,
                requests,
                work.release.terms,
                lambda channel, clients: work.release.vector(channel, work.tally(round_), work.trip(round_), clients),
            )
            return messages.sum_reply(message, replies, refusals)

        return _leaving(job_json, context, message, answer)

    return app


def _leaving(job_json: str, context: Context, message: Message, answer: Callable[[ClientWork], Message]) -> Message:
    """What `answer` makes of `message`, or why it cannot; in the client's egress record before it leaves."""
    client = _client(context)
    try:
        reply = answer(_make(job_json, client))
    except Exception as error:
        reply = messages.failure_reply(message, reason(error))
    job = _job(job_json)
    record_departure(_egress(job_json, client), job.run, reply, job.study.privacy.epsilon is not None)
    return reply


def _client(context: Context) -> int:
    return int(str(context.node_config["partition-id"]))


@lru_cache(maxsize=4)
def _job(job_json: str) -> Job:
    return Job.from_json(job_json)


@lru_cache(maxsize=256)
def _make(job_json: str, client: int) -> ClientWork:
    job = _job(job_json)
    work: ClientWork = resolve(job.work)(job, client)
    return work


@lru_cache(maxsize=256)
def _sums(job_json: str, client: int) -> ClientSums:
    return ClientSums(_job(job_json), client)


@lru_cache(maxsize=256)
def _egress(job_json: str, client: int) -> Egress:
    return Egress(_job(job_json).client_folder(client) / EGRESS)
