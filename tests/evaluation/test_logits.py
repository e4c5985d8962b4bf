"""The end of a model: the axis of a softmax that is not over the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import pytest

from reportgen.evaluation.logits import output_ends

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("end", "axis", "stripped"),
    [
        (keras.layers.Softmax(axis=1), 1, False),
        (keras.layers.Softmax(axis=-2), 2, False),
        (lambda x: keras.ops.softmax(x, axis=1), 1, False),
        (lambda x: keras.layers.Dropout(0.5)(keras.layers.Softmax(axis=1)(x)), 1, False),
        (lambda x: keras.layers.Reshape((24, 2))(keras.layers.Softmax(axis=1)(x)), None, False),
        (keras.layers.Softmax(axis=3), None, True),
        (keras.layers.Softmax(), None, True),
        (keras.layers.BatchNormalization(axis=1), None, False),
    ],
)
def test_the_axis_of_a_softmax(end: Callable[[Any], Any], axis: int | None, stripped: bool) -> None:
    """From 1; None for the last one, for one whose place is not known any more, and for what is no softmax."""
    inputs = keras.Input((4, 6, 2))
    (found,) = output_ends(keras.Model(inputs, end(inputs))) or ()
    assert (found.axis, found.stripped) == (axis, stripped)
