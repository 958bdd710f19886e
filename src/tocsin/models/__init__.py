"""A language model: load, adapt (LoRA), score, generate. The only room that imports transformers and peft."""

from tocsin.models.adapter import Arrays, check_fits, load_adapter, save_adapter
from tocsin.models.align import align, aligned
from tocsin.models.borrowed import from_transformers
from tocsin.models.counting import Passed
from tocsin.models.endpoint import Endpoint, NotGiven, Usage, is_address
from tocsin.models.find import cache_folder, locate
from tocsin.models.model import Model, load
from tocsin.models.preferring import Preference
from tocsin.models.training import RecordPrivacy, Sample, TrainingPlan, TrainingReport

__all__ = [
    "Arrays",
    "Endpoint",
    "Model",
    "NotGiven",
    "Passed",
    "Preference",
    "RecordPrivacy",
    "Sample",
    "TrainingPlan",
    "TrainingReport",
    "Usage",
    "align",
    "aligned",
    "cache_folder",
    "check_fits",
    "from_transformers",
    "is_address",
    "load",
    "load_adapter",
    "locate",
    "save_adapter",
]
