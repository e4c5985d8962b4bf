"""Runs every module of this folder that has ``main``, in order, and prints the seconds of each."""

from __future__ import annotations

import importlib
import time
from pathlib import Path


def main() -> None:
    """Run the simulations."""
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        simulate = getattr(importlib.import_module(f"scripts.simulate.{path.stem}"), "main", None)
        if simulate is not None:
            started = time.perf_counter()
            simulate()
            print(f"\n{path.stem}: {time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
