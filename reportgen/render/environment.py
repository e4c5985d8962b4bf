"""The Jinja environment for HTML and Markdown: strict, escaping, and a sandbox for custom templates."""

from __future__ import annotations

import importlib.resources
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reportgen.contract.galleries import SYMBOLS
from reportgen.contract.subjects import about
from reportgen.render import tables
from reportgen.resources import share
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jinja2 import Environment

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
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def environment(folders: Sequence[Path], write: Callable[[Any], Any]) -> Environment:
    """Create the environment.

    Parameters
    ----------
    folders
        Folders with custom templates; if there are any, templates run in a sandbox. A custom template extends the
        one that it replaces as ``reportgen/NAME``.
    write
        Converts the value of an expression to the text to write; plain strings are escaped as HTML.
    """
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined

    own = FileSystemLoader(share("templates"))
    loaders = [*(FileSystemLoader(folder) for folder in folders), own, PrefixLoader({"reportgen": own})]
    loader = ChoiceLoader([*loaders, FunctionLoader(_of_a_package)])
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


def _of_a_package(name: str) -> str | None:
    """Return the template ``package:path`` of an installed section; None if the name has no colon."""
    package, colon, path = name.partition(":")
    if not colon or not all(part.isidentifier() for part in package.split(".")):
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
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class DataOnly(ImmutableSandboxedEnvironment):
        """Exposes the fields of the results but no methods: pydantic's can read files and pickles."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            kind = obj if isinstance(obj, type) else type(obj)
            if issubclass(kind, BaseModel):
                return obj is not kind and attr in kind.model_fields
            return super().is_safe_attribute(obj, attr, value)

    return DataOnly
