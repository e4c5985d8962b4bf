"""Isolates failures of a model: its parts are tried one by one, and the first failure is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reportgen.errors import InputError, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.spec.model import ModelSpec

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
        self._location, self._file = ("models", name, "path"), spec.path
        self.failure: InputError | None = None

    def attempt(self, part: Callable[[], _Part]) -> _Part | None:
        """Return a part of the evaluation; None if it failed.

        A model's code can raise anything, and can try to exit; only an interruption by the user ends the program. An
        exception other than :class:`InputError` is named by its type: it can be a bug of the model or of reportgen.
        """
        try:
            return part()
        except InputError as error:
            failure = error
        except (Exception, SystemExit) as error:  # noqa: BLE001 whatever it is, it is the model's failure
            said = f"cannot be evaluated ({type(error).__name__}: {summary(error)})"
            failure = InputError(self._location, self._file, said)
        self.failure = self.failure or failure
        return None
