"""Isolates failures of a model: its parts are tried one by one, and the first failure is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reportgen.errors import InputError
from reportgen.inputs.code import model_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.spec.tables.models import ModelSpec

_Part = TypeVar("_Part")


class Attempts:
    """Tries the parts of a model's evaluation.

    Parameters
    ----------
    name, spec
        The model.

    Attributes
    ----------
    failure
        The first error; None if there was none.
    passing
        Whether it could be another one the next time: there was no memory, or the system had a problem with a file.
    """

    def __init__(self, name: str, spec: ModelSpec) -> None:
        self._location, self._file = spec.location(name), spec.origin
        self.failure: InputError | None = None
        self.passing = False

    def attempt(self, part: Callable[[], _Part]) -> _Part | None:
        """Return a part of the evaluation; None if it failed.

        A model's code can raise anything, and can try to exit; only an interruption by the user ends the program.
        """
        try:
            with model_code(self._location, self._file, "cannot be evaluated"):
                return part()
        except InputError as error:
            if self.failure is None:
                self.failure, self.passing = error, _is_passing(error)
        return None


def _is_passing(error: BaseException | None) -> bool:
    """Return whether an error comes from the state of the machine; what a library says of a damaged file has no number of the system."""
    if error is None:
        return False
    of_system = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None)
    return of_system or type(error).__name__ == _EXHAUSTED or _is_passing(error.__cause__)


_EXHAUSTED = "ResourceExhaustedError"
"""What TensorFlow raises where there is no memory."""
