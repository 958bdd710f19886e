"""A study's policy on openness: a run that breaks it does not start, and a waiver is in every report."""

from pathlib import Path

import pytest
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.errors import TocsinError
from tocsin.evidence import report_html

BREACH = 'openness.minimum_level="open-source"'
WAIVER = 'openness.waivers=[{rule="minimum_level", by="R. Amari", date=2026-11-20, reason="a trial on public data"}]'


def test_a_run_that_breaks_the_policy_does_not_start(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    with pytest.raises(TocsinError, match=r"the policy asks for open-source at least; .* waive it by") as raised:
        running.start(study.load(path, [BREACH]), tmp_path / "runs", lambda kind, detail: None)
    assert raised.value.exit_code == 2 and not list((tmp_path / "runs").glob("*/report.html"))


def test_a_waiver_lets_it_run_and_is_told_in_the_report(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    done = running.start(study.load(path, [BREACH, WAIVER]), tmp_path / "runs", lambda kind, detail: None)
    html = report_html(done, running.titles(done.study))
    assert "R. Amari" in html and "2026-11-20" in html and "a trial on public data" in html


def test_a_policy_that_names_what_is_not_known_is_bad_input(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    with pytest.raises(TocsinError, match="no-such-part"):
        running.checked(study.load(path, ['openness.required_evidence=["no-such-part"]']))
