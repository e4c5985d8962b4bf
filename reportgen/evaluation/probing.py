"""Runs a model on the probed rows and collects its activations in the same call as its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.activations import Activations
from reportgen.errors import summary
from reportgen.evaluation.moments import LayerAccumulator
from reportgen.evaluation.predictor import FAILURES
from reportgen.evaluation.reductions import POSITIONS, Draws, UnreachableError, reduce_unit
from reportgen.evaluation.tracing import watched
from reportgen.evaluation.units import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.evaluation.units import Selection, Unit

ROWS_AT_ONCE = 32
"""Maximum number of rows of a probed batch: the values of many layers are in memory at once."""


def in_order(outputs: Any) -> list[Any]:
    """Return a model's outputs in the order of its heads."""
    if isinstance(outputs, dict):
        return list(outputs.values())
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


class UnwatchableError(Exception):
    """The model cannot be run with its layers traced; the message gives the reason."""


class Probing:
    """A model whose layers are traced while it predicts.

    Parameters
    ----------
    forward
        The Keras model that makes the predictions.
    names
        Qualified names of its layers by identity.
    selection
        Which layers are probed.
    places, sampling
        The probed rows, as in :class:`Activations`.
    seed
        Seed for sampling the positions.
    """

    def __init__(
        self,
        forward: Any,
        names: Mapping[int, str],
        selection: Selection,
        places: NDArray[np.int64],
        sampling: str,
        seed: int,
    ) -> None:
        self._forward, self._names, self._selection = forward, names, selection
        self.places, self.sampling = places, sampling
        self._draws = np.random.default_rng(seed).random((len(places), POSITIONS), np.float32)
        self._gathered: dict[str, LayerAccumulator] = {}
        self._units: tuple[Unit, ...] = ()
        self._ends: tuple[str | None, ...] = ()
        self._not_probed: tuple[tuple[str, str], ...] = ()
        self._run: Any = None

    def predict(self, batch: Any, start: int) -> Any:
        """Return the model's outputs for a batch as numpy arrays; ``start`` is its first position among the probed rows.

        Raises
        ------
        UnwatchableError
            The model fails with its layers traced, even if it fails without tracing too.
        """
        import tensorflow as tf

        size = len(next(iter(batch.values())) if isinstance(batch, dict) else batch)
        draws = self._draws[start : start + size]
        run = self._run or self._traced(batch)
        try:
            outputs, reduced = run(batch, draws)
        except (*FAILURES, tf.errors.OpError) as error:
            raise UnwatchableError(summary(error)) from error
        for name, values in reduced.items():
            self._gathered[name].add({key: value.numpy() for key, value in values.items()})
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), outputs)

    def result(self) -> Activations:
        """Return the record; call it after the last batch."""
        layers = tuple(self._gathered[unit.name].result() for unit in self._units)
        return Activations(self.places, self.sampling, layers, self._ends, self._not_probed)

    def _traced(self, batch: Any) -> Any:
        """Trace the model once; if it cannot be traced, it runs eagerly, as Keras does on request."""
        import tensorflow as tf

        def any_size(array: NDArray[Any]) -> Any:
            return tf.TensorSpec((None, *array.shape[1:]), array.dtype)

        inputs = {key: any_size(x) for key, x in batch.items()} if isinstance(batch, dict) else any_size(batch)
        function = tf.function(self._watched, autograph=False)
        try:
            self._run = function.get_concrete_function(inputs, tf.TensorSpec((None, POSITIONS), tf.float32))
        except (*FAILURES, tf.errors.OpError):
            self._run = self._watched
        else:
            self._run = function
        return self._run

    def _watched(self, batch: Any, draws: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
        import tensorflow as tf

        batch = tf.nest.map_structure(tf.convert_to_tensor, batch)
        with watched(self._names) as calls:
            outputs = self._forward(batch, training=False)
        units, hidden = select(calls, self._selection)
        reduced: dict[str, dict[str, Any]] = {}
        kept = []
        refused, places = list(hidden), Draws(draws)
        for unit in units:
            try:
                reduced[unit.name] = reduce_unit(unit, places)
            except UnreachableError as error:
                refused.append((unit.name, str(error)))
            else:
                kept.append(unit)
        if not self._gathered:
            self._units, self._not_probed = tuple(kept), tuple(refused)
            names = {id(unit.tensor): unit.name for unit in kept}
            self._ends = tuple(names.get(id(tensor)) for tensor in in_order(outputs))
            self._gathered = {unit.name: LayerAccumulator(unit) for unit in kept}
        return outputs, {unit.name: reduced[unit.name] for unit in self._units}
