"""Flower: server rounds, client work, guards, checkpoints, engines. The only room that imports flwr."""

from flwr.serverapp import Grid

from tocsin.federation.aggregation import Aggregation, aggregations
from tocsin.federation.checkpoint import Checkpoint, Checkpoints
from tocsin.federation.engine import Engine, engines
from tocsin.federation.global_probes import GlobalProbes
from tocsin.federation.job import Job
from tocsin.federation.language import TRAINING_LOSS, client_data, schema_of, shared_model
from tocsin.federation.messages import Hello, Task, Update
from tocsin.federation.personalisation import Personalisation, personalisations
from tocsin.federation.rounds import Listener, Plan, run_rounds
from tocsin.federation.work import ClientWork, client_app

__all__ = [
    "TRAINING_LOSS",
    "Aggregation",
    "Checkpoint",
    "Checkpoints",
    "ClientWork",
    "Engine",
    "GlobalProbes",
    "Grid",
    "Hello",
    "Job",
    "Listener",
    "Personalisation",
    "Plan",
    "Task",
    "Update",
    "aggregations",
    "client_app",
    "client_data",
    "engines",
    "personalisations",
    "run_rounds",
    "schema_of",
    "shared_model",
]
