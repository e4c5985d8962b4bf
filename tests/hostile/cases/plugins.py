"""Sections whose code tries to end the program, or raises what cannot be caught, wherever it is called."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = (Path(__file__).parents[3] / "docs" / "examples" / "my_section.py").read_text("utf-8")
SPEC = """\
schema_version = 1
[report]
title = "T"
[models.a]
path = "a.keras"
[data]
path = "test.npz"
[[sections]]
kind = "./s.py:SECTION"
"""
ENDINGS = {
    "SystemExit(0)": "SystemExit: 0",
    "SystemExit(1)": "SystemExit: 1",
    "SystemExit()": "SystemExit: SystemExit",
    "KeyboardInterrupt": "KeyboardInterrupt: KeyboardInterrupt",
    "GeneratorExit": "GeneratorExit: GeneratorExit",
    "BaseException('bare')": "BaseException: bare",
    "MemoryError": "MemoryError: MemoryError",
    "type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})": "Mute: Mute",
    "type('Sly', (BaseException,), {'__str__': lambda self: exit(0)})": "Sly: Sly",
}
"""What is raised, and how it is named."""


def _raising(what: str, place: str) -> str:
    """Return the example with a statement that raises, after the line with some text."""
    if not place:
        return f"raise {what}\n"
    lines = EXAMPLE.splitlines()
    index = next(i for i, line in enumerate(lines) if place in line)
    opens = lines[index].endswith(":")
    indent = " " * (len(lines[index]) - len(lines[index].lstrip()) + 4 * opens)
    return "\n".join([*lines[: index + 1], f"{indent}raise {what}", *lines[index + 1 :]])


def _checked(text: str) -> Callable[[Path], list[str]]:
    """Check a spec with a section file."""

    def write(folder: Path) -> list[str]:
        _project(folder, text)
        return ["check", "spec.toml"]

    return write


@cache
def _made() -> str:
    """Return the results of the example alone."""
    from handmade import SPEC as MADE, made_evaluation, made_plan

    from reportgen.analysis.analyze import analyze

    with TemporaryDirectory() as folder:
        Path(folder, "s.py").write_text(EXAMPLE, "utf-8")
        spec = MADE.partition("[[sections]]")[0] + '[[sections]]\nkind = "./s.py:SECTION"\n'
        planned = made_plan(Path(folder), spec)
        return analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False).to_json()


def _rendered(text: str, *arguments: str) -> Callable[[Path], list[str]]:
    """Render results that were made with the example, after its code was replaced."""

    def write(folder: Path) -> list[str]:
        for name in ("a.keras", "b.keras", "c.keras", "test.npz"):
            (folder / name).touch()
        (folder / "results.json").write_text(_made(), "utf-8")
        (folder / "s.py").write_text(text, "utf-8")
        return ["render", "results.json", "--sections-from", ".", "-o", "out", "--format", "html", *arguments]

    return write


def _project(folder: Path, text: str) -> None:
    import numpy as np

    (folder / "s.py").write_text(text, "utf-8")
    (folder / "spec.toml").write_text(SPEC, "utf-8")
    (folder / "a.keras").write_bytes(b"")
    np.savez(folder / "test.npz", x=np.zeros((2, 3)), y=np.zeros(2, int))


_METHODS = """
    def probe(self):
        pass

    def threshold(self):
        pass
"""


def _asked(what: str, method: str) -> str:
    text = EXAMPLE.replace(
        "    needs = frozenset({Need.PREDICTIONS})", f"{_METHODS}\n    needs = frozenset({{Need.PREDICTIONS}})"
    )
    return text.replace(f"def {method}(self):\n        pass", f"def {method}(self):\n        raise {what}")


def _with(old: str, new: str) -> str:
    """Return the example with a line replaced."""
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new, 1)


_OPTION = "    threshold: float = Field(default=0.99, gt=0.5, lt=1)\n"
_FACTORY = "    other: float = Field(default_factory=lambda: exit(0))\n"
_VALIDATOR = """
    @model_validator(mode="before")
    @classmethod
    def ends(cls, given):
        raise {what}

"""
_IMPORTED = ("from pydantic import Field", "from pydantic import Field, model_validator")


def _validating(what: str, after: str) -> str:
    """Return the example with a validator that raises in the class of options or of results."""
    return _with(after, after + _VALIDATOR.format(what=what)).replace(*_IMPORTED)


def _described(text: str) -> Callable[[Path], list[str]]:
    """Describe a section file."""

    def write(folder: Path) -> list[str]:
        (folder / "s.py").write_text(text, "utf-8")
        return ["sections", "./s.py:SECTION"]

    return write


_SLY_RULES = """
from dataclasses import replace
class Sly(tuple):
    def __iter__(self):
        raise SystemExit(0)
SECTION = replace(SECTION, rules=Sly())
"""
OUT = frozenset({"out"})
"""The results are written all the same."""
CASES = [
    *(
        Case(f"import raises {what}", _checked(_raising(what, "")), 3, f"cannot be imported: {named}")
        for what, named in ENDINGS.items()
    ),
    *(
        Case(f"probe raises {what}", _checked(_asked(what, "probe")), 3, f"section my_section: {named}")
        for what, named in ENDINGS.items()
    ),
    *(
        Case(f"threshold raises {what}", _checked(_asked(what, "threshold")), 3, f"section my_section: {named}")
        for what, named in ENDINGS.items()
    ),
    *(
        Case(
            f"figures raise {what}",
            _rendered(_raising(what, '"""Yield the figures in')),
            3,
            f"displayed ({named}",
            writes=OUT,
        )
        for what, named in list(ENDINGS.items())[:5]
    ),
    *(
        Case(f"drawing raises {what}", _rendered(_raising(what, "def _draw(")), 3, f"displayed ({named}", writes=OUT)
        for what, named in list(ENDINGS.items())[5:]
    ),
    Case(
        "a failed figure is a box",
        _rendered(_raising("SystemExit(0)", "def _draw("), "--keep-going"),
        3,
        "section my_section: it could not be displayed (SystemExit: 0",
        writes=OUT,
    ),
    Case("import of a section in render", _rendered("raise SystemExit(0)"), 3, "cannot be imported: SystemExit: 0"),
    *(
        Case(f"options raise {what}", _checked(_validating(what, _OPTION)), 3, f"cannot validate its options: {named}")
        for what, named in ENDINGS.items()
    ),
    *(
        Case(
            f"results raise {what}",
            _rendered(
                _validating(
                    what,
                    'class MyResult(SectionResult):\n    """Saved in ``results.json``: the measurements, and what else the figures show."""\n',
                )
            ),
            3,
            f"section my_section: {named}",
        )
        for what, named in ENDINGS.items()
    ),
    Case(
        "a default that ends the program",
        _described(_with(_OPTION, _OPTION + _FACTORY)),
        3,
        "section my_section: SystemExit: 0",
    ),
    Case("a section that recurses", _checked("def f(): f()\nf()\n"), 3, "RecursionError"),
    Case("a section with a syntax error", _checked("def broken(:\n"), 3, "cannot be imported: SyntaxError"),
    Case("a section with NUL", _checked("\0"), 3, "cannot be imported: "),
    Case("a section that is not UTF-8", _checked("# coding: nonsense\n"), 3, "SyntaxError"),
    Case(
        "a generator that stops",
        _rendered(_raising("StopIteration", "def _draw(")),
        3,
        "displayed (RuntimeError: ",
        writes=OUT,
    ),
    Case("a section that is a number", _checked("SECTION = 3\n"), 2, "is not a Section (found int)"),
    Case(
        "a class that says it is a section",
        _checked("class A:\n    __class__ = property(lambda s: exit(0))\nSECTION = A()"),
        2,
        "is not a Section (found A)",
    ),
    Case(
        "a manifest that raises",
        _checked(EXAMPLE + _SLY_RULES),
        3,
        "cannot be used: ",
    ),
]
