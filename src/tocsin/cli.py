"""The command line: parse, call, show. Heavy rooms are imported inside the commands, so that --help is quick."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tocsin import __version__
from tocsin import study as studies
from tocsin.errors import TocsinError

if TYPE_CHECKING:
    from tocsin.evidence import Run

app = typer.Typer(
    name="tocsin",
    help="The alarm bell for federated language models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Benchmark files in their original formats.", no_args_is_help=True)
app.add_typer(data_app, name="data")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
Runs = Annotated[
    Path | None,
    typer.Option("--runs", help="The folder of runs; default TOCSIN_RUNS, else ./tocsin-runs."),
]
ALARM = 1
INTERRUPTED = 130  # what shells give to a program that Ctrl-C ended


def main() -> None:
    """The entry point: errors that a user can mend become one sentence and an exit code."""
    os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
    try:
        app()
    except TocsinError as error:
        print(f"tocsin: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("tocsin: stopped by Ctrl-C.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # `tocsin runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2))


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """The alarm bell for federated language models."""


@app.command()
def run(
    study: Annotated[Path | None, typer.Argument(help="The study file (TOML).")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run: its id, or `latest`.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key of the study: training.rounds=3.")
    ] = None,
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """Run a study: federated post-training that is watched every round."""
    if study is None and resume is None:
        raise TocsinError("Name a study file, or a run to go on with by --resume; `tocsin init` writes a study.")
    if study is None and set_:
        raise TocsinError("--set changes a study file; a resumed run keeps its own study.")
    wanted = studies.load(study, set_ or []) if study is not None else None
    from tocsin import run as running
    from tocsin.evidence import Store

    errors = Console(stderr=True)
    settings = wanted or Store.open(runs, create=False).run(resume or "latest").study
    from tocsin.progress import RunProgress

    with (
        _hint_to_resume(runs),
        RunProgress(errors, settings.training.rounds, settings.split.clients) as progress,
    ):
        if resume is not None:
            done = running.resume(resume, wanted, runs, progress)
        else:
            assert wanted is not None
            done = running.start(wanted, runs, progress)
    if _show(done, as_json, done.folder / "report.html"):
        raise typer.Exit(ALARM)


@app.command()
def survey(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key of the study: survey.languages=['en','de'].")
    ] = None,
    as_json: Json = False,
) -> None:
    """What the clients' training data are made of, and who is missing: a masked sum, before anything is trained."""
    wanted = studies.load(study, set_ or [])
    from tocsin import run as running
    from tocsin import surveys
    from tocsin.progress import RunProgress

    with RunProgress(Console(stderr=True), wanted.training.rounds, wanted.split.clients) as progress:
        record = running.survey(wanted, progress)
    if as_json:
        _print_json(surveys.as_json(record))
    else:
        Console().print(surveys.shown(record))


@contextmanager
def _hint_to_resume(root: Path | None) -> Iterator[None]:
    """After Ctrl-C, say what is kept and how to go on."""
    from tocsin.evidence import Store

    try:
        yield
    except KeyboardInterrupt:
        try:
            kept = Store.open(root, create=False).runs()[0]
        except (TocsinError, IndexError):
            raise KeyboardInterrupt from None
        print(
            f"tocsin: stopped by Ctrl-C; {kept.rounds} rounds are kept: go on with `tocsin run --resume {kept.id}`.",
            file=sys.stderr,
        )
        sys.exit(INTERRUPTED)


def _show(done: "Run", as_json: bool, report_to: Path) -> bool:
    """The table, the verdict, and where the report lies; whether the alarm rings."""
    from tocsin import diagnosing
    from tocsin import run as running
    from tocsin.accounts import spending
    from tocsin.cross_checks import disagreements
    from tocsin.evidence import round_table, run_json, verdict, verdict_panel, write_report

    titles = running.titles(done.study)
    found = diagnosing.diagnosed(done) if done.study.alarm is not None else None
    alarm = diagnosing.sentences(found, done.study) if found is not None else ()
    warnings = (*diagnosing.caveats(done.study), *disagreements(done.study, done.rounds()))
    incidents = diagnosing.incidents(found) if found is not None else ()
    write_report(done, titles, report_to, spending(done), alarm, warnings, incidents)
    if as_json:
        diagnosis = {"diagnosis": found.model_dump(mode="json")} if found is not None else {}
        _print_json(run_json(done) | diagnosis | {"report": str(report_to)})
    else:
        console = Console()
        rounds = done.rounds()
        console.print(round_table(rounds, titles))
        console.print(verdict_panel(verdict(rounds, titles, alarm, warnings)))
        console.print(f"Run {done.id}, report {report_to}", soft_wrap=True, highlight=False)
    return found is not None and bool(found.failing)


@app.command()
def diagnose(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its beginning, or `latest`.")] = "latest",
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """Which silent failure a run has, since when and where; exit code 1 for an alarm, 3 where nothing is known."""
    from tocsin import diagnosing
    from tocsin.evidence import Store

    run = Store.open(runs, create=False).run(run_id)
    found = diagnosing.diagnosed(run)
    if as_json:
        _print_json(found.model_dump(mode="json"))
    else:
        Console().print(diagnosing.shown(found, run.study))
    raise typer.Exit(diagnosing.exit_code(found))


@app.command()
def report(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its beginning, or `latest`.")] = "latest",
    out: Annotated[Path | None, typer.Option(help="Where to write the HTML; default: the run's folder.")] = None,
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """Write a run's report (one HTML file) and show its table and verdict."""
    from tocsin.evidence import Store

    found = Store.open(runs, create=False).run(run_id)
    _show(found, as_json, out or found.folder / "report.html")


@app.command()
def release(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its beginning, or `latest`.")] = "latest",
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; default: `release` in the run's folder.")
    ] = None,
    round_: Annotated[
        int | None, typer.Option("--round", min=1, help="The adapter after this round; default: the last.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="SPDX", help="The adapter's licence; default: the study's release.licence.")
    ] = None,
    data_licence: Annotated[
        str | None,
        typer.Option(metavar="SPDX", help="That of the training data; `own`, where the clients hold all rights."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An Ed25519 key in PEM; default: your own, made at the first use."),
    ] = None,
    add: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A file to go along, such as the text of a licence.")
    ] = None,
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """Write a run's adapter with model card, record and signed manifest; exit code 1 where licences clash."""
    from tocsin import releasing

    wanted = releasing.Wanted(run_id, out, round_, licence, data_licence, key, tuple(add or ()))
    done = releasing.release(wanted, runs)
    if as_json:
        _print_json(releasing.as_json(done))
    else:
        console = Console()
        console.print(releasing.table(done))
        console.print(f"Round {done.round} of run {done.run}: {done.folder}", soft_wrap=True, highlight=False)
    if done.licences.answer == "incompatible":
        raise typer.Exit(1)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="What `tocsin release` wrote.")],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signer's public key in PEM, as you know it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a released adapter against its signed manifest; exit code 1 where anything differs."""
    from tocsin.evidence import signing, verification

    found = verification.verify(folder, signing.read_public_key(key) if key else None)
    if as_json:
        _print_json(verification.as_json(found))
    else:
        Console().print(verification.words(found))
    if found.faults:
        raise typer.Exit(1)


@app.command()
def ledger(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its beginning, or `latest`.")] = "latest",
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """What a run has spent of its privacy budget, row by row."""
    from tocsin import accounts
    from tocsin.evidence import Store

    found = accounts.ledger_of(Store.open(runs, create=False).run(run_id))
    if as_json:
        _print_json(accounts.ledger_json(found))
    else:
        Console().print(accounts.ledger_shown(found))


@app.command()
def egress(
    where: Annotated[
        str, typer.Argument(metavar="RUN|FOLDER", help="A run on this machine, or a client's folder.")
    ] = "latest",
    every: Annotated[bool, typer.Option("--every", help="Each departure, not their sums.")] = False,
    runs: Runs = None,
    as_json: Json = False,
) -> None:
    """What left the clients: when, to whom, what, how protected, how many bytes."""
    from tocsin import accounts

    found = accounts.egress_of(where, runs)
    if as_json:
        _print_json(accounts.egress_json(found))
    else:
        Console().print(accounts.egress_shown(found, every))


@app.command()
def enrol(
    client: Annotated[int, typer.Argument(min=0, help="This client's number, from 0.")],
    home: Annotated[
        Path | None, typer.Option(help="Where the client keeps its state; default TOCSIN_CLIENT_HOME.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a client's identity on its own machine and print its line for the list of enrolled clients."""
    from tocsin import accounts

    made = accounts.enrol(client, home)
    if as_json:
        _print_json(dict(made))
        return
    print(made["line"])
    print(
        f"Put this line into the consortium's list, under [clients], and that list at {made['list']}.", file=sys.stderr
    )


@app.command("runs")
def list_runs(runs: Runs = None, as_json: Json = False) -> None:
    """List the runs, the newest first."""
    from rich.table import Table

    from tocsin.evidence import Store

    found = Store.open(runs, create=False).runs()
    if as_json:
        _print_json([vars(summary) for summary in found])
        return
    table = Table("run", "study", "rounds", "state", "begun (UTC)", box=None)
    for summary in found:
        table.add_row(summary.id, summary.name, str(summary.rounds), summary.state, summary.created[:16])
    Console().print(table)


@app.command()
def probe(
    model: Annotated[
        str, typer.Argument(help="`embedded`, a local folder, a hub id, or an endpoint: https://HOST/v1#NAME.")
    ],
    revision: Annotated[str | None, typer.Option(help="The commit of a hub id.")] = None,
    adapter: Annotated[
        str | None, typer.Option(help="An adapter's folder, or `aligned`; default: the bare model.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Another adapter's folder, `aligned` or `base`: what differs, on the same items.")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--probe", help="A probe, or the file of one (.py, .toml, .yaml); default: our own suites."),
    ] = None,
    items: Annotated[
        int | None, typer.Option(min=1, help="Items of each probe, 64 by default; with --until, at most so many.")
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            metavar="WIDTH", help="Ask until the interval is ± this share, such as 0.03, or a difference is decided."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="Your held-out examples (JSONL), for the probes that need some.")
    ] = None,
    trained: Annotated[
        str | None, typer.Option(metavar="FILE", help="Examples that the model was trained on, for memorisation.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the items.")] = 0,
    as_json: Json = False,
) -> None:
    """How a model behaves, or how two differ, with 95% confidence intervals, group by group."""
    from tocsin import probing

    settings = studies.Model(source=model, revision=revision, start=adapter or "base")
    wanted = probing.Wanted(settings, against, name or (), items, until, data, trained, seed)
    with probing.ProbeBar(Console(stderr=True)) as bar:
        report = probing.probe_model(wanted, bar)
    if as_json:
        _print_json(probing.as_json(report))
    else:
        Console().print(probing.table(report))


@app.command("probes")
def list_probes(as_json: Json = False) -> None:
    """List the probes: what each is about, where its items come from, what an outcome of 1 means."""
    from rich.table import Table

    from tocsin.behaviour import PROBES

    found = [PROBES.get(name) for name in PROBES]
    if as_json:
        _print_json([{"name": p.name, "kind": p.kind, "source": p.source, "title": p.title} for p in found])
        return
    table = Table("probe", "about", "items", "what 100% means", box=None)
    for one in sorted(found, key=lambda probe: (probe.source != "generated", probe.kind, probe.name)):
        table.add_row(one.name, one.kind, one.source, one.title)
    Console().print(table)


@app.command()
def audit(
    model: Annotated[
        str, typer.Argument(help="`embedded`, a folder, a description file, a described model, or a hub id.")
    ] = "embedded",
    revision: Annotated[str | None, typer.Option(help="The commit of a hub id.")] = None,
    study: Annotated[Path | None, typer.Option(help="Hold the model against this study's [openness].")] = None,
    as_json: Json = False,
) -> None:
    """How open a model is, what stands behind that, and what breaks a policy (exit code 1)."""
    from tocsin import auditing

    policy = auditing.policy_of(studies.load(study).openness) if study is not None else None
    report = auditing.audit_model(model, revision, policy)
    if as_json:
        _print_json(auditing.as_json(report))
    else:
        Console().print(auditing.table(report))
    if report.broken:
        raise typer.Exit(1)


@app.command()
def select(
    models: Annotated[
        list[str] | None, typer.Argument(help="As for `tocsin audit`; default: all that come described.")
    ] = None,
    needs: Annotated[Path, typer.Option(help="What the consortium must have and would like (TOML).")] = Path(
        "needs.toml"
    ),
    as_json: Json = False,
) -> None:
    """Rank models by what a consortium needs; exit code 1 where none fits."""
    from tocsin import selecting

    selection = selecting.select(models or (), needs)
    if as_json:
        _print_json(selecting.as_json(selection))
    else:
        Console().print(selecting.table(selection))
    if not selection.found:
        raise typer.Exit(1)


@app.command()
def levels(as_json: Json = False) -> None:
    """What each level of openness allows in a federation, and what it costs."""
    from rich.markdown import Markdown

    from tocsin import selecting
    from tocsin.openness import guide

    console = Console()
    if as_json:
        _print_json(selecting.levels_json())
    elif console.is_terminal:
        console.print(Markdown(guide()))
    else:
        print(guide(), end="")


@app.command()
def align(
    model: Annotated[str, typer.Argument(help="`embedded`, a local folder, or a hub id.")] = "embedded",
    out: Annotated[Path, typer.Option(help="The folder of the adapter.")] = Path("aligned-adapter"),
    revision: Annotated[str | None, typer.Option(help="The commit of a hub id.")] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps; default: as chosen for the embedded model.")
    ] = None,
    curve: Annotated[
        bool, typer.Option(help="Measure refusal and over-refusal along the way, and print the curve.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an aligned start adapter from our own refusals and safe look-alikes."""
    from tocsin import aligning

    settings = studies.Model(source=model, revision=revision)
    console = Console(stderr=True)
    with console.status("loading the model") as status:
        result = aligning.make(settings, out, steps, curve, lambda what: status.update(what))
    if as_json:
        _print_json(aligning.as_json(result))
    else:
        Console().print(aligning.table(result))
        print(f"Adapter {out}")


@app.command()
def bench(
    tier: Annotated[
        str,
        typer.Option(help="`stream`: thousands of resampled runs, in minutes. `model`: real federations, in hours."),
    ] = "stream",
    quick: Annotated[bool, typer.Option("--quick", help="Coarser, in a few minutes; no file is written.")] = False,
    recordings: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Recordings: stream reads them in place of the table of rates, model writes them."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where results go, .md and .json.")] = Path("results"),
    as_json: Json = False,
) -> None:
    """SilentBench: how soon, how often falsely and under which name detectors find silent failures."""
    from tocsin import benching

    if tier == "model":
        _bench_model(quick, recordings, out, as_json)
        return
    if tier != "stream":
        raise TocsinError(f'There is no tier called "{tier}"; there are `stream` and `model`.')
    with Console(stderr=True).status("simulating") as status:
        report = benching.bench_stream(quick, recordings, lambda what: status.update(what))
    written = None if quick else benching.write_results(report, out)
    if as_json:
        _print_json(benching.as_json(report))
        return
    for shown in benching.tables(report):
        Console().print(shown)
    print(benching.sources_line(report))
    if written:
        print(f"Wrote {written}")


def _bench_model(quick: bool, recordings: Path | None, out: Path, as_json: bool) -> None:
    from tocsin import benching_model

    report = benching_model.bench_model(quick, recordings)
    written = None if quick else benching_model.write_results(report, out)
    if as_json:
        _print_json(benching_model.as_json(report))
        return
    Console().print(benching_model.table(report))
    if written:
        print(f"Wrote {written}")


@app.command()
def init(
    data: Annotated[Path, typer.Argument(help="Your instruction data: JSONL or Parquet.")],
    out: Annotated[Path, typer.Option(help="The study file to write.")] = Path("study.toml"),
    force: Annotated[bool, typer.Option(help="Write over a study that is there.")] = False,
) -> None:
    """Write a commented study for your own data, ready to run."""
    from tocsin.starter import starter_study

    if out.exists() and not force:
        raise TocsinError(f"{out} is there already; choose another name with --out, or write over it with --force.")
    text = starter_study(data, out)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TocsinError(f"{out} cannot be written ({error.strerror}); choose another place with --out.") from None
    print(f"Wrote {out}. Look it over, then: tocsin run {out}")


@data_app.command("list")
def data_list(as_json: Json = False) -> None:
    """The benchmarks that we know, and which are here."""
    from dataclasses import asdict

    from rich.table import Table

    from tocsin.corpora import available

    found = available()
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    table = Table("name", "files", "licence", "here", box=None)
    for one in found:
        table.add_row(one.name, str(len(one.files)), one.licence, "yes" if one.present else "no")
    Console().print(table)


@data_app.command("get")
def data_get(name: Annotated[str, typer.Argument(help="A name of `tocsin data list`.")]) -> None:
    """Fetch a benchmark from its original address, checked by SHA-256."""
    from rich.progress import DownloadColumn, Progress, TextColumn

    from tocsin.corpora import get

    with Progress(TextColumn("{task.description}"), DownloadColumn(), console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def tell(file: str, done: int, total: int) -> None:
            task = tasks.get(file)
            if task is None:
                task = tasks[file] = progress.add_task(file, total=total or None)
            progress.update(task, completed=done)

        files = get(name, progress=tell)
    print(f"{name} is in {files[0].parent}")
