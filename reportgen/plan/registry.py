"""Finds sections by kind. A section is imported only when it is used.

A kind is the name of an installed section, or ``./my_section.py:SECTION``: a file, relative to the spec, and an object in it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.contract.foreign import ForeignError, admit, foreign
from reportgen.spec.files import unusable

if TYPE_CHECKING:
    from types import ModuleType

    from reportgen.contract.section import Section

GROUP = "reportgen.sections"
_HERE = Path(__file__).parent
_PROGRAM = __name__.partition(".")[0]


class UnknownSectionError(LookupError):
    """There is no section with this name."""


class PluginError(Exception):
    """A section cannot be used; the message gives its name and the reason."""

    exit_code = 2


class PluginFailedError(PluginError):
    """The code of a section failed when it was imported."""

    exit_code = 3


@dataclass(frozen=True)
class _File:
    """A Python file that was run: its module, and the SHA-256 digest of its bytes."""

    module: ModuleType
    sha256: str


@dataclass
class Registry:
    """The sections of one run: installed ones, and those in files, each of which is run once.

    Parameters
    ----------
    folder
        The folder that files are relative to: that of the spec. None if no file may be run.
    """

    folder: Path | None = None
    _files: dict[Path, _File] = field(default_factory=dict, init=False, repr=False)
    _sections: dict[tuple[Path, str], Section[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all installed sections, sorted."""
        return tuple(sorted(_registered()))

    def find(self, kind: str) -> Section[Any, Any]:
        """Import and return the section of a kind.

        Raises
        ------
        UnknownSectionError
            No installed section has this name.
        PluginError
            It does not exist, cannot be imported, is not a section, or has a name that is already used.
        """
        if kind.endswith(".py"):
            raise PluginError(f"the section {kind!r} must name an object in the file, for example '{kind}:SECTION'")
        if is_file(kind):
            return self._from_file(kind)
        if kind not in _registered():
            raise UnknownSectionError(kind)
        return _installed(kind)

    def sha256(self, kind: str) -> str | None:
        """Return the digest of the file with a section; None for an installed section."""
        if not is_file(kind) or self.folder is None:
            return None
        path, _ = _place(kind, self.folder)
        return self._files[path].sha256

    def _from_file(self, kind: str) -> Section[Any, Any]:
        if self.folder is None:
            message = "is a file, which is only imported with --sections-from"
            raise PluginError(f"the section {kind!r} {message}")
        path, attribute = _place(kind, self.folder)
        if (path, attribute) not in self._sections:
            if path not in self._files:
                self._files[path] = _run(kind, path)
            self._sections[path, attribute] = _section_in(self._files[path].module, kind, path.parent)
        return self._sections[path, attribute]


def is_file(kind: str) -> bool:
    """Return whether a kind names a file."""
    return kind.rpartition(":")[0].endswith(".py")


def module_of(kind: str) -> str:
    """Return the module of an installed section."""
    return _registered()[kind][0].module


def is_own(section: Section[Any, Any]) -> bool:
    """Return whether all code of a section is the program's own."""
    parts = (
        section.analyzer,
        section.visualizer,
        section.tables,
        section.statements,
        section.galleries,
        section.result,
    )
    code = [*parts, section.options, *(rule.apply for rule in section.rules)]
    return all(one is None or one.__module__.partition(".")[0] == _PROGRAM for one in code)


def folder_of(section: Section[Any, Any]) -> Path:
    """Return the folder of a section's code; a class that was made at run time has none."""
    try:
        return Path(inspect.getfile(section.analyzer)).parent
    except (TypeError, OSError):
        return _HERE


@cache
def _registered() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


@cache
def _installed(name: str) -> Section[Any, Any]:
    entry, *others = _registered()[name]
    if others:
        owners = ", ".join(sorted(one.dist.name if one.dist else one.value for one in (entry, *others)))
        raise PluginError(f"the section {name!r} is declared by several packages: {owners}")
    who = f"{name!r} ({entry.value})"
    if entry.module.partition(".")[0] != _PROGRAM:
        admit()
    try:
        with foreign(f"the section {who}", _HERE):
            found = entry.load()
    except ForeignError as error:
        raise PluginFailedError(f"the section {who} cannot be imported: {error}") from error
    section = _checked(found, who, _HERE)
    if section.name != name:
        raise PluginError(f"the section {name!r} ({entry.value}) has the name {section.name!r} in its manifest")
    return section


def _place(kind: str, folder: Path) -> tuple[Path, str]:
    """Return the file that a kind names, and the object in it."""
    file, _, attribute = kind.rpartition(":")
    return Path(os.path.abspath(folder / file)), attribute  # noqa: PTH100 links are not followed, nor the system asked


def _run(kind: str, path: Path) -> _File:
    """Run a Python file as a module."""
    file = kind.rpartition(":")[0]
    reason = unusable(path)
    if reason is not None:
        raise PluginError(f"the section {kind!r} cannot be imported: {file!r}: {reason}")
    name = f"reportgen_section_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"the section {kind!r} cannot be imported: {file!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    admit()
    try:
        with foreign(f"the section {kind!r}", path.parent):
            code = path.read_bytes()
            exec(compile(code, path, "exec", dont_inherit=True), vars(module))  # noqa: S102 a spec that names code is code
    except ForeignError as error:
        raise PluginFailedError(f"the section {kind!r} cannot be imported: {error}") from error
    return _File(module, hashlib.sha256(code).hexdigest())


def _section_in(module: ModuleType, kind: str, folder: Path) -> Section[Any, Any]:
    file, _, attribute = kind.rpartition(":")
    if not hasattr(module, attribute):
        raise PluginError(f"the section {kind!r} cannot be imported: {file!r} has no {attribute}")
    section = _checked(getattr(module, attribute), repr(kind), folder)
    if section.name in _registered():
        raise PluginError(
            f"the section {kind!r} has the name {section.name!r}, which an installed section already uses"
        )
    return section


def _checked(found: Any, who: str, folder: Path) -> Section[Any, Any]:
    from reportgen.contract.section import Section
    from reportgen.plan.manifest import mistakes

    if not issubclass(type(found), Section):
        raise PluginError(f"{who} is not a Section (found {type(found).__name__})")
    try:
        with foreign(f"the section {who}", folder):
            wrong = mistakes(found)
    except ForeignError as error:
        raise PluginFailedError(f"the section {who} cannot be used: {error}") from error
    if wrong:
        raise PluginError(f"the section {who} cannot be used: {'; '.join(wrong)}")
    return found
