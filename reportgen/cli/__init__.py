"""The command line: arguments in, exit code out."""

from reportgen.cli.launch import main

__all__ = ["main"]
