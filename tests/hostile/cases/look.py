"""Logos that are no logos, and looks that cannot be."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

from hostile.case import Case
from hostile.specs import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">%s</svg>'
LAUGHS = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + SVG % "<text>&b;&b;&b;</text>"
THEME = {
    'accent = ""': "must be a color like '#1f4e8c' (found '')",
    'accent = "#ffffff"': "has a contrast of 1.00:1 with the ground of a page (#ffffff)",
    "accent = 3": "must be text",
    'accent = "#\uff1123456"': "must be a color like",
    'organization = ""': "must not be empty",
    'paper = "Letter"': "did you mean 'letter'?",
    'language = "de_DE"': "must be one of 'en' or 'de'",
    'logo = "l"': "a logo needs organization",
    'acent = "#1f4e8c"': "did you mean 'accent'?",
}


def theme(prepare: Callable[[Path], object], name: str = "l") -> Callable[[Path], list[str]]:
    """Check a spec with a logo, after the file was prepared; everything else is right."""
    write = check(more=f'[output.theme]\nlogo = "{name}"\norganization = "o"')

    def written(folder: Path) -> list[str]:
        prepare(folder)
        return list(write(folder))

    return written


def file(content: bytes) -> Callable[[Path], object]:
    """Write the logo."""
    return lambda folder: (folder / "l").write_bytes(content)


def enormous() -> bytes:
    """Return a PNG that says it has 60,000 × 60,000 pixels."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(100)))
    parts = (struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def nothing(_: Path) -> None:
    """Prepare nothing."""


CASES = [
    *(Case(f"theme {line!r}", check(more=f"[output.theme]\n{line}"), 2, says) for line, says in THEME.items()),
    Case("no file", theme(nothing), 2, "output.theme.logo: no such file"),
    Case("a pipe", theme(lambda at: os.mkfifo(at / "l")), 2, "output.theme.logo: is not a regular file"),
    Case("a device", theme(nothing, "/dev/zero"), 2, "output.theme.logo: is not a regular file"),
    Case("a password file", theme(nothing, "/etc/passwd"), 2, "output.theme.logo: is no SVG, PNG or JPEG image"),
    Case("a file of the kernel", theme(nothing, "/proc/self/environ"), 2, "output.theme.logo: is no SVG"),
    Case("a link to it", theme(lambda at: (at / "l").symlink_to("/etc/passwd")), 2, "is a link that leads out"),
    Case("a link to itself", theme(lambda at: (at / "l").symlink_to("l")), 2, "output.theme.logo: cannot be read"),
    Case("a folder", theme(lambda at: (at / "l").mkdir()), 2, "output.theme.logo: is a folder, not a file"),
    Case("NUL in the name", theme(nothing, "a\\u0000b"), 2, "output.theme.logo: "),
    Case("a name too long", theme(nothing, "a" * 5000), 2, "output.theme.logo: "),
    Case(
        "a sparse file of 50 GB",
        theme(lambda at: ((at / "l").touch(), os.truncate(at / "l", 50 * 2**30))),
        2,
        "output.theme.logo: is larger than",
    ),
    Case("a billion laughs", theme(file(LAUGHS.encode())), 2, "output.theme.logo: declares entities"),
    Case("deeply nested", theme(file((SVG % ("<g>" * 9000 + "</g>" * 9000)).encode())), 2, "more than 2,000 elements"),
    Case("UTF-16", theme(file((SVG % "<script/>").encode("utf-16"))), 2, "output.theme.logo: is no SVG"),
    Case("another encoding", theme(file(b'<?xml version="1.0" encoding="x"?>' + SVG.encode())), 2, "not a well-formed"),
    Case("the beginning of a PNG", theme(file(b"\x89PNG\r\n\x1a\n")), 2, "output.theme.logo: is damaged (found"),
    Case("an enormous PNG", theme(file(enormous())), 2, "output.theme.logo: has more than 4,000,000 pixels"),
]
