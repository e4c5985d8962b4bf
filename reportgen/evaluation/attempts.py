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
    """

    def __init__(self, name: str, spec: ModelSpec) -> None:
        self._location, self._file = spec.location(name), spec.origin
        self.failure: InputError | None = None

    def attempt(self, part: Callable[[], _Part]) -> _Part | None:
        """Return a part of the evaluation; None if it failed.

        A model's code can raise anything, and can try to exit; only an interruption by the user ends the program.
        """
        try:
            with model_code(self._location, self._file, "cannot be evaluated"):
                return part()
        except InputError as error:
            self.failure = self.failure or error
        return None
