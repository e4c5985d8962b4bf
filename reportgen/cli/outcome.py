"""What a command says at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from reportgen.cli.streams import say, say_error
from reportgen.contract.formats import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.errors import InputError
    from reportgen.pipeline.flow import Outcome
    from reportgen.pipeline.run import Run
    from reportgen.plan.plan import Plan


def say_checked(spec: Path, planned: Plan, *, quiet: bool) -> None:
    """Print that a spec is valid, and what is checked later."""
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


def located(planned: Plan, error: InputError) -> str:
    """Return what is wrong with inputs, each with its line in the spec."""
    from reportgen.spec.problems import Problem

    return planned.source.draw(
        [Problem(one.location, f"{one.file}: {one.message}" if one.file else one.message) for one in error.every]
    )


def show_outcome(
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
        for line in decisions(outcome.results, verbose=verbose):
            say(line)
        for path in outcome.files:
            say(str(path))
    for failure in outcome.failures:
        say_error(f"reportgen: {failure}")
    page = next((path for path in outcome.files if path.suffix == ".html"), None)
    if show and page is not None:
        click.launch(str(page.resolve()))


def decisions(results: Results, *, verbose: bool) -> list[str]:
    """Return a line for each check that did not pass, or for all, and one that counts them."""
    from reportgen.contract.subjects import about
    from reportgen.text import outcomes

    lines = []
    for item in results.checks:
        if item.state != "PASS" or verbose:
            value = "" if item.metric is None else f": {'change ' if item.change else ''}{outcomes.shown(item).text}"
            reason = f" ({item.reason})" if item.reason else f", expected {outcomes.condition(item)}"
            standing = f", {outcomes.standing(item)}" if item.standing else ""
            lines.append(f"{item.state:7} {item.address} of {about(item.model, item.subject)}{value}{reason}{standing}")
    states = [item.state for item in results.checks]
    counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    if states:
        lines.append(f"{_counted(len(states), 'check')}: {', '.join(counts)}")
    return lines


def _append(outcome: Outcome, target: Path) -> None:
    """Append the summary that was written to a file."""
    written = next((path for path in outcome.files if path.name == FILES["summary"]), None)
    if written is None:
        return
    from reportgen.pipeline.files import appending

    try:
        with appending(target) as file:
            file.write(written.read_bytes())
    except OSError as error:
        fail(f"reportgen: --summary: {target}: cannot be written ({error.strerror})", 3)


def fail(message: str, code: int) -> NoReturn:
    """Print a message, and end the command with an exit code."""
    raise click.exceptions.Exit(told(message, code))


def told(message: str, code: int) -> int:
    """Print a message and return the exit code."""
    say_error(message)
    return code
