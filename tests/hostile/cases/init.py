"""What ``init`` finds in a folder, and where it must write."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

from hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hostile.specs import Arguments

SPEC = frozenset({"report.toml"})
EVIL = {
    "section": 'a"\n[[sections]]\nkind = "evil.py:S',
    "backslash": "a\\",
    "quotes": "a\"\"\"'''",
    "line end": "a\n# b",
    "return": "a\r",
    "escape code": "a\x1b[31m",
    "bracket": "]",
    "right to left": "a\u202eb",
    "not a character": "a\uffff",
}


def named(name: str) -> Arguments:
    """Write a spec beside a model of this name."""

    def write(folder: Path) -> list[str]:
        (folder / f"{name}.keras").touch()
        (folder / f"{name}.npz").touch()
        return ["init"]

    return write


def beside(make: Callable[[Path], object], *arguments: str) -> Arguments:
    """Write a spec into a folder with something in it."""

    def write(folder: Path) -> list[str]:
        make(folder)
        return ["init", *arguments]

    return write


def odd_archive(folder: Path) -> None:
    """Write data with names that are not names."""
    with zipfile.ZipFile(folder / "test.npz", "w") as archive:
        archive.writestr('x"\n[[sections]].npy', b"")
        archive.writestr("y\\.npy", b"")


def broken_archive(folder: Path) -> None:
    """Write data whose directory is damaged."""
    with zipfile.ZipFile(folder / "test.npz", "w") as archive:
        archive.writestr("x.npy", b"0" * 100)
    content = bytearray((folder / "test.npz").read_bytes())
    content[-20:-10] = b"\xff" * 10
    (folder / "test.npz").write_bytes(content)


CASES = [
    *(Case(f"name with {what}", named(name), 0, "report.toml", writes=SPEC) for what, name in EVIL.items()),
    Case("name that is not UTF-8", named(os.fsdecode(b"b\xff")), 0, "its name is not UTF-8", writes=SPEC),
    Case("name with a star", named("b*"), 0, "its name has a *", writes=SPEC),
    Case("long folder", lambda _: ["init", "a" * 300], 2, "cannot be written (File name too long)"),
    Case(
        "below a file", beside(lambda folder: (folder / "a").touch(), "a/b"), 2, "cannot be written (Not a directory)"
    ),
    Case("in /proc", lambda _: ["init", "/proc/nowhere"], 2, "/proc/nowhere: cannot be written"),
    Case("example in /proc", lambda _: ["init", "--example", "digits", "/proc/nowhere"], 2, "cannot be written"),
    Case(
        "there is one",
        beside(lambda folder: (folder / "report.toml").touch()),
        2,
        "already exists; nothing was written",
    ),
    Case("odd arrays", beside(odd_archive), 0, "report.toml", writes=SPEC),
    Case("broken archive", beside(broken_archive), 0, "report.toml", writes=SPEC),
    Case("pipe as data", beside(lambda folder: os.mkfifo(folder / "test.npz")), 0, "report.toml", writes=SPEC),
    Case("folder as model", beside(lambda folder: (folder / "m.keras").mkdir()), 0, "report.toml", writes=SPEC),
]
