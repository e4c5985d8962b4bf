"""What fields are, read from the docstrings beneath them."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict, descriptions


class Options(Strict):
    """Some options."""

    plain: int = 1
    told: int = 2
    """What it is,
    in two lines."""
    declared: int = Field(default=3, description="Declared.")
    """Not this."""


class More(Options):
    """More of them."""

    told: int = 4
    further: int = 5
    """Further."""


def test_docstrings_beneath_fields_describe_them() -> None:
    """A description that is declared comes first; a field that is declared again keeps its docstring."""
    assert descriptions(Options) == {"told": "What it is,\nin two lines.", "declared": "Declared."}
    assert descriptions(More) == {**descriptions(Options), "further": "Further."}


def test_a_model_without_source_has_what_it_declares() -> None:
    """Such as one that was typed into an interpreter."""
    names: dict[str, type[Strict]] = {}
    code = 'class Made(Strict):\n    told: int = 1\n    """Told."""\n    declared: int = Field(description="Declared.")'
    exec(code, {"Strict": Strict, "Field": Field, "__name__": "nowhere"}, names)  # noqa: S102 our own code
    assert descriptions(names["Made"]) == {"declared": "Declared."}
