"""The Jinja environment for HTML and Markdown: strict, escaping, and a sandbox for custom templates."""

from __future__ import annotations

import importlib.resources
import re
import traceback
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reportgen.contract.formats import PAGE_MARK
from reportgen.contract.galleries import SYMBOLS
from reportgen.contract.subjects import about
from reportgen.errors import RenderError, summary
from reportgen.render import tables
from reportgen.render.limits import limited
from reportgen.render.words import ENGLISH, Words
from reportgen.resources import __version__, share
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from jinja2 import BytecodeCache, Environment, FileSystemLoader
    from jinja2.bccache import Bucket

    from reportgen.analysis.results import Results
    from reportgen.contract.page import Language
    from reportgen.document.tree import Document
    from reportgen.spec.tables.output import LimitsSpec

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
NAMED_MODELS = 8
"""Maximum number of models that page one names individually."""
MARKS = {
    "best": ("★", "best value, where differences between models were tested"),
    "tie": ("≈", "not distinguishable from the best: paired differences, corrected for all pairs of models"),
    "": ("", ""),
}
"""Symbol and meaning of each mark in a cell."""
_MOST_TEMPLATE = 2**20
"""Size of a custom template in bytes."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def signed(text: str) -> str:
    """Return a page or a model card with the mark of the program, whatever its template is."""
    return f"{text.rstrip()}\n{PAGE_MARK}{__version__} -->\n"


def environment(
    folders: Sequence[Path],
    write: Callable[[Any], Any],
    packages: Collection[str] = (),
    language: Language = ENGLISH,
) -> Environment:
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
    language
        Of the fixed words.
    """
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined

    own = FileSystemLoader(share("templates"))
    loaders = [*(_folder()(folder) for folder in folders), own, PrefixLoader({"reportgen": own})]
    loader = ChoiceLoader([*loaders, FunctionLoader(partial(_of_a_package, packages))])
    kind = _kind() if folders else Environment
    made = kind(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=write,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(bool(folders), write, language),
    )
    made.filters |= {"digest": formatting.digest, "direction": formatting.direction, "word": formatting.word}
    made.filters |= {"about": lambda one: about(one.model, one.subject), "sentence": lambda one: one.text}
    made.globals |= {"number": formatting.number, "show": tables.show, "show_grid": tables.show_grid}
    made.globals |= {"symbols": SYMBOLS}
    words = Words(language, write)
    made.filters |= {"label": words.label, "term": words.term, "in_a_sentence": words.in_a_sentence}
    made.filters |= {"in_english": words.in_english, "in_own": words.in_own}
    made.globals |= {"_": words.say, "english": words.english, "own": words.own}
    made.globals |= {"states": STATES, "severities": SEVERITIES, "marks": MARKS, "named_models": NAMED_MODELS}
    return made


@cache
def _compiled(_sandboxed: bool, _write: Callable[[Any], Any], _language: Language) -> BytecodeCache:  # noqa: FBT001 part of a key
    """Return what keeps the templates that were compiled for such environments: compiling them takes longer than filling them in.

    What is constant in a template is computed when it is compiled, and depends on these.
    """
    from jinja2 import BytecodeCache

    kept: dict[str, tuple[str, Any]] = {}

    class Memory(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            checksum, code = kept.get(bucket.key, ("", None))
            bucket.code = code if checksum == bucket.checksum else None

        def dump_bytecode(self, bucket: Bucket) -> None:
            kept[bucket.key] = (bucket.checksum, bucket.code)

    return Memory()


def packages(document: Document) -> frozenset[str]:
    """Return the packages of which the chapters of a document have templates."""
    named = (chapter.template.partition(":") for chapter in document.chapters if chapter.template)
    return frozenset(package for package, colon, _ in named if colon)


class TemplateFailedError(RenderError):
    """A custom template cannot be filled in; the message names it and the line."""

    def __init__(self, error: Exception, made: Environment, folders: Sequence[Path]) -> None:
        super().__init__(_said(error, folders))
        self._error = error
        self._made = made
        self._folders = folders

    def is_certain(self) -> bool:
        """Return whether no document could be filled in, whatever it holds; see :func:`reportgen.render.sandbox.is_certain`."""
        from reportgen.render.sandbox import defined_names, is_certain

        place = _place(self._error, self._folders)
        every = {name for folder in (*self._folders, share("templates")) for name in _names(folder)}
        names = defined_names(self._made, sorted(every))
        return is_certain(self._error, self._made, None if place is None else place[0], names)


def fill(made: Environment, name: str, folders: Sequence[Path], results: Results, **values: Any) -> str:
    """Render a template; custom ones under limits of time and memory.

    Raises
    ------
    TemplateFailedError
        A custom template failed; names it and the line.
    """
    if not folders:
        return made.get_template(name).render(values, results=results)
    limits = results.output.limits
    try:
        with limited(limits.template_seconds, limits.template_memory):
            return made.get_template(name).render(values, results=results)
    except Exception as error:
        raise TemplateFailedError(error, made, folders) from error


def require_sound(folder: Path, limits: LimitsSpec) -> None:
    """Compile every template of a folder, under limits of time and memory: what is constant in it is computed then.

    Raises
    ------
    RenderError
        One is not a template; names it and the line.
    """
    from jinja2 import TemplateError

    made = environment((folder,), printable)
    for name in _names(folder):
        try:
            with limited(limits.template_seconds, limits.template_memory):
                made.get_template(name)
        except TemplateError as error:
            raise RenderError(_said(error, (folder,))) from error
        except Exception as error:
            raise RenderError(f"a template cannot be rendered: {name}: {summary(error)}") from error


def _said(error: Exception, folders: Sequence[Path]) -> str:
    """Return an error in a template as a sentence, with the template and the line where they are known."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return f"a template cannot be rendered: {error.name}, line {error.lineno}: {summary(error)}"
    place = _place(error, folders)
    where = "" if place is None else f"{place[0]}, line {place[1]}: "
    return f"a template cannot be rendered: {where}{summary(error)}"


def _place(error: Exception, folders: Sequence[Path]) -> tuple[str, int | None] | None:
    """Return the custom template and the line that raised an error; None where no custom one did."""
    frames = [
        (Path(frame.filename).relative_to(folder).as_posix(), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        for folder in folders
        if Path(frame.filename).is_relative_to(folder)
    ]
    return frames[-1] if frames else None


def _names(folder: Path) -> list[str]:
    """Return the names of the templates in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2") if path.is_file())


def _kind() -> type[Environment]:
    from reportgen.render.sandbox import Sandbox

    return Sandbox


def _folder() -> type[FileSystemLoader]:
    from jinja2 import FileSystemLoader, TemplateError

    class Folder(FileSystemLoader):
        """Says which template is not text, or too large to be one."""

        def get_source(self, environment: Environment, template: str) -> Any:
            if any(_size(Path(folder, template)) > _MOST_TEMPLATE for folder in self.searchpath):
                message = f"{template} is larger than 1 MB"
                raise TemplateError(message)
            try:
                return super().get_source(environment, template)
            except UnicodeDecodeError as error:
                message = f"{template} is not UTF-8 text"
                raise TemplateError(message) from error

    return Folder


def _size(path: Path) -> int:
    """Return the size of a file in bytes; 0 if there is none."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):
        return 0


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
