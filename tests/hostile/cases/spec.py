"""Specs that are not what a spec is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def text(content: str) -> Callable[[Path], list[str]]:
    """Check a spec with this text."""

    def write(folder: Path) -> list[str]:
        (folder / "a.toml").write_text(content, "utf-8")
        return ["check", "a.toml"]

    return write


CASES = [
    Case("no such spec", lambda _: ["check", "a.toml"], 2, "a.toml: no such file"),
    Case("empty spec", text(""), 2, "a.toml: the spec is empty"),
]
