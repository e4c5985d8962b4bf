"""What a row looks like, as the section's result has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.sections.errors.schema import ErrorPicture, ErrorValue

if TYPE_CHECKING:
    from reportgen.contract.records.examples import Example


def content(example: Example | None) -> dict[str, object]:
    """Return pictures, values and text of a row; empty where it was not read."""
    if example is None:
        return {}
    return {
        "pictures": tuple(
            ErrorPicture(input=one.input, png=one.png, width=one.width, height=one.height) for one in example.pictures
        ),
        "values": tuple(ErrorValue(name=one.name, value=one.value, median=one.median) for one in example.values),
        "text": example.text,
    }
