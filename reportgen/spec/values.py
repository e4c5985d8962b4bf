"""Values of training parameters as text: in the path of a model, in a cell of a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.contract.params import Value

_WHOLE = re.compile(r"[-+]?\d{1,15}", re.ASCII)
_REAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?", re.ASCII)
_FLAGS = {"true": True, "false": False}
_NOT_A_NUMBER = frozenset({"nan"})
_INFINITE = frozenset({"inf", "infinity"})


def typed(text: str) -> Value:
    """Return the value that a text stands for: a number or true or false if it reads as one, otherwise the text.

    >>> typed("24"), typed("3e-4"), typed("True"), typed("relu"), typed("1.2.3")
    (24, 0.0003, True, 'relu', '1.2.3')
    """
    if _WHOLE.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    return _FLAGS.get(text.lower(), text)


def is_nan(text: str) -> bool:
    """Return whether a text reads as NaN."""
    return text.lower().lstrip("+-") in _NOT_A_NUMBER


def is_finite(text: str) -> bool:
    """Return whether a text does not read as a number that is NaN or infinite.

    >>> is_finite("-Inf"), is_finite("nan"), is_finite("0.1"), is_finite("adam")
    (False, False, True, True)
    """
    return not is_nan(text) and text.lower().lstrip("+-") not in _INFINITE
