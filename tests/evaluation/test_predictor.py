"""Predictions from one tracing: what Keras itself predicts, for batches of any size and models of any kind."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.evaluation.predictor import Predictor

pytestmark = pytest.mark.keras
ROWS = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)


class Counting(keras.layers.Layer):
    """Counts how often it is traced."""

    times = 0

    def call(self, x: Any) -> Any:
        """Return the inputs."""
        type(self).times += 1
        return x


class Fixed(keras.Model):
    """Needs the number of rows when it is traced."""

    def call(self, x: Any) -> Any:
        """Return the mean of the rows."""
        return x / (x.shape[0] + 0.0)


class Doubled(keras.Model):
    """Predicts what it does not return when it is called."""

    def call(self, x: Any) -> Any:
        """Return the inputs."""
        return x

    def predict_step(self, data: Any) -> Any:
        """Return the doubled inputs."""
        return 2 * self(data[0])


class Ragged(keras.Model):
    """Returns rows of different lengths."""

    def call(self, x: Any) -> Any:
        """Return the positive values of each row."""
        return tf.ragged.boolean_mask(x, x > 0)


def two_inputs() -> keras.Model:
    """Return a model of two named inputs and two named outputs."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    return keras.Model({"a": a, "b": b}, {"sum": keras.layers.Add()([a, b]), "a": keras.layers.Dense(2)(a)})


def test_a_model_is_traced_once() -> None:
    """For a full batch, a shorter one and a single row."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(Counting()(inputs)))
    predict, before = Predictor(model), Counting.times
    made = [predict(ROWS[:size]) for size in (4, 3, 1)]
    assert Counting.times == before + 1
    for size, found in zip((4, 3, 1), made, strict=True):
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, model.predict_on_batch(ROWS[:size]))


def test_structures_are_kept() -> None:
    """Named inputs and outputs."""
    model, given = two_inputs(), {"a": ROWS, "b": 2 * ROWS}
    found, wanted = Predictor(model)(given), model.predict_on_batch(given)
    assert set(found) == set(wanted) == {"sum", "a"}
    for name in found:
        np.testing.assert_array_equal(found[name], wanted[name])


@pytest.mark.parametrize("kind", [Fixed, Doubled, Ragged])
def test_it_predicts_what_keras_predicts(kind: type[keras.Model]) -> None:
    """Of a model that cannot be traced for any number of rows, of one with its own predict step, and without dense outputs."""
    model = kind()
    predict = Predictor(model)
    for size in (4,) if kind is Fixed else (4, 3):  # Keras' second tracing is for any number of rows
        found, wanted = predict(ROWS[:size]), model.predict_on_batch(ROWS[:size])
        if kind is Ragged:
            assert found.to_list() == wanted.to_list()
        else:
            np.testing.assert_array_equal(found, wanted)
