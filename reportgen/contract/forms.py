"""What a model was loaded from, and what that means for its numbers."""

from __future__ import annotations

from typing import Literal

Form = Literal["keras", "hdf5", "saved_model", "function", "memory"]
"""A ``.keras`` file, a legacy HDF5 file, a SavedModel folder, a function of the spec, an object in memory."""

NO_LAYERS = "a SavedModel is a graph without layers, of which only the predictions are measured"

NOTES: dict[Form, str] = {
    "hdf5": "read from a legacy HDF5 file (allow_legacy = true)",
    "saved_model": "read from a SavedModel (allow_legacy = true): only its predictions are measured, not its layers, weights, "
    "activations or multiply-adds",
    "function": "made by a function: the digest is that of its architecture and weights",
}
"""What a reader must know of a model that is not a ``.keras`` file; follows "was"."""
