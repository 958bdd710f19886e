"""Openness: may this model be federated at all? Audit, licences, rule sets, levels, policy."""

from tocsin.openness.audit import Access, Audit, Extent, Finding, Licensed, combined
from tocsin.openness.components import Component, component, components
from tocsin.openness.description import described, description, read_description
from tocsin.openness.evidence import Evidence, Standing
from tocsin.openness.folder import audit_folder
from tocsin.openness.hub import audit_hub
from tocsin.openness.levels import Openness, federation_verdict, openness
from tocsin.openness.licences import Judgement, judge
from tocsin.openness.mot import read_mot, write_mot
from tocsin.openness.policy import Breach, Policy, Waiver, breaches, read_policy
from tocsin.openness.rules import RuleSet, Step, Verdict, evaluate, load_rules, rule_set, rule_sets

__all__ = [
    "Access",
    "Audit",
    "Breach",
    "Component",
    "Evidence",
    "Extent",
    "Finding",
    "Judgement",
    "Licensed",
    "Openness",
    "Policy",
    "RuleSet",
    "Standing",
    "Step",
    "Verdict",
    "Waiver",
    "audit_folder",
    "audit_hub",
    "breaches",
    "combined",
    "component",
    "components",
    "described",
    "description",
    "evaluate",
    "federation_verdict",
    "judge",
    "load_rules",
    "openness",
    "read_description",
    "read_mot",
    "read_policy",
    "rule_set",
    "rule_sets",
    "write_mot",
]
