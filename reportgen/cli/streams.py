"""The standard streams: what is printed is safe on a terminal, in any encoding, and with nobody listening."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from reportgen.spec.problems import printable

NOBODY = 141
"""Exit code when the reader of the output is gone, as of a program that SIGPIPE ends: 1 would be a failed check."""
_FAILED = 3


def prepare() -> None:
    """Open the streams that the caller closed, so that no file takes their place, and let every encoding show all text."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        with suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)
        setattr(sys, name, open(number, "r+" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print lines to standard output, without control characters."""
    put(f"{_safe(text.rstrip())}\n")


def say_error(text: str) -> None:
    """Print lines to standard error, without control characters; that nobody listens ends nothing."""
    import click

    with suppress(OSError):
        click.echo(_safe(text), err=True)


def put(content: str | bytes) -> None:
    """Write to standard output as it is."""
    import click

    try:
        click.echo(content, nl=False)
    except BrokenPipeError:
        _end(NOBODY)
    except OSError as error:
        _end(_FAILED, f"reportgen: standard output cannot be written ({error.strerror})")


def _end(code: int, message: str | None = None) -> NoReturn:
    """End the program; what is still buffered for standard output goes nowhere."""
    import click

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if message is not None:
        say_error(message)
    raise click.exceptions.Exit(code)


def _safe(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
