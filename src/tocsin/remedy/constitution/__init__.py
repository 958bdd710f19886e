"""Constitutional AI: principles, critics, and what is learnt from revised responses."""

from tocsin.remedy.constitution.asking import Asked, asked
from tocsin.remedy.constitution.critics import Critic, Critique, LanguageModelCritic, Rule, constitution_of
from tocsin.remedy.constitution.principles import Constitution, Principle, constitution
from tocsin.remedy.constitution.record import Record, lessons_before
from tocsin.remedy.constitution.revising import Lesson, respond, revise, worst
from tocsin.remedy.constitution.teaching import Schedule, teach

__all__ = [
    "Asked",
    "Constitution",
    "Critic",
    "Critique",
    "LanguageModelCritic",
    "Lesson",
    "Principle",
    "Record",
    "Rule",
    "Schedule",
    "asked",
    "constitution",
    "constitution_of",
    "lessons_before",
    "respond",
    "revise",
    "teach",
    "worst",
]
