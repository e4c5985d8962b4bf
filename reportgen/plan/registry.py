"""Kinds of sections to sections. A section is imported only when it is named.

A kind is the name of an installed section, or ``./my_section.py:SECTION``: a file, relative to the spec, and what it holds.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import cause

if TYPE_CHECKING:
    from reportgen.contract.section import Section

GROUP = "reportgen.sections"
_HERE = Path(__file__).parent
_FILES: dict[str, Section[Any, Any]] = {}
"""Sections out of files, by their kind: what a spec has named is found again when its results are drawn."""


class UnknownSectionError(LookupError):
    """There is no section of that name."""


class PluginError(Exception):
    """A section that is named cannot be used; the message names it and says why."""


@cache
def _registered() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


def names() -> tuple[str, ...]:
    """Return the names of all installed sections, sorted."""
    return tuple(sorted(_registered()))


def is_file(kind: str) -> bool:
    """Tell whether a kind names a file."""
    return kind.rpartition(":")[0].endswith(".py")


def find(kind: str, folder: Path | None = None) -> Section[Any, Any]:
    """Import and return the section of a kind.

    Parameters
    ----------
    kind
        As a spec names it.
    folder
        What a file is relative to; None for one that was found before in this run.

    Raises
    ------
    UnknownSectionError
        No installed section has this name.
    PluginError
        It cannot be imported, is no section, or has a name that is taken.
    """
    if kind.endswith(".py"):
        raise PluginError(f"the section {kind!r} must say what the file holds, for example '{kind}:SECTION'")
    if is_file(kind):
        if folder is not None:
            _FILES[kind] = _from_file(kind, folder)
        if kind not in _FILES:
            message = "is a file, which is imported only where its folder is named (--sections-from)"
            raise PluginError(f"the section {kind!r} {message}")
        return _FILES[kind]
    if kind not in _registered():
        raise UnknownSectionError(kind)
    return _installed(kind)


@cache
def _installed(name: str) -> Section[Any, Any]:
    entry, *others = _registered()[name]
    if others:
        owners = ", ".join(sorted(one.dist.name if one.dist else one.value for one in (entry, *others)))
        raise PluginError(f"the section {name!r} is declared by several packages: {owners}")
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(f"the section {name!r} ({entry.value}) cannot be imported: {cause(error, _HERE)}") from error
    section = _checked(found, f"{name!r} ({entry.value})")
    if section.name != name:
        raise PluginError(f"the section {name!r} ({entry.value}) calls itself {section.name!r}")
    return section


def _from_file(kind: str, folder: Path) -> Section[Any, Any]:
    file, _, attribute = kind.rpartition(":")
    path = (folder / file).resolve()
    if not path.is_file():
        raise PluginError(f"the section {kind!r} cannot be imported: there is no file {file!r}")
    module_name = f"reportgen_section_{path.stem}_{abs(hash(path)):x}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"the section {kind!r} cannot be imported: {file!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise PluginError(f"the section {kind!r} cannot be imported: {cause(error, path.parent)}") from error
    if not hasattr(module, attribute):
        raise PluginError(f"the section {kind!r} cannot be imported: {file!r} has no {attribute}")
    found = getattr(module, attribute)
    section = _checked(found, repr(kind))
    if section.name in _registered():
        raise PluginError(f"the section {kind!r} calls itself {section.name!r}, which is the name of an installed one")
    return section


def _checked(found: Any, who: str) -> Section[Any, Any]:
    from reportgen.contract.section import Section
    from reportgen.plan.manifest import mistakes

    if not isinstance(found, Section):
        raise PluginError(f"{who} is no Section (found {type(found).__name__})")
    wrong = mistakes(found)
    if wrong:
        raise PluginError(f"the section {who} cannot be used: {'; '.join(wrong)}")
    return found


def folder_of(section: Section[Any, Any]) -> Path:
    """Return the folder of a section's code."""
    return Path(inspect.getfile(section.analyzer)).parent
