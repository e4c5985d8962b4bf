"""The masks that a model's layers pass on to its outputs: those of an embedding of padded tokens, say."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.evaluation.probing import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class LayerMasks:
    """Reads the masks of some outputs.

    Attributes
    ----------
    forward
        The model.
    names
        Of its outputs.
    outputs
        Positions of the outputs that have a mask.
    """

    forward: Any
    names: Sequence[str]
    outputs: tuple[int, ...]

    @classmethod
    def among(cls, forward: Any, names: Sequence[str], wanted: Sequence[str], inputs: Any) -> LayerMasks:
        """Return those of some outputs, by name, that have a mask for these inputs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras' on one array for a list of one
            found = _masks(forward(inputs, training=False), names)
        masked = (index for index, name in enumerate(names) if name in wanted and found[index] is not None)
        return cls(forward, names, tuple(masked))

    def read(self, inputs: Any) -> dict[int, NDArray[np.bool_]]:
        """Return the masks (batch, ...) of a batch, by the position of the output."""
        if not self.outputs:
            return {}
        return {index: np.asarray(mask) for index, mask in zip(self.outputs, self._read(inputs), strict=True)}

    @cached_property
    def _read(self) -> Callable[[Any], list[Any]]:
        """A graph of the masks alone: TensorFlow leaves out what they do not need."""
        import tensorflow as tf

        def masks(inputs: Any) -> list[Any]:
            found = _masks(self.forward(inputs, training=False), self.names)
            return [found[index] for index in self.outputs]

        compiled: Callable[[Any], list[Any]] = tf.function(masks, reduce_retracing=True)
        return compiled


def _masks(made: Any, names: Sequence[str]) -> list[Any]:
    """Return the mask of every output; None for those without."""
    tensors = [made[name] for name in names] if isinstance(made, dict) else in_order(made)
    return [getattr(tensor, "_keras_mask", None) for tensor in tensors]
