"""Commands around a report: a first spec, the cache, what sections and rules there are, the schema."""

from __future__ import annotations

from pathlib import Path

import click

from reportgen.cli.arguments import Age
from reportgen.cli.outcome import fail
from reportgen.cli.streams import put, say, say_error


@click.command()
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


@click.command()
@click.option(
    "--older-than", type=Age(), metavar="AGE", default=0.0, help="Only what was not used for this time: 12h, 30d, 4w."
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


@click.command()
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
        fail(f"unknown section {name!r}; {hint}", 2)
    except PluginError as error:
        fail(str(error), error.exit_code)
    say(listing.section(found))


@click.command()
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
        fail(str(error), error.exit_code)
    if code is None:
        say(listing.rules(rules.values()))
    elif code in rules:
        say(listing.rule(rules[code]))
    else:
        fail(f"unknown rule {code!r}; {suggest(code, rules) or 'reportgen rule lists all'}", 2)


@click.command()
def schema() -> None:
    """Print the JSON Schema of a spec."""
    from reportgen.plan.json_schema import spec_schema
    from reportgen.plan.registry import Registry

    put(spec_schema(Registry()).encode())


COMMANDS = (init, clean, sections, rule, schema)
