"""Reduces activations inside the graph that computes them: full activations never leave TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.evaluation.tracing import AttentionScores
    from reportgen.evaluation.units import Unit

POSITIONS = 4
"""Maximum number of positions per example that are kept for the dimension of a layer."""
_KEPT_VALUES = 512
"""Maximum number of values per example that are kept, unless a single position has more."""


class UnreachableError(Exception):
    """A tensor cannot be reduced; the message gives the reason."""


def reduce_unit(unit: Unit, draws: Any) -> dict[str, Any]:
    """Add the reductions of one batch of a unit to the graph.

    Parameters
    ----------
    unit
        The probed unit.
    draws
        (batch, POSITIONS) float32 in [0, 1): which positions of each example are kept.

    Returns
    -------
    dict
        ``channels`` (7 or 8, C): mean, sum of squared deviations, sum of absolute values, minimum, maximum, counts of
        positive values, of zeros and, where the activation has a flat end, of values there; ``n`` values per channel,
        ``pooled`` (batch, C), ``positions`` (batch, P, C); of an attention layer also ``entropy`` and ``relative`` (heads,) sums over ``queries`` and
        ``counted`` (heads,) of them.

    Raises
    ------
    UnreachableError
        The number of channels is unknown.
    """
    import tensorflow as tf

    x, mask = _as_positions(unit)
    n, pooled = _pooled(x, mask)
    count = tf.reduce_sum(n)
    mean = tf.math.divide_no_nan(tf.reduce_sum(pooled * n[:, None], axis=0), count)
    summed = [tf.square(x - mean), tf.abs(x)]
    summed += [tf.cast(where, tf.float32) for where in (x > 0, tf.equal(x, 0), *_flat_ends(x, unit))]
    squares, absolute, *counts = (tf.reduce_sum(tf.reduce_sum(_kept(one, mask, 0.0), axis=1), axis=0) for one in summed)
    lowest = tf.reduce_min(_kept(x, mask, x.dtype.max), axis=[0, 1])
    highest = tf.reduce_max(_kept(x, mask, x.dtype.min), axis=[0, 1])
    reduced = {
        "channels": tf.stack([mean, squares, absolute, lowest, highest, *counts]),
        "n": count,
        "pooled": pooled,
        "positions": _positions(x, mask, draws),
    }
    attention = unit.calls[-1].attention
    if attention is not None and len(attention.scores.shape) == 4:  # noqa: PLR2004 batch, heads, queries, keys
        reduced |= _attention(attention)
    return reduced


def _as_positions(unit: Unit) -> tuple[Any, Any]:
    """Return the unit's tensor as (batch, positions, channels) float32 and its mask as (batch, positions) or None."""
    import tensorflow as tf

    x, mask = tf.cast(unit.tensor, tf.float32), unit.mask
    rank = x.shape.rank
    if unit.channels_first and rank > 2:  # noqa: PLR2004
        x = tf.transpose(x, [0, *range(2, rank), 1])
    channels = x.shape[-1]
    if channels is None:
        raise UnreachableError("its number of channels is unknown")
    fits = mask is not None and mask.shape.rank == 2 and rank == 3  # noqa: PLR2004 batch, tokens, channels
    positions = x.shape[1:-1].num_elements()
    return tf.reshape(x, [tf.shape(x)[0], positions or -1, channels]), tf.cast(mask, tf.bool) if fits else None


def _kept(values: Any, mask: Any, instead: float) -> Any:
    import tensorflow as tf

    return values if mask is None else tf.where(mask[:, :, None], values, tf.constant(instead, values.dtype))


def _pooled(x: Any, mask: Any) -> tuple[Any, Any]:
    """Return the (batch,) number of positions of each example, and (batch, C) their mean; zeros if there are none."""
    import tensorflow as tf

    if mask is None:
        positions = tf.cast(tf.shape(x)[1], tf.float32)
        return tf.fill([tf.shape(x)[0]], positions), tf.reduce_mean(x, axis=1)
    n = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
    return n, tf.math.divide_no_nan(tf.reduce_sum(_kept(x, mask, 0.0), axis=1), n[:, None])


def _flat_ends(x: Any, unit: Unit) -> list[Any]:
    """Return where an activation is saturated; None if it cannot saturate."""
    import tensorflow as tf

    ends = {
        "tanh": lambda: [tf.abs(x) > 0.99],  # noqa: PLR2004
        "sigmoid": lambda: [(x < 0.01) | (x > 0.99)],  # noqa: PLR2004
        "relu6": lambda: [x >= 6],  # noqa: PLR2004
    }
    return ends.get(unit.activation or "", list)()


def _positions(x: Any, mask: Any, draws: Any) -> Any:
    """Return (batch, P, C): positions of each example, one from each of P equal parts."""
    import tensorflow as tf

    available = x.shape[1]
    kept = min(POSITIONS, max(1, _KEPT_VALUES // x.shape[2]), available or POSITIONS)
    if available == 1:
        return x
    where = (tf.range(kept, dtype=tf.float32) + draws[:, :kept]) / kept
    if mask is None:
        size = tf.shape(x)[1]
        index = tf.cast(where * tf.cast(size, tf.float32), tf.int32)
        return tf.gather(x, tf.minimum(index, size - 1), batch_dims=1)
    n = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1, keepdims=True)
    order = tf.argsort(tf.cast(~mask, tf.int32), axis=1, stable=True)
    index = tf.minimum(tf.cast(where * tf.cast(n, tf.float32), tf.int32), tf.maximum(n - 1, 0))
    return tf.gather(x, tf.gather(order, index, batch_dims=1), batch_dims=1)


def _attention(attention: AttentionScores) -> dict[str, Any]:
    """Return sums of the entropy of attention over queries, in nats and relative to the maximum."""
    import tensorflow as tf

    scores = tf.cast(attention.scores, tf.float32)
    entropy = -tf.reduce_sum(tf.math.xlogy(scores, scores), axis=-1)
    allowed = tf.ones_like(scores) if attention.allowed is None else tf.cast(attention.allowed, tf.float32)
    keys = tf.reduce_sum(tf.broadcast_to(allowed, tf.shape(scores)), axis=-1)
    query = tf.cast(keys > 0, tf.float32)
    if attention.queries is not None:
        query *= tf.cast(attention.queries, tf.float32)[:, None, :]
    several = query * tf.cast(keys > 1, tf.float32)
    relative = tf.math.divide_no_nan(entropy, tf.math.log(tf.maximum(keys, 1.0)))
    return {
        "entropy": tf.reduce_sum(entropy * query, axis=[0, 2]),
        "queries": tf.reduce_sum(query, axis=[0, 2]),
        "relative": tf.reduce_sum(relative * several, axis=[0, 2]),
        "counted": tf.reduce_sum(several, axis=[0, 2]),
    }
