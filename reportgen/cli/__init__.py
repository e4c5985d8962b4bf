"""The command line: arguments in, exit code out."""

from reportgen.cli.commands import cli, main

__all__ = ["cli", "main"]
