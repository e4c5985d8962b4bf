"""A report object: results, and the files that can be rendered from them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from reportgen.analysis.results import Results
from reportgen.analysis.results_file import load
from reportgen.contract.formats import FILES
from reportgen.errors import ArgumentError, RenderError
from reportgen.interface import arguments
from reportgen.pipeline import files, flow, present
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.contract.formats import Format


class Report:
    """Results that can be saved in every format; a notebook displays the page.

    Parameters
    ----------
    results
        The outcome of a run.
    templates
        Folder with custom templates; None for the built-in ones.
    """

    def __init__(self, results: Results, templates: str | Path | None = None) -> None:
        if not isinstance(results, Results):
            found = type(results).__name__
            raise ArgumentError(f"results must be Results (found {found}); to read a file, use load_results")
        self.results = results
        self.templates = None if templates is None else arguments.path("templates", templates)

    def save_html(self, path: str | Path) -> Path:
        """Write the HTML page and return its path."""
        return self._save("html", path)

    def save_pdf(self, path: str | Path) -> Path:
        """Write the PDF and return its path.

        Raises
        ------
        RenderError
            It could not be written, for example because Pango is missing.
        """
        return self._save("pdf", path)

    def save_markdown(self, path: str | Path) -> Path:
        """Write the model card and return its path."""
        return self._save("markdown", path)

    def save_json(self, path: str | Path) -> Path:
        """Write ``results.json`` and return its path."""
        return self._save("json", path)

    def _save(self, name: Format, path: str | Path) -> Path:
        target = arguments.path("path", path)
        files.write({target.name: self._rendered(name)}, target.parent)
        return target

    def _rendered(self, name: Format) -> bytes:
        made = present.present(self.results, (name,), templates=self.templates)
        if made.failures:
            raise RenderError("; ".join(made.failures))
        return made.files[FILES[name]]

    def _repr_html_(self) -> str:
        page = self._rendered("html").decode()
        return f'<iframe srcdoc="{escape(page)}" sandbox style="width: 100%; height: 48em; border: 0"></iframe>'


def build(
    spec: str | Path,
    *,
    output: str | Path | None = None,
    formats: Sequence[Format] | None = None,
    overrides: Sequence[str] = (),
    cache: bool = True,
) -> Report:
    """Build the report of a spec like ``reportgen build``, and write its files if ``output`` is a folder.

    Parameters
    ----------
    spec
        A TOML or YAML file.
    output
        Output folder; None writes no files.
    formats
        Which files to write; by default those of the spec.
    overrides
        Like ``--set``: ``models.cnn.path=new.keras``.
    cache
        Whether what was computed before is used, and what is computed is kept.

    Raises
    ------
    ReportgenError
        The same errors as on the command line; see ``reportgen.errors``.
    ArgumentError
        An argument of the wrong type, or an unknown format.
    """
    planned = flow.read_plan(arguments.path("spec", spec), arguments.words("overrides", overrides))
    run = Run(store=Store.of_user() if cache else None)
    if output is None:
        return Report(flow.compute(planned, run, formats=("html",)), flow.templates_of(planned))
    asked = formats or planned.spec.output.wanted
    wanted = present.known(asked if isinstance(asked, str) else arguments.words("formats", asked))
    folder = arguments.path("output", output)
    return Report(flow.build(planned, folder, wanted, run).results, flow.templates_of(planned))


def load_results(path: str | Path, *, sections_from: str | Path | None = None) -> Results:
    """Read a ``results.json``.

    ``sections_from`` is the folder of the spec, if it used section files: they are imported and run; None imports none.

    Raises
    ------
    ResultsError
        Missing, not JSON, written by a newer version, or not a results file.
    """
    folder = None if sections_from is None else arguments.path("sections_from", sections_from)
    return load(arguments.path("path", path), Registry(folder))
