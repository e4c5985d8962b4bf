"""Contributions of rows to a number, against the derivatives of an oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def require_slopes(
    scores: Callable[[Any], dict[Any, float]], parts: Callable[[Any], Any], weights: Any, one: int, other: int
) -> None:
    """Require that contributions sum to 0, and that those of two rows are proportional to the derivatives of the scores by their weights, times the weights.

    ``scores`` returns the numbers of the oracle by key for some weights, ``parts`` the value of a key and its contributions, if it has any.
    """
    step = 1e-6 * np.eye(len(weights))
    up, down = ([scores(weights + sign * step[row]) for row in (one, other)] for sign in (1, -1))
    for key in up[0]:
        found = parts(key)
        if found is None:
            continue
        assert found[1].sum() == pytest.approx(0, abs=1e-9), key
        slopes = [
            weights[row] * (more[key] - less[key]) for row, more, less in zip((one, other), up, down, strict=True)
        ]
        assert slopes[0] * found[1][other] == pytest.approx(slopes[1] * found[1][one], abs=1e-9), key
