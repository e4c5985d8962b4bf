"""The error for an invalid spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.spec.problems import Problem


class SpecError(ReportgenError):
    """The spec or the arguments are invalid.

    Parameters
    ----------
    problems
        All errors that were found.
    text
        The errors as printed, each with its line.
    """

    def __init__(self, problems: Sequence[Problem], text: str) -> None:
        super().__init__(text)
        self.problems = tuple(problems)
        self.exit_code = 3 if problems and all(one.failure for one in problems) else 2
