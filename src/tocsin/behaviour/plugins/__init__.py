"""A user's own probes: a Python file, a TOML file of a common shape, or a task of lm-evaluation-harness."""

from tocsin.behaviour.plugins.find import find_probe

__all__ = ["find_probe"]
