"""Output files, and what a run may take, as written."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.contract.findings import Severity
from reportgen.contract.formats import BY_DEFAULT, FORMATS, Format
from reportgen.contract.page import Accent, Language, Paper
from reportgen.spec.tables.types import Flag, Name, Number, Whole, false_is_none, or_false

Style = Literal["publication", "presentation", "draft"]
Detail = Literal["brief", "standard", "full"]
Order = Literal["decision", "spec"]
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f/?#\"'<>()\\]+(?:/[^\s\x00-\x1f\x7f?#\"'<>()\\]*)?")


def _is_an_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        message = (
            f"must be an address like 'https://example.org/docs', http or https, without ? and # (found {value!r})"
        )
        raise ValueError(message)
    return value


DocsUrl = Annotated[str, AfterValidator(_is_an_address), Field(json_schema_extra={"pattern": "^https?://"})]


class FiguresSpec(Strict):
    """Figures as separate files."""

    save: Flag = False
    """Write each figure to `figures/`."""
    format: Literal["svg", "png", "pdf"] = "png"
    """File format."""
    dpi: Whole = Field(default=300, ge=50, le=1200)
    """Dots per inch of png."""


class LimitsSpec(Strict):
    """What a run may take: time, memory, sizes of files. What takes more ends in one sentence that names the key."""

    evaluation_seconds: Number | None = Field(default=None, gt=0)
    """Seconds that the evaluation of all models may take; by default as many as it needs."""
    evaluation_memory: Number | None = Field(default=None, gt=0)
    """GiB that the process with the models may take; by default what the machine has. Enforced on Linux."""
    data_memory: Number | None = Field(default=None, gt=0)
    """GiB that an array of the data, or the columns of a parquet file that are named, may have by its header, unpacked, before it is read, by default the memory of the machine; and that an array of `tf.data` or a `PyDataset` may get while it is read, by default any, so that one without an end does not fill the disk."""
    config_size: Number = Field(default=64.0, gt=0, le=2048)
    """MiB of `config.json` and of `metadata.json` in a `.keras` file."""
    history_size: Number = Field(default=64.0, gt=0, le=2048)
    """MiB of a training history."""
    template_seconds: Number = Field(default=30.0, gt=0, le=3600)
    """Seconds that custom templates of a file may take."""
    template_memory: Number = Field(default=1.0, gt=0, le=64)
    """GiB that they may take beyond what the program has."""
    pdf_seconds: Number = Field(default=120.0, gt=0, le=3600)
    """Seconds that the PDF engine may take."""
    pdf_memory: Number = Field(default=4.0, gt=0, le=64)
    """GiB of address space that it may take."""


NO_LIMITS_NAMED = LimitsSpec()
"""The limits of a spec that names none."""


class ThemeSpec(Strict):
    """The look of the pages: accent, logo, organization, paper, language of the fixed words."""

    accent: Accent | None = None
    """Color of links, of the rule above page one and of marks in tables, `#rrggbb`. Text in it must have a contrast of 4.5:1 with the page and with boxes; in dark mode it is lightened until it has. States, findings and figures keep their colors."""
    logo: Name | None = None
    """SVG, PNG or JPEG file of at most 200 kB, relative to the spec, shown on page one and embedded in the report. An SVG must not have scripts or refer to anything outside of it."""
    organization: Name | None = None
    """Its name: on page one, in the running header and in the metadata of the PDF; alternative text of the logo."""
    paper: Paper = "a4"
    """Paper of the PDF, and of the page printed from a browser."""
    language: Language = "en"
    """Language of the fixed words of page, PDF and mail: headings, heads of tables, labels. Your own text is taken to be in it; sentences made from numbers, explanations and figures are in English and marked as such."""

    @model_validator(mode="after")
    def _logo_has_a_text(self) -> Self:
        if self.logo is not None and self.organization is None:
            message = "a logo needs organization, its alternative text"
            raise ValueError(message)
        return self


class OutputSpec(Strict):
    """Output files and their folder."""

    directory: str | None = None
    """Folder, relative to the spec; by default `build/<spec-name>` in the working directory."""
    formats: tuple[Format, ...] = Field(default=BY_DEFAULT, min_length=1)
    """Which files to write."""
    archive: Flag = False
    """Write `report.archive.pdf` as well, the PDF for archives (PDF/A-3a): the same as `archive` in `formats`."""
    focus: Annotated[Whole, Field(ge=1)] | tuple[str, ...] = 6
    """Maximum number of models that figures and tables show individually: the best ones by the first metric of page one; or the names of the models to show."""
    gallery: Annotated[Whole, Field(ge=1, le=100)] | None = Field(default=12, json_schema_extra=or_false)
    """Number of errors per model that the section `errors` shows, with pictures, values or text that are part of `results.json`; `false` stores none."""
    style: Style = "publication"
    """Style of the figures."""
    detail: Detail = "standard"
    """Length of the PDF: `brief` ends with the errors; `standard` has all chapters and a short appendix; `full` prints every figure and table. The HTML page always has everything."""
    order: Order = "decision"
    """Order of the chapters: by their relevance to the decision, or as in the spec."""
    predictions: Flag = False
    """Write the answer of every model on every row beside `results.json`, as `predictions.parquet`: about 30 bytes per row and model; of several labels, pixels or tokens counts per row and class. A later report pairs its differences with it."""
    figures: FiguresSpec = FiguresSpec()
    """Figures as separate files."""
    theme: ThemeSpec = ThemeSpec()
    """The look of the pages: accent, logo, organization, paper, language of the fixed words."""
    fail_on: Severity | None = None
    """Exit with 1 if a finding has at least this severity."""
    templates: Name | None = None
    """Folder with custom templates, relative to the spec."""
    docs_url: DocsUrl | None = None
    """Address of the published documentation (`https://…`). The codes of findings link to the page of their rule there, otherwise to its entry in the report."""

    @property
    def wanted(self) -> tuple[Format, ...]:
        """The formats to write."""
        return tuple(name for name in FORMATS if name in self.formats or (self.archive and name == "archive"))

    _no_gallery = field_validator("gallery", mode="before")(false_is_none)
