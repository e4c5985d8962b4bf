"""The Jinja environment for HTML and Markdown: strict, escaping, and a sandbox for custom templates."""

from __future__ import annotations

import importlib.resources
import re
import traceback
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reportgen.contract.galleries import SYMBOLS
from reportgen.contract.subjects import about
from reportgen.errors import RenderError, summary
from reportgen.render import tables
from reportgen.render.limits import limited
from reportgen.resources import __version__, share
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from jinja2 import Environment, FileSystemLoader

    from reportgen.analysis.results import Results
    from reportgen.document.tree import Document

STATES = {
    "PASS": ("✓", "the value is within its limits"),
    "WARN": ("!", "the value is outside its limits, but the check only warns"),
    "FAIL": ("×", "the value is outside its limits: the model does not pass"),
    "ERROR": ("?", "the value was not measured, so the check does not pass"),
    "SKIPPED": ("–", "the value was not measured, and the check is optional or its section was not run"),
}
"""Symbol and meaning of each check state."""
SEVERITIES = {
    "problem": ("×", "counts against the model"),
    "warning": ("!", "needs judgment"),
    "note": ("i", "worth knowing"),
}
"""Symbol and meaning of each severity of a finding."""
MARK = "<!-- reportgen "
"""Beginning of the last line of a page and of a model card: by it the program knows its own files."""
NAMED_MODELS = 8
"""Maximum number of models that page one names individually."""
MARKS = {
    "best": ("★", "best value, where differences between models were tested"),
    "tie": ("≈", "not distinguishable from the best: paired differences, corrected for all pairs of models"),
    "": ("", ""),
}
"""Symbol and meaning of each mark in a cell."""
_MOST_POWER, _MOST_REPEATED = 64, 10_000_000
"""Bounds of what an operator in a custom template may make in one step, which no clock can interrupt."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def signed(text: str) -> str:
    """Return a page or a model card with the mark of the program, whatever its template is."""
    return f"{text.rstrip()}\n{MARK}{__version__} -->\n"


def environment(folders: Sequence[Path], write: Callable[[Any], Any], packages: Collection[str] = ()) -> Environment:
    """Create the environment.

    Parameters
    ----------
    folders
        Folders with custom templates; if there are any, templates run in a sandbox. A custom template extends the
        one that it replaces as ``reportgen/NAME``.
    write
        Converts the value of an expression to the text to write; plain strings are escaped as HTML.
    packages
        Packages whose templates may be read, as ``package:path``: those of the sections in use.
    """
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined

    own = FileSystemLoader(share("templates"))
    loaders = [*(_folder()(folder) for folder in folders), own, PrefixLoader({"reportgen": own})]
    loader = ChoiceLoader([*loaders, FunctionLoader(partial(_of_a_package, packages))])
    kind = _sandbox() if folders else Environment
    made = kind(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=write,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"digest": formatting.digest, "direction": formatting.direction}
    made.filters |= {"about": lambda one: about(one.model, one.subject), "sentence": lambda one: one.text}
    made.globals |= {"number": formatting.number, "show": tables.show, "show_grid": tables.show_grid}
    made.globals |= {"symbols": SYMBOLS}
    made.globals |= {"states": STATES, "severities": SEVERITIES, "marks": MARKS, "named_models": NAMED_MODELS}
    return made


def packages(document: Document) -> frozenset[str]:
    """Return the packages of which the chapters of a document have templates."""
    named = (chapter.template.partition(":") for chapter in document.chapters if chapter.template)
    return frozenset(package for package, colon, _ in named if colon)


def fill(made: Environment, name: str, folders: Sequence[Path], results: Results, **values: Any) -> str:
    """Render a template; custom ones under limits of time and memory.

    Raises
    ------
    RenderError
        A template failed; names it and the line.
    """
    if not folders:
        return made.get_template(name).render(values, results=results)
    limits = results.output.limits
    try:
        with limited(limits.template_seconds, limits.template_memory):
            return made.get_template(name).render(values, results=results)
    except Exception as error:
        raise RenderError(_said(error, folders)) from error


def require_sound(folder: Path) -> None:
    """Compile every template of a folder.

    Raises
    ------
    RenderError
        One is not a template; names it and the line.
    """
    from jinja2 import TemplateError

    made = environment((folder,), printable)
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2") if path.is_file()):
        try:
            made.get_template(name)
        except TemplateError as error:
            raise RenderError(_said(error, (folder,))) from error


def _said(error: Exception, folders: Sequence[Path]) -> str:
    """Return an error in a template as a sentence, with the template and the line where they are known."""
    from jinja2 import TemplateSyntaxError

    where = ""
    if isinstance(error, TemplateSyntaxError):
        where = f"{error.name}, line {error.lineno}: "
    else:
        frames = [
            (Path(frame.filename).relative_to(folder), frame.lineno)
            for frame in traceback.extract_tb(error.__traceback__)
            for folder in folders
            if Path(frame.filename).is_relative_to(folder)
        ]
        if frames:
            where = f"{frames[-1][0].as_posix()}, line {frames[-1][1]}: "
    return f"a template cannot be rendered: {where}{summary(error)}"


def _folder() -> type[FileSystemLoader]:
    from jinja2 import FileSystemLoader, TemplateError

    class Folder(FileSystemLoader):
        """Says which template is not text."""

        def get_source(self, environment: Environment, template: str) -> Any:
            try:
                return super().get_source(environment, template)
            except UnicodeDecodeError as error:
                message = f"{template} is not UTF-8 text"
                raise TemplateError(message) from error

    return Folder


def _of_a_package(packages: Collection[str], name: str) -> str | None:
    """Return the template ``package:path`` of one of the packages; None for any other name."""
    package, _, path = name.partition(":")
    parts = PurePosixPath(path).parts
    if package not in packages or not parts or ".." in parts or set(path) & set(":\\") or path.startswith("/"):
        return None
    try:
        return importlib.resources.files(package).joinpath(path).read_text("utf-8")
    except (OSError, ModuleNotFoundError):
        return None


def printable(value: Any) -> Any:
    r"""Return a value that is safe in a page: no control or bidirectional characters; a dash for None.

    >>> printable("a\x00b"), printable(None), printable(3)
    ('a�b', '—', 3)
    """
    if value is None:
        return formatting.MISSING
    if isinstance(value, str) and _CONTROL.search(value):
        return type(value)(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", value))
    return value


def _sandbox() -> type[Environment]:
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class DataOnly(ImmutableSandboxedEnvironment):
        """Exposes the fields of the results but no methods: pydantic's can read files and pickles. Bounds what operators make."""

        intercepted_binops = frozenset({"*", "**"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" and isinstance(left, int) and isinstance(right, int) and abs(right) > _MOST_POWER:
                message = f"a power with an exponent above {_MOST_POWER}"
                raise SecurityError(message)
            for text, times in ((left, right), (right, left)):
                if (
                    operator == "*"
                    and isinstance(times, int)
                    and hasattr(text, "__len__")
                    and len(text) * times > _MOST_REPEATED
                ):
                    message = f"a repetition with more than {_MOST_REPEATED:,} elements"
                    raise SecurityError(message)
            return super().call_binop(context, operator, left, right)

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            kind = obj if isinstance(obj, type) else type(obj)
            if issubclass(kind, BaseModel):
                return obj is not kind and attr in kind.model_fields
            return super().is_safe_attribute(obj, attr, value)

    return DataOnly
