"""The command line: arguments in, exit code out. The only module that prints and exits.

Heavy modules are imported by the commands, so that ``reportgen --help`` is fast.
"""

from __future__ import annotations

import gc
import os
import traceback
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from reportgen.cli import finished, lookup
from reportgen.cli.arguments import OUTPUT_OPTIONS, SPEC_OPTIONS, flat, options
from reportgen.cli.mail import mail
from reportgen.cli.outcome import fail, located, say_checked, show_outcome, told
from reportgen.cli.streams import say_error
from reportgen.contract.formats import ANSWERS, BY_DEFAULT, FILES
from reportgen.errors import InputError, Interrupted, ReportgenError, lacks_memory
from reportgen.resources import __version__
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.analysis.results import Results
    from reportgen.contract.formats import Format
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.pipeline.run import Cluster, Run
    from reportgen.pipeline.watch import State
    from reportgen.plan.plan import Plan

_GARBAGE = (100_000, 50, 100)
"""When Python looks for circular garbage. By default it looks among all that was imported, which never is: a twelfth of a report that is rendered again."""
EXIT_CODES = """\b
Exit codes:
  0    success: every check passed
  1    the report was written, but a check failed (or a finding is at or above fail_on)
  2    the spec or the arguments are invalid
  3    an input could not be loaded, or a section or a renderer failed
  130  interrupted (by SIGTERM 143, by SIGHUP 129)
  141  nobody reads the output any more (reportgen metrics … | head)"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, "--version", prog_name="reportgen")
def cli() -> None:
    """Generate evaluation reports for trained Keras models: one spec in, one HTML and PDF document out."""
    if "SOURCE_DATE_EPOCH" in os.environ:  # libraries read it too, and end with a traceback
        from reportgen.pipeline.run import now

        now()


@cli.command()
@click.argument("spec", type=click.Path(path_type=Path))
@options(SPEC_OPTIONS)
@options(OUTPUT_OPTIONS)
@click.option(
    "--watch",
    is_flag=True,
    help="Then render the page again whenever the spec or a template is saved, and show it in a browser on this machine.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Evaluate the models in N processes of one thread each; by default in one process with all threads.",
)
@click.option(
    "--executor",
    type=click.Choice(["dask", "ray"]),
    help="Evaluate the models on a cluster whose machines share the paths of all inputs; needs --scheduler or --address.",
)
@click.option("--scheduler", metavar="URL", help="Scheduler of --executor dask: tcp://HOST:PORT or tls://HOST:PORT.")
@click.option("--address", metavar="URL", help="Client server of --executor ray: ray://HOST:PORT.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of --watch; by default a free one.")
def build(  # noqa: PLR0913 one for each option
    spec: Path,
    *,
    overrides: tuple[str, ...],
    only: tuple[tuple[str, ...], ...],
    skip: tuple[tuple[str, ...], ...],
    output_dir: Path | None,
    formats: tuple[str, ...] | None,
    appended: Path | None,
    port: int,
    jobs: int | None,
    executor: str | None,
    scheduler: str | None,
    address: str | None,
    **flags: bool,
) -> NoReturn:
    """Evaluate the models of SPEC and write the report."""
    from reportgen.pipeline import flow
    from reportgen.pipeline.progress import progress

    def read() -> Plan:
        return flow.read_plan(spec, overrides, flat(only), flat(skip))

    cluster = _cluster(executor, scheduler, address, jobs)
    start = perf_counter()
    planned = read()
    reading = perf_counter() - start
    folder = output_dir or flow.default_output(planned)
    wanted = _with_summary(formats or planned.spec.output.wanted, appended, flow.inputs_of(planned), folder)
    if flags["watch"]:
        wanted = tuple(dict.fromkeys((*wanted, "html")))
    try:
        with progress(quiet=flags["quiet"]) as tell:
            run = _run(tell, jobs or 0, cluster, **flags)
            run.seconds["spec"] = reading
            before = _state(spec, planned) if flags["watch"] else None
            if flags["watch"] and run.store is None:
                fail("reportgen: --watch needs the cache: it renders what is in it", 2)
            outcome = flow.build(planned, folder, wanted, run)
    except InputError as error:
        fail(located(planned, error), error.exit_code)
    show_outcome(outcome, appended, run, **flags)
    if flags["watch"]:
        _watch(spec, read, folder, run, before, port)
    raise click.exceptions.Exit(outcome.exit_code)


@cli.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", type=click.Path(path_type=Path))
@options(SPEC_OPTIONS)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def check(
    specs: tuple[Path, ...],
    overrides: tuple[str, ...],
    only: tuple[tuple[str, ...], ...],
    skip: tuple[tuple[str, ...], ...],
    quiet: bool,
) -> None:
    """Validate every SPEC and the files it names. Nothing is computed."""
    from reportgen.pipeline import flow

    code = 0
    for spec in specs:
        try:
            planned = flow.read_plan(spec, overrides, flat(only), flat(skip))
        except SpecError as error:
            code = told(str(error), error.exit_code)
            continue
        try:
            flow.rehearse(planned, planned.spec.output.wanted)
        except InputError as error:
            code = told(located(planned, error), error.exit_code)
        else:
            say_checked(spec, planned, quiet=quiet)
    raise click.exceptions.Exit(code)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@options(OUTPUT_OPTIONS)
@click.option(
    "--templates", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Folder with custom templates."
)
@click.option(
    "--sections-from",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the spec, if it used section files (./my_section.py:SECTION). They are imported and run; "
    "without this option, no section file is.",
)
def render(
    results: Path,
    output_dir: Path | None,
    formats: tuple[str, ...] | None,
    templates: Path | None,
    sections_from: Path | None,
    appended: Path | None,
    **flags: bool,
) -> NoReturn:
    """Render RESULTS (results.json) again. Needs no models, data or TensorFlow."""
    from reportgen.pipeline import flow
    from reportgen.pipeline.progress import progress

    loaded = _load(results, sections_from)
    folder = output_dir or results.parent
    by_default = tuple(name for name in BY_DEFAULT if name != "json")
    wanted = _with_summary(formats or by_default, appended, [results], folder)
    with progress(quiet=flags["quiet"]) as tell:
        run = _run(tell, 0, None, **flags)
        outcome = flow.render(loaded, folder, wanted, run, inputs=[results], templates=templates)
    show_outcome(outcome, appended, run, **flags)
    raise click.exceptions.Exit(outcome.exit_code)


for _command in (*finished.COMMANDS, *lookup.COMMANDS, mail):
    cli.add_command(_command)


def _load(path: Path, folder: Path | None = None) -> Results:
    from reportgen.analysis.results_file import load
    from reportgen.plan.registry import Registry

    return load(path, Registry(folder))


def _cluster(executor: str | None, scheduler: str | None, address: str | None, jobs: int | None) -> Cluster | None:
    """Return the cluster where models are evaluated; end the program if the options that say where do not fit each other."""
    from reportgen.pipeline.run import Cluster

    found = None
    options: tuple[tuple[Literal["dask", "ray"], str, str | None], ...] = (
        ("dask", "--scheduler", scheduler),
        ("ray", "--address", address),
    )
    for kind, option, given in options:
        if (executor == kind) != (given is not None):
            fail(f"reportgen: --executor {kind} and {option} belong together: give both or none", 2)
        if given is not None:
            found = Cluster(kind, given)
    if found is not None and jobs is not None:
        fail("reportgen: --jobs is for the processes of this machine, --executor for those of a cluster: choose one", 2)
    return found


def _run(
    tell: ProgressCallback,
    jobs: int,
    cluster: Cluster | None,
    *,
    keep_going: bool,
    no_cache: bool,
    **_: bool,
) -> Run:
    from reportgen.pipeline import ahead
    from reportgen.pipeline.run import Run
    from reportgen.pipeline.store import Store

    store = None if no_cache else Store.of_user()
    return Run(
        tell,
        keep_going,
        store,
        jobs,
        cluster,
        drawers=ahead.cores(),
        warn=lambda sentence: say_error(f"reportgen: {sentence}"),
    )


def _with_summary(
    formats: Sequence[Format], appended: Path | None, inputs: Sequence[Path], folder: Path
) -> tuple[Format, ...]:
    """Return the formats with that of the summary, if it is to be appended to a file, which is tried."""
    if appended is None:
        return tuple(formats)
    from reportgen.pipeline.files import require_appendable

    require_appendable(appended, inputs, folder, (*FILES.values(), ANSWERS))
    return tuple(dict.fromkeys((*formats, "summary")))


def _state(spec: Path, planned: Plan) -> State:
    from reportgen.pipeline.watch import state

    return state(spec, planned)


def _watch(spec: Path, read: Callable[[], Plan], folder: Path, run: Run, before: State | None, port: int) -> None:
    from dataclasses import replace

    from reportgen.pipeline.run import silent
    from reportgen.pipeline.watch import watch

    watch(spec, read, folder, replace(run, progress=silent), say_error, before=before, port=port)


def run() -> int:
    """Run the command in ``sys.argv`` and return its exit code; a ReportgenError becomes one message."""
    gc.set_threshold(*_GARBAGE)
    try:
        code: int | None = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except SpecError as error:
        return told(str(error), error.exit_code)
    except ReportgenError as error:
        return told(f"reportgen: {error}", error.exit_code)
    except Interrupted:
        raise
    except BaseException as error:  # noqa: BLE001 a bug, or third-party code that ends the program: 0 and 1 are verdicts
        if lacks_memory(error):
            return told("reportgen: there is not enough memory", 3)
        traceback.print_exc()
        return 3
    return code or 0
