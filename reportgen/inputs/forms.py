"""What the path of a model names, by its suffix, and what only ``allow_legacy`` opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.spec.files import is_folder, unusable

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.contract.forms import Form
    from reportgen.spec.tables.models import ModelSpec

GRAPH = "saved_model.pb"
"""The file that makes a folder a SavedModel."""
HDF5 = (".h5", ".hdf5")
"""Suffixes of legacy files."""
_AGAIN = "save the model with model.save('name.keras')"


def form_of(spec: ModelSpec, folder: Path) -> Form:
    """Return what a model is made from: a function, a folder, a legacy file, otherwise a ``.keras`` file."""
    if spec.path is None:
        return "function"
    if is_folder(folder / spec.path):
        return "saved_model"
    return "hdf5" if (folder / spec.path).suffix in HDF5 else "keras"


def refused(spec: ModelSpec, folder: Path) -> str | None:
    """Return why the path of a model is not opened: missing, a legacy form without ``allow_legacy``, or no model at all."""
    form = form_of(spec, folder)
    if spec.path is None:
        return None
    path = folder / spec.path
    if form == "saved_model":
        inside = unusable(path / GRAPH)
        if inside is not None:
            return f"is a folder, and not that of a SavedModel ({GRAPH}: {inside})"
        return None if spec.allow_legacy else f"is a SavedModel, which needs allow_legacy = true; better {_AGAIN}"
    reason = unusable(path)
    if reason is None and form == "hdf5" and not spec.allow_legacy:
        return f"is a legacy HDF5 file, which needs allow_legacy = true; better {_AGAIN}"
    return reason
