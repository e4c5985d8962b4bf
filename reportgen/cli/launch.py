"""The first lines of the program: a signal is noted from here on, and nothing else is imported before."""

from __future__ import annotations

import signal
import sys

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the program and exit with its exit code."""
    received: list[int] = []
    named = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    handled = tuple(one for one in named if one is not None and signal.getsignal(one) is not signal.SIG_IGN)
    for one in handled:
        signal.signal(one, lambda number, _frame: received.append(number))
    from reportgen.cli.processes import run

    sys.exit(run(handled, received))
