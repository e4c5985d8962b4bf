"""The command line: arguments in, exit code out. The only module that prints and exits.

Heavy modules are imported by the commands, so that ``reportgen --help`` is fast.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reportgen.cli.mail import mail
from reportgen.cli.streams import put, say, say_error
from reportgen.contract.formats import BY_DEFAULT, FILES, FORMATS
from reportgen.errors import InputError, Interrupted, ReportgenError, lacks_memory
from reportgen.resources import __version__
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.analysis.results import Results
    from reportgen.evaluation.collect import ProgressCallback
    from reportgen.pipeline.flow import Outcome
    from reportgen.pipeline.run import Run
    from reportgen.plan.plan import Plan

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}

EXIT_CODES = """\b
Exit codes:
  0    success: every check passed
  1    the report was written, but a check failed (or a finding is at or above fail_on)
  2    the spec or the arguments are invalid
  3    an input could not be loaded, or a section or a renderer failed
  130  interrupted (by SIGTERM 143, by SIGHUP 129)
  141  nobody reads the output any more (reportgen metrics … | head)"""


class _Age(click.ParamType[float]):
    """A length of time: a number and a unit."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return it in seconds."""
        if isinstance(value, float):
            return value
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in _SECONDS or not (number.isascii() and number.isdigit()):
            self.fail(f"{value!r} is not a number with one of the units m, h, d, w (30d)", param, ctx)
        return float(number) * _SECONDS[unit]


class _Words(click.ParamType[tuple[str, ...]]):
    """A comma-separated list of words, optionally limited to a few choices."""

    name = "words"

    def __init__(self, choices: Sequence[str] | None = None) -> None:
        self.choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split the value and validate each word."""
        words = value if isinstance(value, tuple) else tuple(word.strip() for word in value.split(",") if word.strip())
        wrong = [word for word in words if self.choices is not None and word not in self.choices]
        if wrong and self.choices is not None:
            self.fail(f"{wrong[0]!r} is not one of {', '.join(self.choices)}", param, ctx)
        return words


def _flat(values: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(word for words in values for word in words)


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


cli.add_command(mail)
_spec_options: list[Callable[[Any], Any]] = [
    click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the spec."),
    click.option("--only", multiple=True, type=_Words(), metavar="SECTION", help="Run only these sections."),
    click.option("--skip", multiple=True, type=_Words(), metavar="SECTION", help="Skip these sections."),
]
_output_options: list[Callable[[Any], Any]] = [
    click.option("-o", "--output-dir", type=click.Path(path_type=Path), help="Output folder."),
    click.option(
        "--format",
        "formats",
        type=_Words(FORMATS),
        metavar="LIST",
        help=f"Comma-separated formats: {', '.join(FORMATS)}.",
    ),
    click.option(
        "--summary",
        "appended",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Append the decision as Markdown to FILE, for example to $GITHUB_STEP_SUMMARY.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Compute and draw everything again, and keep nothing (reportgen clean empties the cache).",
    ),
    click.option("--keep-going", is_flag=True, help="If a section fails, the report shows the error in its place."),
    click.option("--open", "show", is_flag=True, help="Open the HTML report afterwards."),
    click.option("-v", "--verbose", is_flag=True, help="Show details."),
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
]


def _with(options: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@cli.command()
@click.argument("spec", type=click.Path(path_type=Path))
@_with(_spec_options)
@_with(_output_options)
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
    **flags: bool,
) -> NoReturn:
    """Evaluate the models of SPEC and write the report."""
    from reportgen.pipeline import flow
    from reportgen.pipeline.progress import progress

    def read() -> Plan:
        return flow.read_plan(spec, overrides, _flat(only), _flat(skip))

    planned = read()
    folder = output_dir or flow.default_output(planned)
    wanted = _with_summary(formats or planned.spec.output.formats, appended)
    if flags["watch"]:
        wanted = tuple(dict.fromkeys((*wanted, "html")))
    try:
        with progress(quiet=flags["quiet"]) as tell:
            run = _run(tell, jobs or 0, **flags)
            if flags["watch"] and run.store is None:
                _fail("reportgen: --watch needs the cache: it renders what is in it", 2)
            outcome = flow.build(planned, folder, wanted, run)
    except InputError as error:
        _fail(_located(planned, error), error.exit_code)
    _show(outcome, appended, run, **flags)
    if flags["watch"]:
        _watch(spec, read, folder, run, port)
    raise click.exceptions.Exit(outcome.exit_code)


@cli.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", type=click.Path(path_type=Path))
@_with(_spec_options)
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
            planned = flow.read_plan(spec, overrides, _flat(only), _flat(skip))
        except SpecError as error:
            code = _told(str(error), error.exit_code)
            continue
        try:
            flow.rehearse(planned, planned.spec.output.formats)
        except InputError as error:
            code = _told(_located(planned, error), error.exit_code)
        else:
            _say_checked(spec, planned, quiet=quiet)
    raise click.exceptions.Exit(code)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@_with(_output_options)
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
    wanted = _with_summary(formats or tuple(name for name in BY_DEFAULT if name != "json"), appended)
    with progress(quiet=flags["quiet"]) as tell:
        run = _run(tell, 0, **flags)
        outcome = flow.render(loaded, folder, wanted, run, inputs=[results], templates=templates)
    _show(outcome, appended, run, **flags)
    raise click.exceptions.Exit(outcome.exit_code)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def metrics(results: Path, form: str) -> None:
    """Print every metric of RESULTS (results.json) as a row."""
    from reportgen.analysis import results_file
    from reportgen.cli import listing

    rows = listing.metric_rows(results_file.rows(results))
    if form == "table":
        say(listing.as_table(rows))
    else:
        put({"json": listing.as_json, "csv": listing.as_csv}[form](rows).encode())


@cli.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--inputs",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    help="Folder of the spec, which the files of the report are relative to. By default the working directory.",
)
@click.option("--render", is_flag=True, help="Also render the document again from its results and compare every byte.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a file is missing, too.")
def verify(report: Path, folder: Path, *, render: bool, strict: bool) -> NoReturn:
    """Compare REPORT (report.pdf, report.html or results.json) with what it was made from.

    Prints which files are unchanged, changed or missing, and exits with 1 if one is changed. Of the pages the sentences of
    page one are compared, with --render everything. Unsigned: it finds inconsistency, not forgery.
    """
    from reportgen.cli import listing
    from reportgen.pipeline.verify import verify as verified

    rows = verified(report, folder, render=render)
    say(listing.verified(rows))
    wrong = {"changed", "missing"} if strict else {"changed"}
    raise click.exceptions.Exit(int(any(row.state in wrong for row in rows)))


@cli.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--inputs",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder in which models, data and histories are found by their SHA-256, whatever their names are.",
)
@click.option(
    "--allow-code",
    is_flag=True,
    help="Run the code that the spec of the report names: files with the SHA-256 of the report, and installed packages.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def rebuild(report: Path, folder: Path, *, allow_code: bool, quiet: bool) -> NoReturn:
    """Build the spec of REPORT (report.pdf, report.html or results.json) again, and compare the results.

    Nothing is taken from the cache, and no file is written. Prints that the results are reproduced, bit by bit, or which
    numbers and sections differ, and exits with 1 then.
    """
    from reportgen.cli import listing
    from reportgen.pipeline.progress import progress
    from reportgen.pipeline.rebuild import rebuild as built_again
    from reportgen.pipeline.run import Run

    with progress(quiet=quiet) as tell:
        found = built_again(report, folder, Run(tell, keep_going=True), allow_code=allow_code)
    if not quiet:
        say(listing.rebuilt(found))
    raise click.exceptions.Exit(int(bool(found.differences)))


@cli.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--old-model", metavar="NAME", help="Model of OLD. By default its candidate, its only model, or that of NEW."
)
@click.option("--model", metavar="NAME", help="Model of NEW. By default its candidate, or its only model.")
@click.option("--json", "form", flag_value="json", help="Print everything as JSON, metrics of classes included.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option("--table", "form", flag_value="table", default="table", help="Print plain text, the default.")
@_with(_output_options[:2])
def diff(
    old: Path,
    new: Path,
    old_model: str | None,
    model: str | None,
    form: str,
    output_dir: Path | None,
    formats: tuple[str, ...] | None,
) -> None:
    """Compare two releases: OLD and NEW are their results.json.

    Differences are paired, row by row, where a predictions.parquet lies beside both and the data is the same. With -o the
    comparison is rendered too, as HTML and PDF.
    """
    from reportgen.analysis.releases import report
    from reportgen.cli import difference
    from reportgen.plan.registry import Registry

    found = report.difference(old, new, old_model, model)
    if output_dir is not None:
        from reportgen.pipeline import flow
        from reportgen.pipeline.run import Run

        results = report.results(found, Registry())
        outcome = flow.render(results, output_dir, formats or ("html", "pdf"), Run(), inputs=[old, new])
        for path in outcome.files:
            say(str(path))
        for failure in outcome.failures:
            say_error(f"reportgen: {failure}")
        raise click.exceptions.Exit(3 if outcome.failures else 0)
    if form == "json":
        put(difference.as_json(found).encode())
    else:
        say({"table": difference.as_table, "markdown": difference.as_markdown}[form](found))


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--example", type=click.Choice(["digits"]), help="Add an example with models and data.")
def init(directory: Path, example: str | None) -> None:
    """Write a commented spec into DIRECTORY."""
    from reportgen.spec.starter import write_example, write_spec

    written = write_spec(directory) if example is None else write_example(directory)
    for path in written.files:
        say(str(path))
    for name, reason in written.unnamed:
        say_error(f"{name}: {reason}; rename it to have it in the spec")
    say_error(f"Next: reportgen build {written.files[0]}")


@cli.command()
@click.option(
    "--older-than", type=_Age(), metavar="AGE", default=0.0, help="Only what was not used for this time: 12h, 30d, 4w."
)
def clean(older_than: float) -> None:
    """Empty the cache of evaluations, results and figures, and print what was removed."""
    from reportgen.cli import listing
    from reportgen.pipeline.store import Store

    store = Store.of_user()
    if store is None:
        say("the cache is turned off (REPORTGEN_NO_CACHE)")
        return
    removed = store.clean(older_than)
    say(listing.cleaned(removed, store.entries(), store.folder))


@cli.command()
@click.argument("name", required=False)
def sections(name: str | None) -> None:
    """List all sections, or describe one. NAME is a section, or a file as in a spec (./my_section.py:SECTION)."""
    from reportgen.cli import listing
    from reportgen.plan.registry import PluginError, Registry, UnknownSectionError
    from reportgen.spec.problems import suggest

    registry = Registry(Path())
    if name is None:
        say(listing.sections(registry))
        return
    try:
        found = registry.find(name)
    except UnknownSectionError:
        hint = suggest(name, registry.names) or f"available: {', '.join(registry.names)}"
        _fail(f"unknown section {name!r}; {hint}", 2)
    except PluginError as error:
        _fail(str(error), error.exit_code)
    say(listing.section(found))


@cli.command()
@click.argument("code", required=False)
def rule(code: str | None) -> None:
    """List all rules, or explain one. CODE is the code of a finding, such as CAL101."""
    from reportgen.cli import listing
    from reportgen.plan.registry import PluginError, Registry
    from reportgen.spec.problems import suggest

    registry = Registry()
    try:
        rules = {one.code: one for name in registry.names for one in registry.find(name).rules}
    except PluginError as error:
        _fail(str(error), error.exit_code)
    if code is None:
        say(listing.rules(rules.values()))
    elif code in rules:
        say(listing.rule(rules[code]))
    else:
        _fail(f"unknown rule {code!r}; {suggest(code, rules) or 'reportgen rule lists all'}", 2)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of a spec."""
    from reportgen.plan.json_schema import spec_schema
    from reportgen.plan.registry import Registry

    put(spec_schema(Registry()).encode())


# ------------------------------------------------------------------------------------------------ words


def _load(path: Path, folder: Path | None = None) -> Results:
    from reportgen.analysis.results_file import load
    from reportgen.plan.registry import Registry

    return load(path, Registry(folder))


def _run(tell: ProgressCallback, jobs: int, *, keep_going: bool, no_cache: bool, **_: bool) -> Run:
    from reportgen.pipeline.run import Run
    from reportgen.pipeline.store import Store

    store = None if no_cache else Store.of_user()
    return Run(tell, keep_going, store, jobs, warn=lambda sentence: say_error(f"reportgen: {sentence}"))


def _say_checked(spec: Path, planned: Plan, *, quiet: bool) -> None:
    from reportgen.plan.files import unchecked

    for item in planned.sections:
        if item.skip is not None:
            say(f"{spec}: section {item.address} will be skipped: it {item.skip}")
    if not quiet:
        for what in unchecked(planned.spec, planned.folder):
            say(f"{spec}: {what} is checked in the build")
        counts = (
            _counted(len(planned.spec.models), "model"),
            _counted(len(planned.sections), "section"),
            _counted(len(planned.spec.checks), "check"),
        )
        say(f"{spec}: ok ({', '.join(counts)})")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _located(planned: Plan, error: InputError) -> str:
    """Return the error of an input, with its line in the spec."""
    from reportgen.spec.problems import Problem

    message = f"{error.file}: {error.message}" if error.file else error.message
    return planned.source.draw([Problem(error.location, message)])


def _with_summary(formats: Sequence[str], appended: Path | None) -> tuple[str, ...]:
    return tuple(formats) if appended is None else tuple(dict.fromkeys((*formats, "summary")))


def _append(outcome: Outcome, target: Path) -> None:
    """Append the summary that was written to a file."""
    written = next((path for path in outcome.files if path.name == FILES["summary"]), None)
    if written is None:
        return
    try:
        with target.open("ab") as file:
            file.write(written.read_bytes())
    except OSError as error:
        _fail(f"reportgen: --summary: {target}: cannot be written ({error.strerror})", 3)


def _watch(spec: Path, read: Callable[[], Plan], folder: Path, run: Run, port: int) -> None:
    from dataclasses import replace

    from reportgen.pipeline.run import silent
    from reportgen.pipeline.watch import watch

    try:
        watch(spec, read, folder, replace(run, progress=silent), say_error, port=port)
    except OSError as error:
        _fail(f"reportgen: --port: {port} cannot be used ({error.strerror})", 2)


def _show(
    outcome: Outcome, appended: Path | None, run: Run, *, quiet: bool, show: bool, verbose: bool, **_: bool
) -> None:
    """Print the check results and the paths of the files, and append the summary."""
    from reportgen.cli import listing

    if appended is not None:
        _append(outcome, appended)
    if verbose:
        for line in listing.steps(run):
            say_error(line)
    if not quiet:
        for line in _decisions(outcome.results, verbose=verbose):
            say(line)
        for path in outcome.files:
            say(str(path))
    for failure in outcome.failures:
        say_error(f"reportgen: {failure}")
    page = next((path for path in outcome.files if path.suffix == ".html"), None)
    if show and page is not None:
        click.launch(str(page.resolve()))


def _decisions(results: Results, *, verbose: bool) -> list[str]:
    from reportgen.contract.subjects import about
    from reportgen.text import formatting

    lines = []
    for item in results.checks:
        if item.state != "PASS" or verbose:
            value = (
                "" if item.metric is None else f": {'change ' if item.change else ''}{formatting.checked(item).text}"
            )
            reason = f" ({item.reason})" if item.reason else f", expected {formatting.condition(item)}"
            standing = f", {item.standing}" if item.standing else ""
            lines.append(f"{item.state:7} {item.address} of {about(item.model, item.subject)}{value}{reason}{standing}")
    states = [item.state for item in results.checks]
    counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    if states:
        lines.append(f"{_counted(len(states), 'check')}: {', '.join(counts)}")
    return lines


def _fail(message: str, code: int) -> NoReturn:
    raise click.exceptions.Exit(_told(message, code))


def run() -> int:
    """Run the command in ``sys.argv`` and return its exit code; a ReportgenError becomes one message."""
    try:
        code: int | None = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except SpecError as error:
        return _told(str(error), error.exit_code)
    except ReportgenError as error:
        return _told(f"reportgen: {error}", error.exit_code)
    except Interrupted:
        raise
    except BaseException as error:  # noqa: BLE001 a bug, or third-party code that ends the program: 0 and 1 are verdicts
        if lacks_memory(error):
            return _told("reportgen: there is not enough memory", 3)
        traceback.print_exc()
        return 3
    return code or 0


def _told(message: str, code: int) -> int:
    say_error(message)
    return code
