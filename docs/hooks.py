"""What MkDocs runs: the generated pages join the site and its navigation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reference
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put a page for every installed section into the navigation."""
    made = [page for page in reference.pages() if page.startswith("sections/")]
    config.nav = [{"Sections": made} if entry == {"Sections": None} else entry for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, path, content=text))
    return files
