"""Types of values that several tables of a spec use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

Name = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(strict=True)]
"""A number as such: neither text nor true or false is read as one."""
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Arrays = str | Names | Annotated[dict[str, str | Names], Field(min_length=1)]
"""Where inputs or labels are: one name or several, or those of each input or output."""
OfPositions = Name | Annotated[dict[str, Name], Field(min_length=1)]
"""Where an array for the positions of rows is, or that of each output."""


def or_false(schema: dict[str, Any]) -> None:
    """Allow ``false`` for a key, which the model reads as None."""
    schema["anyOf"].append({"const": False})


def false_is_none(value: Any) -> Any:
    """Return None for ``false``: TOML has no null."""
    return None if value is False else value


def require_object(item: str) -> None:
    """Reject what does not name an object of a module."""
    module, colon, name = item.rpartition(":")
    if not colon or not module or not name.isidentifier():
        message = f"must be 'package.module:Name' or './file.py:Name' (found {item!r})"
        raise ValueError(message)


def names_a_function(value: str | None) -> str | None:
    """Reject what does not name a function of a module."""
    if value is not None:
        require_object(value)
    return value
