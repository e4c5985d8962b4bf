"""What goes wrong with one model costs that model alone: its parts are tried one by one, its first failure is kept."""

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
        What went wrong first; None while nothing did.
    """

    def __init__(self, name: str, spec: ModelSpec) -> None:
        self._location, self._file = ("models", name, "path"), spec.path
        self.failure: InputError | None = None

    def attempt(self, part: Callable[[], _Part]) -> _Part | None:
        """Return a part of the evaluation; None where it failed.

        A model's code may raise anything, and may try to end the program; only an interruption by the user ends it. An
        exception that is no :class:`InputError` is named by its type: it may be a bug of the model's or of our own.
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
