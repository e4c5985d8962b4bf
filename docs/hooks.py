"""MkDocs hooks: add the generated pages to the site and its navigation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import reference
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_FETCHED = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"' >]+)""")
"""What a browser would fetch from another site."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add a page for every installed section to the navigation."""
    made = [page for page in reference.pages() if page.startswith("sections/")]
    config.nav = [{"Sections": made} if "Sections" in entry else entry for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_content(html: str, **_: object) -> str:
    """Remove reStructuredText roles such as ``:class:`` from docstrings."""
    return re.sub(r":(?:class|func|meth|mod):(?=<code>)", "", html)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Reject a page that needs the network."""
    if found := _FETCHED.findall(output):
        message = f"{page.file.src_uri} fetches {found[0]}"
        raise PluginError(message)
    return output
