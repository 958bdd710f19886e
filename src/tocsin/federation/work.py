"""What a client does when it is asked, apart from Flower; and the ClientApp that asks it."""

from functools import lru_cache
from typing import Protocol

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from tocsin.errors import TocsinError
from tocsin.federation import flower, messages
from tocsin.federation.job import Job, resolve
from tocsin.federation.messages import Hello, Task, Update
from tocsin.privacy import Vector


class ClientWork(Protocol):
    """One client's side of a study. Made by the job's `work` function from (job, client number).

    Processes may be short-lived: whatever `tally` needs of `train` is kept on the client's own disk.
    """

    def hello(self) -> Hello:
        """Who this client is."""

    def train(self, task: Task) -> Update:
        """Train, measure before and after, and keep the round's tally for `tally`."""

    def tally(self, round_: int) -> Vector:
        """The tally of a round that was trained."""


def client_app(job_json: str) -> ClientApp:
    """The ClientApp of a job, the same for every engine."""
    flower.quiet_flower()
    app = ClientApp()

    @app.query("hello")
    def hello(message: Message, context: Context) -> Message:
        try:
            return messages.hello_reply(message, _work(job_json, context).hello())
        except Exception as error:
            return messages.failure_reply(message, _reason(error))

    @app.train()
    def train(message: Message, context: Context) -> Message:
        job = _job(job_json)
        try:
            work = _work(job_json, context)
            update = work.train(messages.read_task(message, _client(context)))
            return messages.update_reply(message, update, weigh=job.study.aggregation.weights == "examples")
        except Exception as error:
            return messages.failure_reply(message, _reason(error))

    @app.query("tally")
    def tally(message: Message, context: Context) -> Message:
        try:
            round_ = int(str(message.content.config_records["task"]["round"]))
            return messages.tally_reply(message, _work(job_json, context).tally(round_))
        except Exception as error:
            return messages.failure_reply(message, _reason(error))

    return app


def _reason(error: Exception) -> str:
    """What may be told about a failure: our own sentences hold no data, other people's may, so only their type."""
    return str(error) if isinstance(error, TocsinError) else f"it raised {type(error).__name__}"


def _client(context: Context) -> int:
    return int(str(context.node_config["partition-id"]))


def _work(job_json: str, context: Context) -> ClientWork:
    return _make(job_json, _client(context))


@lru_cache(maxsize=4)
def _job(job_json: str) -> Job:
    return Job.from_json(job_json)


@lru_cache(maxsize=256)
def _make(job_json: str, client: int) -> ClientWork:
    job = _job(job_json)
    work: ClientWork = resolve(job.work)(job, client)
    return work
