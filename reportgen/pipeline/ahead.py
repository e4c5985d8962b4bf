"""Figures drawn by several processes at once, which leave them where the program finds them.

The processes are forks of the program, which has the results and the libraries that draw in memory already. They run the program's own
code alone, and answer with entries of a store: what one of them could not draw is drawn by the program, which says why it cannot be.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from reportgen.resources import private_folder, when_closed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reportgen.pipeline.store import Store

_MOST = 4
"""Maximum number of processes, the program included: more wait for the last figure."""
_FEWEST = 2
"""Number of processes that are several."""


def cores() -> int:
    """Return the number of processes that can draw: one per core, on systems where a fork of the program can draw."""
    return min(len(os.sched_getaffinity(0)), _MOST) if sys.platform == "linux" else 1


@contextmanager
def store_for(store: Store | None, processes: int) -> Iterator[Store | None]:
    """Provide the store that figures are drawn into: the user's, or a temporary one where several processes draw."""
    if store is not None or processes < _FEWEST:
        yield store
        return
    from reportgen.pipeline.store import Store

    with ExitStack() as opened:
        home = None
        with suppress(OSError):  # without a temporary folder the program draws alone
            home = opened.enter_context(private_folder())
        yield None if home is None else Store(home / "figures")


def draw(tasks: Sequence[Callable[[], object]], processes: int) -> None:
    """Run tasks, each of which leaves its result in a store, in several processes, of which the program is one.

    What a task raises is nobody's business here: its result is missing, and asking for it raises the same again.
    """
    count = min(processes, len(tasks) - 1)
    if count < _FEWEST:
        return
    from multiprocessing import get_context

    _run(tasks[:1])  # what the first one imports and measures, all of them have
    lives, keep = os.pipe()
    shares = [tasks[1 + index :: count] for index in range(count)]
    others = [
        get_context("fork").Process(target=_child, args=(share, lives, keep), daemon=True) for share in shares[1:]
    ]
    gc.freeze()  # a look for garbage would copy the memory that the processes share
    try:
        for other in others:
            other.start()
        _run(shares[0])
        for other in others:
            other.join()
    finally:
        for other in others:
            other.kill()
        os.close(keep)
        os.close(lives)
        gc.unfreeze()


def _child(tasks: Sequence[Callable[[], object]], lives: int, keep: int) -> None:
    os.close(keep)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program's to handle
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    when_closed(lives, lambda: os._exit(1))
    _run(tasks)


def _run(tasks: Sequence[Callable[[], object]]) -> None:
    for task in tasks:
        try:
            task()
        except Exception:  # noqa: BLE001 drawn again by the program, which says what is wrong
            return
