"""Flower: server rounds, client work, guards, checkpoints, engines. The only room that imports flwr."""

from flwr.serverapp import Grid

from tocsin.federation.aggregation import AGGREGATIONS, Aggregation, Judging, check_weights
from tocsin.federation.bell import bell_of, diagnosis
from tocsin.federation.checkpoint import Checkpoint, Checkpoints
from tocsin.federation.departing import EGRESS
from tocsin.federation.disclosure import release_of
from tocsin.federation.engine import ENGINES, Engine
from tocsin.federation.global_probes import GlobalProbes
from tocsin.federation.job import Job, run_key
from tocsin.federation.judging import ServerJudge
from tocsin.federation.language import client_data, schema_of, shared_model
from tocsin.federation.messages import Hello, Task, Update
from tocsin.federation.personalisation import PERSONALISATIONS, Personalisation
from tocsin.federation.rounds import Listener, Mend, Plan, run_rounds, run_survey
from tocsin.federation.secure_updates import summed
from tocsin.federation.serving import server_app
from tocsin.federation.summing import LEDGER, enrol_all, server_enrolment, server_sums
from tocsin.federation.surveying import check_survey
from tocsin.federation.training_privacy import private
from tocsin.federation.watching import streams_of
from tocsin.federation.work import ClientWork, client_app

__all__ = [
    "AGGREGATIONS",
    "EGRESS",
    "ENGINES",
    "LEDGER",
    "PERSONALISATIONS",
    "Aggregation",
    "Checkpoint",
    "Checkpoints",
    "ClientWork",
    "Engine",
    "GlobalProbes",
    "Grid",
    "Hello",
    "Job",
    "Judging",
    "Listener",
    "Mend",
    "Personalisation",
    "Plan",
    "ServerJudge",
    "Task",
    "Update",
    "bell_of",
    "check_survey",
    "check_weights",
    "client_app",
    "client_data",
    "diagnosis",
    "enrol_all",
    "private",
    "release_of",
    "run_key",
    "run_rounds",
    "run_survey",
    "schema_of",
    "server_app",
    "server_enrolment",
    "server_sums",
    "shared_model",
    "streams_of",
    "summed",
]
