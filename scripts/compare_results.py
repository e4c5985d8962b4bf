"""Compares the values of two results files: ``compare_results.py OLD NEW``; exit code 1 where they differ by more than 1e-12.

Every number is found by its address in both files, and every number of the data behind figures and of the checks by its
place; words (reasons, methods, captions) are not compared.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLERANCE = 1e-12
FIELDS = ("value", "ci_low", "ci_high", "n", "status")
NOT_COMPARED = {"measurements", "focus", "options"}
Numbers = dict[tuple[Any, ...], Any]


def numbers_of(path: Path) -> Numbers:
    """Return every number of a results file by its address and field, or by its place."""
    results = json.loads(path.read_text("utf-8"))
    found: Numbers = {}
    for section in results["sections"]:
        for one in section["result"]["measurements"] if section["result"] else ():
            address = (section["id"], one["name"], one["model"], one["subject"])
            found |= {(*address, field): one["metric"][field] for field in FIELDS}
        for key, value in (section["result"] or {}).items():
            if key not in NOT_COMPARED:
                found |= dict(leaves(value, (section["id"], key)))
    return found | dict(leaves(results["checks"], ("checks",)))


def leaves(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the numbers in a value with their places."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from leaves(part, (*place, key))
    if value is None or isinstance(value, int | float):
        yield place, value


def differs(old: Any, new: Any) -> bool:
    """Tell whether two values are not the same within the tolerance."""
    if isinstance(old, int | float) and isinstance(new, int | float):
        return not math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(old != new)


def main(old_file: str, new_file: str) -> int:
    """Print every difference, and return the exit code."""
    old, new = numbers_of(Path(old_file)), numbers_of(Path(new_file))
    found = [f"only in {old_file}: {key}" for key in old.keys() - new.keys()]
    found += [f"only in {new_file}: {key}" for key in new.keys() - old.keys()]
    found += [f"{key}: {old[key]} -> {new[key]}" for key in old.keys() & new.keys() if differs(old[key], new[key])]
    for line in sorted(found):
        print(line)
    print(f"{len(old):,} and {len(new):,} numbers, {len(found):,} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
