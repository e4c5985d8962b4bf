"""Fields are described by the docstrings beneath them, as pydantic would describe them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from reportgen.contract.base import Described, Strict, descriptions


class Part(Strict):
    """A part."""

    size: int = 1
    """How large it is."""


class Whole(Strict):
    """A whole."""

    part: Part = Part()
    """Which part."""
    again: Part = Part()
    """A part."""
    name: str = Field(default="", description="Said in the declaration.")
    """Beneath it."""
    bare: int = 0
    long: int = Field(default=0, alias="as")
    """Two
    lines.
    """


class Further(Whole):
    """Another whole."""

    name: str = "declared anew"
    bare: int = 1
    """Described at last."""


class Known(BaseModel):
    """The same, described by pydantic."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    part: Part = Part()
    """Which part."""
    again: Part = Part()
    """A part."""
    name: str = Field(default="", description="Said in the declaration.")
    """Beneath it."""
    bare: int = 0
    long: int = Field(default=0, alias="as")
    """Two
    lines.
    """


def properties(model: type[BaseModel]) -> Any:
    """Return what the JSON Schema of a model says of its fields."""
    return model.model_json_schema()["properties"]


def test_the_schema_is_that_of_pydantic() -> None:
    """With the name that files use, and without repeating what a part says of itself."""
    assert properties(Whole) == properties(Known)
    assert Whole.model_json_schema()["$defs"]["Part"]["properties"]["size"]["description"] == "How large it is."


def test_descriptions_are_inherited_with_their_fields() -> None:
    """A field that is declared anew loses its own."""
    whole = {
        "part": "Which part.",
        "again": "A part.",
        "name": "Said in the declaration.",
        "long": "Two\nlines.",
    }
    assert descriptions(Whole) == whole
    del whole["name"]
    assert descriptions(Further) == whole | {"bare": "Described at last."}


def test_a_model_without_source_has_none() -> None:
    """Such as one that was typed."""
    typed: dict[str, Any] = {"Described": Described, "__name__": "typed"}
    exec('class Typed(Described):\n    one: int = 0\n    """Not to be found."""', typed)  # noqa: S102
    assert descriptions(typed["Typed"]) == {}
