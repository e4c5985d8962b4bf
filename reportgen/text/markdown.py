"""Text for GitHub-flavored Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$@]|:(?=//)|(?<=www)\.)")
_LEADING = re.compile(r"^([#+=-]|\d{1,9}(?=[.)](?:\s|$)))")


def escape(text: str) -> str:
    r"""Return text escaped for GitHub, on one line: for a paragraph, a heading, a list or a table.

    >>> escape("a|b *c*"), escape("1. April"), escape("96.8 %"), escape("- https://x.org")
    ('a\\|b \\*c\\*', '1\\. April', '96.8 %', '\\- https\\://x.org')
    """
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _LEADING.sub(lambda match: f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}", line)
