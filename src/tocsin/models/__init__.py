"""A language model: load, adapt (LoRA), score, generate. The only room that imports transformers and peft."""

from tocsin.models.adapter import Arrays, check_fits, load_adapter, save_adapter
from tocsin.models.align import align, aligned
from tocsin.models.find import cache_folder, locate
from tocsin.models.model import Model, load
from tocsin.models.training import Sample, TrainingPlan, TrainingReport

__all__ = [
    "Arrays",
    "Model",
    "Sample",
    "TrainingPlan",
    "TrainingReport",
    "align",
    "aligned",
    "cache_folder",
    "check_fits",
    "load",
    "load_adapter",
    "locate",
    "save_adapter",
]
