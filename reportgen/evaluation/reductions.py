"""Reduces activations inside the graph that computes them: full activations never leave TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.evaluation.units import flat_ends

if TYPE_CHECKING:
    from reportgen.evaluation.tracing import AttentionScores
    from reportgen.evaluation.units import Unit

POSITIONS = 4
"""Maximum number of positions per example that are kept for the dimension of a layer."""
_KEPT_VALUES = 512
"""Maximum number of values per example that are kept, unless a single position has more."""


class UnreachableError(Exception):
    """A tensor cannot be reduced; the message gives the reason."""


class Draws:
    """Which positions of each example are kept, computed once for all units with as many.

    Parameters
    ----------
    draws
        (batch, POSITIONS) float32 in [0, 1).
    """

    def __init__(self, draws: Any) -> None:
        self._draws = draws
        self._shares: dict[int, Any] = {}
        self._places: dict[tuple[int, int], Any] = {}

    def shares(self, kept: int) -> Any:
        """Return (batch, kept) float32: the place of each position, one from each of ``kept`` equal parts of [0, 1)."""
        import tensorflow as tf

        if kept not in self._shares:
            self._shares[kept] = (tf.range(kept, dtype=tf.float32) + self._draws[:, :kept]) / kept
        return self._shares[kept]

    def places(self, kept: int, available: Any) -> Any:
        """Return (batch, kept) int32: those among the available positions, whose number is a tensor where it is open."""
        import tensorflow as tf

        if not isinstance(available, int):
            return self._of(kept, available)
        if (kept, available) not in self._places:
            self._places[kept, available] = self._of(kept, tf.constant(available))
        return self._places[kept, available]

    def _of(self, kept: int, available: Any) -> Any:
        import tensorflow as tf

        index = tf.cast(self.shares(kept) * tf.cast(available, tf.float32), tf.int32)
        return tf.minimum(index, available - 1)


def reduce_unit(unit: Unit, draws: Draws) -> dict[str, Any]:
    """Add the reductions of one batch of a unit to the graph.

    Parameters
    ----------
    unit
        The probed unit.
    draws
        Which positions of each example are kept.

    Returns
    -------
    dict
        ``pooled`` (batch, C), the mean over the positions. Of several positions also
        ``channels`` (7 or 8, C): mean, sum of squared deviations, sum of absolute values, minimum, maximum, counts of
        positive values, of zeros and, where the activation has a flat end, of values there; ``n`` values per channel,
        ``positions`` (batch, P, C); of an attention layer also ``entropy`` and ``relative`` (heads,) sums over ``queries`` and
        ``counted`` (heads,) of them.

    Raises
    ------
    UnreachableError
        The number of channels is unknown.
    """
    import tensorflow as tf

    x, mask = _as_positions(unit)
    attention = unit.calls[-1].attention
    of_scores = {} if attention is None or len(attention.scores.shape) != 4 else _attention(attention)  # noqa: PLR2004 batch, heads, queries, keys
    if x.shape.rank == 2:  # noqa: PLR2004 batch, channels
        return {"pooled": x} | of_scores
    n, pooled, mean = _means(x, mask)
    summed = [tf.square(x - mean), tf.abs(x)]
    summed += [tf.cast(where, tf.float32) for where in (x > 0, tf.equal(x, 0), *flat_ends(x, unit.activation))]
    squares, absolute, *counts = (tf.reduce_sum(tf.reduce_sum(_kept(one, mask, 0.0), axis=1), axis=0) for one in summed)
    lowest = tf.reduce_min(_kept(x, mask, x.dtype.max), axis=[0, 1])
    highest = tf.reduce_max(_kept(x, mask, x.dtype.min), axis=[0, 1])
    return {
        "channels": tf.stack([mean, squares, absolute, lowest, highest, *counts]),
        "n": n,
        "pooled": pooled,
        "positions": _positions(x, mask, draws),
        **of_scores,
    }


def _as_positions(unit: Unit) -> tuple[Any, Any]:
    """Return the unit's tensor as float32 (batch, positions, channels), or (batch, channels) without positions, and its mask (batch, positions) or None."""
    import tensorflow as tf

    x, mask = tf.cast(unit.tensor, tf.float32), unit.mask
    rank = x.shape.rank
    if unit.channels_first and rank > 2:  # noqa: PLR2004
        x = tf.transpose(x, [0, *range(2, rank), 1])
    channels = x.shape[-1]
    if channels is None:
        raise UnreachableError("its number of channels is unknown")
    if rank == 2:  # noqa: PLR2004 batch, channels
        return x, None
    fits = mask is not None and mask.shape.rank == 2 and rank == 3  # noqa: PLR2004 batch, tokens, channels
    positions = x.shape[1:-1].num_elements()
    shape = [-1, positions, channels] if positions else [tf.shape(x)[0], -1, channels]
    return tf.reshape(x, shape), tf.cast(mask, tf.bool) if fits else None


def _kept(values: Any, mask: Any, instead: float) -> Any:
    import tensorflow as tf

    return values if mask is None else tf.where(mask[:, :, None], values, tf.constant(instead, values.dtype))


def _means(x: Any, mask: Any) -> tuple[Any, Any, Any]:
    """Return the number of values of a channel, (batch, C) the mean over the positions of each example, zeros if there are none, and (C,) over all."""
    import tensorflow as tf

    if mask is None:
        pooled = tf.reduce_mean(x, axis=1)
        return tf.size(x, out_type=tf.int64) // x.shape[2], pooled, tf.reduce_mean(pooled, axis=0)
    n = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
    pooled = tf.math.divide_no_nan(tf.reduce_sum(_kept(x, mask, 0.0), axis=1), n[:, None])
    count = tf.reduce_sum(n)
    return count, pooled, tf.math.divide_no_nan(tf.reduce_sum(pooled * n[:, None], axis=0), count)


def _positions(x: Any, mask: Any, draws: Draws) -> Any:
    """Return (batch, P, C): positions of each example, one from each of P equal parts."""
    import tensorflow as tf

    available = x.shape[1]
    kept = min(POSITIONS, max(1, _KEPT_VALUES // x.shape[2]), available or POSITIONS)
    if available == 1:
        return x
    if mask is None:
        return tf.gather(x, draws.places(kept, tf.shape(x)[1] if available is None else available), batch_dims=1)
    n = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1, keepdims=True)
    order = tf.argsort(tf.cast(~mask, tf.int32), axis=1, stable=True)
    index = tf.minimum(tf.cast(draws.shares(kept) * tf.cast(n, tf.float32), tf.int32), tf.maximum(n - 1, 0))
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
