"""Inputs of a model without data: their shapes and dtypes, as the model declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportgen.errors import ReportgenError


class UnknownInputsError(ReportgenError):
    """The shapes of the inputs are not known; the message says why."""


@dataclass(frozen=True)
class InputSpec:
    """Shape without the batch axis, and dtype, of an input."""

    shape: tuple[int, ...]
    dtype: str


def input_specs(model: Any) -> Any:
    """Return the inputs of a model as it takes them: one :class:`InputSpec`, or a dict, list or tuple of them.

    Raises
    ------
    UnknownInputsError
        A size other than that of the batch is variable, or the model does not say what it takes.
    """
    if isinstance(getattr(model, "input", None), dict):
        return {key: _spec(key, one.shape, one.dtype) for key, one in model.input.items()}
    tensors = getattr(model, "inputs", None)
    if tensors:
        specs = [_spec(one.name, one.shape, one.dtype) for one in tensors]
        return specs if len(specs) > 1 else specs[0]
    built = (model.get_build_config() or {}).get("input_shape")
    if built is None:
        raise UnknownInputsError("the model does not record the shapes of its inputs")
    return _from_shapes("the input", built)


def _from_shapes(name: str, built: Any) -> Any:
    """Return the inputs of a subclassed model, from the shapes that it was built with."""
    if isinstance(built, dict):
        return {key: _from_shapes(key, shape) for key, shape in built.items()}
    if all(size is None or isinstance(size, int) for size in built):
        return _spec(name, built, "float32")
    return [_from_shapes(f"{name} {place}", shape) for place, shape in enumerate(built)]


def _spec(name: str, shape: Any, dtype: Any) -> InputSpec:
    sizes = tuple(shape[1:])
    if None in sizes:
        words = " × ".join("*" if size is None else str(size) for size in sizes)
        raise UnknownInputsError(f"{name} has a variable size ({words})")
    return InputSpec(sizes, str(dtype))
