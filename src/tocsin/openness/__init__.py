"""Openness: may this model be federated at all? Audit, licences, rule sets, levels, policy, methods."""

from tocsin.openness.audit import Access, Audit, Extent, Finding, Licensed, combined
from tocsin.openness.components import Component, component, components
from tocsin.openness.description import described, description, read_description
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.folder import audit_folder
from tocsin.openness.guide import guide, leaves
from tocsin.openness.hub import audit_hub
from tocsin.openness.levels import Openness, federation_verdict, openness
from tocsin.openness.licences import Judgement, judge
from tocsin.openness.mot import read_mot, write_mot
from tocsin.openness.policy import Breach, Policy, Waiver, breaches, read_policy
from tocsin.openness.post_training import (
    Cell,
    Method,
    PostTraining,
    Route,
    assumed,
    autonomy,
    cells,
    given,
    heard,
    listed,
    method,
    possible,
    post_training,
    require,
)
from tocsin.openness.rules import RuleSet, Step, Verdict, evaluate, load_rules, rule_set, rule_sets
from tocsin.openness.selection import Fit, Needs, rank, read_needs

__all__ = [
    "Access",
    "Audit",
    "Breach",
    "Cell",
    "Component",
    "Evidence",
    "Extent",
    "Finding",
    "Fit",
    "Judgement",
    "Licensed",
    "Method",
    "Needs",
    "Openness",
    "Policy",
    "PostTraining",
    "Route",
    "RuleSet",
    "Standing",
    "Step",
    "Verdict",
    "Waiver",
    "assumed",
    "audit_folder",
    "audit_hub",
    "autonomy",
    "breaches",
    "cells",
    "combined",
    "component",
    "components",
    "described",
    "description",
    "evaluate",
    "federation_verdict",
    "given",
    "guide",
    "heard",
    "judge",
    "leaves",
    "listed",
    "load_rules",
    "method",
    "openness",
    "possible",
    "post_training",
    "rank",
    "read_description",
    "read_mot",
    "read_needs",
    "read_policy",
    "require",
    "rule_set",
    "rule_sets",
    "write_mot",
]
