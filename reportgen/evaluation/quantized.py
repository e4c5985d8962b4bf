"""The weights that quantized layers of Keras compute with: what these store are whole numbers, scales and zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.evaluation.structure import is_a

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BESIDE = ("_scale", "_zero", "_amax_history", "g_idx")
"""Endings of the names of what a quantized layer stores beside its weights."""


def is_beside(layer: Any, own: str) -> bool:
    """Return whether a variable of a layer is no weight, but what quantization needs: scales, zeros, groups, and maxima that were seen."""
    return getattr(layer, "quantization_mode", None) is not None and own.endswith(_BESIDE)


def dequantized(layer: Any, own: str, variable: Any) -> NDArray[np.float32] | None:
    """Return a quantized weight as it takes effect, with LoRA if the layer was adapted; None if it is not quantized or cannot be told.

    An int8 weight is divided by its scale (one for each output), an int4 weight has a zero and a scale for each group of inputs.

    Parameters
    ----------
    layer, own, variable
        A layer, and the name and the variable of one of its weights.
    """
    mode, adapted = getattr(layer, "quantization_mode", None), getattr(layer, "lora_enabled", False)
    if own not in ("kernel", "embeddings") or mode not in ("int8", "int4"):
        return None
    if mode == "int4" and (adapted or not _is_matrix(layer)):
        return None
    scale, zero = getattr(layer, f"{own}_scale"), getattr(layer, f"{own}_zero", None)
    stored = np.asarray(getattr(layer, own) if mode == "int4" else variable, np.float32)  # Keras unpacks two in a byte
    if zero is None:
        values = stored / _placed(layer, own, np.asarray(scale, np.float32), stored)
    else:
        axis, groups = 0 if own == "kernel" else -1, np.asarray(layer.g_idx).astype(np.int64)
        zeros, scales = (np.take(np.asarray(one, np.float32), groups, axis) for one in (zero, scale))
        values = ((stored.reshape(scales.shape) - zeros) * scales).reshape(stored.shape)
    if adapted:
        a, b = (np.asarray(getattr(layer, f"lora_{own}_{one}"), np.float32) for one in "ab")
        values = values + layer.lora_alpha / layer.lora_rank * np.matmul(a, b)
    return values.astype(np.float32)


def _placed(layer: Any, own: str, scale: NDArray[np.float32], stored: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scales with the axes of the weight: Keras keeps those of ``EinsumDense`` with the axes of its output."""
    if own == "embeddings":
        return scale[:, np.newaxis]
    if not is_a(layer, "EinsumDense"):
        return scale
    kernel, output = _letters(layer)
    sizes = dict(zip(kernel, stored.shape, strict=True))
    kept = [letter for letter in output if letter in sizes]
    ordered = scale.reshape([sizes[letter] for letter in kept])
    wanted = [letter for letter in kernel if letter in kept]
    turned = ordered.transpose([kept.index(letter) for letter in wanted])
    return turned.reshape([sizes[letter] if letter in kept else 1 for letter in kernel])


def _is_matrix(layer: Any) -> bool:
    """Return whether the axes of a weight that are summed over come first, so that its groups are those of the rows of a matrix."""
    if not is_a(layer, "EinsumDense"):
        return True
    kernel, output = _letters(layer)
    kept = [letter in output for letter in kernel]
    return kept == sorted(kept)


def _letters(layer: Any) -> tuple[str, str]:
    """Return the axes of the kernel and of the output."""
    terms, _, output = layer.equation.partition("->")
    return terms.split(",")[1], output
