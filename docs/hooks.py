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
    """Add a page for every installed section, and for every rule of it, to the navigation."""
    pages = reference.pages()
    made: dict[str, list[str | dict[str, list[str]]]] = {"Sections": [], "Rules": ["rules/index.md"]}
    made["Sections"] += [page for page in pages if page.startswith("sections/")]
    for section in map(reference.REGISTRY.find, reference.REGISTRY.names):
        found = [path for path in map(reference.rule_path, section.rules) if path in pages]
        made["Rules"] += [{section.title: found}] if found else []
    config.nav = [
        {name: made.get(name, own) for name, own in entry.items()} if isinstance(entry, dict) else entry
        for entry in config.nav or []
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages; that of a rule is `rules/CODE/` in the site, which reports link to."""
    for path, text in reference.pages().items():
        file = File.generated(config, path, content=text)
        if path.startswith("rules/") and file.name != "index":
            file.dest_uri = f"rules/{file.name}/index.html"
        files.append(file)
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
