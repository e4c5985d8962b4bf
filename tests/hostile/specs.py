"""Specs for the cases: a small one that is right, and what is written in it instead."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import handmade
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Arguments = Callable[[Path], list[str]]

SPEC = """schema_version = 1
[report]
title = "t"
[models.m]
path = "m.keras"
{model}
[data]
{data}
[[sections]]
kind = "performance"
{section}
{more}
"""


@cache
def small_results() -> str:
    """Return a results file of one section, made by hand."""
    header = handmade.SPEC.partition("[[sections]]")[0]
    return handmade.results(f'{header}[[sections]]\nkind = "performance"\n').to_json()


def fill(folder: Path, *, model: str = "", data: str = 'path = "d.npz"', section: str = "", more: str = "") -> None:
    """Write a spec, a file in the place of its model, and its data."""
    (folder / "m.keras").touch()
    np.savez(folder / "d.npz", x=np.zeros((4, 2)), y=np.arange(4) % 2)
    text = SPEC.format(model=model, data=data, section=section, more=more)
    (folder / "a.toml").write_text(text, "utf-8")


def check(*options: str, model: str = "", data: str = "", section: str = "", more: str = "") -> Arguments:
    """Check the spec with these lines in it; ``data`` comes after the path of the data."""

    def write(folder: Path) -> list[str]:
        fill(folder, model=model, data=f'path = "d.npz"\n{data}', section=section, more=more)
        return ["check", "a.toml", *options]

    return write


def text(content: str | bytes, name: str = "a.toml") -> Arguments:
    """Check a spec with this content."""

    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return ["check", name]

    return write


def instead_of_file(make: Callable[[Path], object], name: str = "a.toml", command: str = "check") -> Arguments:
    """Run a command on what is no regular file."""

    def write(folder: Path) -> list[str]:
        make(folder / name)
        return [command, name]

    return write
