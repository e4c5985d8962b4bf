"""A model's predictions for batches of any size, from one tracing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES = (ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError)
"""What tracing a model raises, beside TensorFlow's own errors."""


class Predictor:
    """Keras' predict step as a graph for batches of any size.

    ``predict_on_batch`` traces the model for a full batch and again for the last one, which takes as long as many batches do. A model
    that cannot be traced for any number of rows is run by it.

    Parameters
    ----------
    model
        The Keras model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._run: Callable[[Any], Any] | None = None

    def __call__(self, batch: Any) -> Any:
        """Return the outputs for a batch, an array or a structure of arrays, as numpy arrays in the model's structure."""
        if self._run is None:
            self._run = self._traced(batch) or self._model.predict_on_batch
        return self._run(batch)

    def _traced(self, batch: Any) -> Callable[[Any], Any] | None:
        """Return the graph; None if there is none."""
        import tensorflow as tf

        def tensors(given: Any) -> Any:
            return tf.nest.map_structure(tf.convert_to_tensor, given)

        def any_size(tensor: Any) -> Any:
            return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

        if self._model.run_eagerly:
            return None
        step = tf.function(lambda inputs: self._model.predict_step((inputs,)), autograph=False)
        try:
            graph = step.get_concrete_function(tf.nest.map_structure(any_size, tensors(batch)))
        except (*FAILURES, tf.errors.OpError):
            return None
        if not all(isinstance(one, tf.Tensor) for one in tf.nest.flatten(graph.structured_outputs)):
            return None
        return lambda given: tf.nest.map_structure(lambda tensor: tensor.numpy(), graph(tensors(given)))
