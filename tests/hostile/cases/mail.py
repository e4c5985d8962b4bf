"""Mails of folders that are none, and files of certificates that would be read forever. Servers are in ``test_mail.py``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def mailed(*more: str, prepare: Callable[[Path], object] = lambda _: None) -> Callable[[Path], list[str]]:
    """Mail a report that is not there."""

    def write(folder: Path) -> list[str]:
        prepare(folder)
        return ["mail", "--to", "a@example.org", "--from", "b@example.org", *more]

    return write


TLS = ("--smtp", "localhost:1", "--starttls", "--ca-file", "ca.pem", ".")
CASES = [
    Case("long name", mailed("a" * 300), 2, "no such folder"),
    Case("long path", mailed("a/" * 3000), 2, "no such folder"),
    Case("surrogate", mailed("a\udcff"), 2, "no such folder"),
    Case("empty folder", mailed("."), 2, "is not the folder of a report"),
    Case("pipe", mailed(".", prepare=lambda at: os.mkfifo(at / "report.pdf")), 2, "report.pdf: is not a regular file"),
    Case(
        "pipe of certificates",
        mailed(*TLS, prepare=lambda at: os.mkfifo(at / "ca.pem")),
        2,
        "--ca-file: ca.pem: is not a regular file",
    ),
    Case(
        "device of certificates",
        mailed(*TLS, prepare=lambda at: (at / "ca.pem").symlink_to("/dev/zero")),
        2,
        "--ca-file: ca.pem: is not a regular file",
    ),
    Case(
        "folder of certificates",
        mailed(*TLS, prepare=lambda at: (at / "ca.pem").mkdir()),
        2,
        "--ca-file: ca.pem: is a folder, not a file",
    ),
]
