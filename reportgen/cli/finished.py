"""Commands that read finished reports."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from reportgen.cli.arguments import OUTPUT_OPTIONS, options
from reportgen.cli.streams import put, say, say_error


@click.command()
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


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--inputs",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    help="Folder of the spec, which the files of the report are relative to. By default the working directory.",
)
@click.option(
    "--render", is_flag=True, help="Render the whole document again, figures included, and compare every byte."
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Public key of minisign or GPG: exit with 1 unless REPORT.minisig, REPORT.asc or REPORT.sig is its signature.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if a file is missing, too.")
def verify(report: Path, folder: Path, *, render: bool, key: Path | None, strict: bool) -> NoReturn:
    """Compare REPORT (report.pdf, report.html or results.json) with what it was made from.

    Prints which files are unchanged, changed or missing, and exits with 1 if one is changed. Of a PDF the sentences of page one
    are compared, of a page everything but its figures, with --render all. Without --key it finds inconsistency, not forgery.
    """
    from reportgen.cli import listing
    from reportgen.pipeline.verify import SIGNATURE, verify as verified

    rows = verified(report, folder, render=render, key=key)
    say(listing.verified(rows))
    wrong = {"changed", "missing"} if strict else {"changed"}
    unsigned = key is not None and any(row.what == SIGNATURE and row.state != "unchanged" for row in rows)
    raise click.exceptions.Exit(int(unsigned or any(row.state in wrong for row in rows)))


@click.command()
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


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--old-model", metavar="NAME", help="Model of OLD. By default its candidate, its only model, or that of NEW."
)
@click.option("--model", metavar="NAME", help="Model of NEW. By default its candidate, or its only model.")
@click.option("--json", "form", flag_value="json", help="Print everything as JSON, metrics of classes included.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option("--table", "form", flag_value="table", default="table", help="Print plain text, the default.")
@options(OUTPUT_OPTIONS[:2])
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


COMMANDS = (metrics, verify, rebuild, diff)
