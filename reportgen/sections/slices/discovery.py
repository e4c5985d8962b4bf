"""Finds slices with many errors by a shallow tree, on one half of the rows; they are judged on the other half."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import mapped
from reportgen.metrics.folds import grouped_folds
from reportgen.metrics.spans import each
from reportgen.sections.slices.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.slices import SearchedColumn
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

MOST_FOUND = 3
"""Maximum number of slices that a search finds: each more makes the test of all harder to pass. Convention."""
MOST_ROWS = 2**20
"""Maximum number of rows that are searched: of more, a draw. Convention."""
_SMALLEST = 0.05
"""Share of the searched rows that a slice has at least. Convention."""


@dataclass
class _Rule:
    """The conditions of a leaf on one column."""

    low: float = -np.inf
    high: float = np.inf
    texts: dict[str, bool] = field(default_factory=dict)


def halves(data: DataEvaluation) -> Mask:
    """Return the rows (N,) of the half in which slices are searched; groups stay whole, the seed is that of the data."""
    folds = grouped_folds(data.design.codes, data.seed, 2)
    return mapped.filled(data.n, np.bool_, lambda span: folds[span] == 0)


def discover(
    columns: Sequence[SearchedColumn], losses: Floats, search: Mask, measured: Mask, depth: int, minimum: int, seed: int
) -> tuple[Part, ...]:
    """Return slices with more than the mean loss, the worst first; at most three.

    The leaves of a regression tree (Breiman et al. 1984, as in scikit-learn) of the losses on the columns, of at most
    :data:`MOST_ROWS` rows. A row without a value in a column belongs to no slice that names it.

    Parameters
    ----------
    columns
        Columns of the rows.
    losses
        (N,) loss of each row.
    search
        (N,) the rows to search; the slices are judged on the others.
    measured
        (N,) the rows that have a loss; the others are in neither part.
    depth
        Splits from the root to a leaf.
    minimum
        Rows that a slice has at least, as has one row in 20.
    seed
        Of the rows that are searched where there are more, and of the order in which equally good splits are tried.
    """
    from sklearn.tree import DecisionTreeRegressor

    known = each(_complete, search, measured, *(one.values for one in columns))
    rows = _drawn(known, seed)
    own = losses[rows]
    smallest = max(minimum, int(np.ceil(_SMALLEST * len(rows))))
    if len(rows) < 2 * smallest or np.ptp(own) == 0:
        return ()
    features = list(_features(columns, rows))
    matrix = np.stack([values for _, _, values in features], axis=1)
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=smallest, random_state=seed).fit(matrix, own)
    leaves = [(value, path) for value, path in _leaves(tree.tree_, 0, ()) if value > float(own.mean())]
    leaves.sort(key=lambda leaf: -leaf[0])
    judged = mapped.filled(len(losses), np.bool_, each(np.greater, measured, search).of)
    named = [(column, text) for column, text, _ in features]
    return tuple(_part(columns, named, path, judged) for _, path in leaves[:MOST_FOUND])


def _complete(search: Mask, measured: Mask, *values: Floats) -> Mask:
    """Return which rows of the searched half have a loss and a value in every column."""
    return np.asarray(search & measured & ~np.isnan(values).any(axis=0), np.bool_)


def _drawn(known: Derived, seed: int) -> NDArray[np.int64]:
    """Return the positions of the known rows (N,), in order; of more than :data:`MOST_ROWS` one of each of so many stretches of them."""
    rows = mapped.places(known)
    if len(rows) <= MOST_ROWS:
        return rows
    starts = np.arange(MOST_ROWS + 1) * len(rows) // MOST_ROWS
    return rows[np.random.default_rng(seed).integers(starts[:-1], starts[1:])]


def _features(
    columns: Sequence[SearchedColumn], rows: NDArray[np.int64]
) -> Iterator[tuple[SearchedColumn, str | None, Floats]]:
    """Yield (column, text, values) for each number column, and for each text of a text column whether a row has it."""
    for one in columns:
        values = one.values[rows]
        if one.texts is None:
            yield one, None, values
        else:
            for place, text in enumerate(one.texts):
                yield one, text, (values == place).astype(np.float64)


def _leaves(
    tree: Any, node: int, path: tuple[tuple[int, float, bool], ...]
) -> Iterator[tuple[float, tuple[tuple[int, float, bool], ...]]]:
    """Yield the mean loss of each leaf, and the splits on the way to it: (feature, threshold, above)."""
    if tree.children_left[node] == tree.children_right[node]:
        yield float(tree.value[node].reshape(-1)[0]), path
        return
    split = int(tree.feature[node]), float(tree.threshold[node])
    yield from _leaves(tree, int(tree.children_left[node]), (*path, (*split, False)))
    yield from _leaves(tree, int(tree.children_right[node]), (*path, (*split, True)))


def _part(
    columns: Sequence[SearchedColumn],
    features: Sequence[tuple[SearchedColumn, str | None]],
    path: Sequence[tuple[int, float, bool]],
    judged: Mask,
) -> Part:
    """Return the slice of a leaf; its thresholds are rounded as its name says them, in the language of ``where``."""
    rules: dict[str, _Rule] = {}
    for feature, threshold, above in path:
        column, text = features[feature]
        rule = rules.setdefault(column.name, _Rule())
        if text is not None:
            rule.texts[text] = above
        elif above:
            rule.low = max(rule.low, float(f"{threshold:.6g}"))
        else:
            rule.high = min(rule.high, float(f"{threshold:.6g}"))
    named = [one for one in columns if one.name in rules]

    def codes(span: slice) -> NDArray[np.int8]:
        inside = judged[span].copy()
        for one in named:
            inside &= _holds(one, rules[one.name], one.values[span])
        return np.where(inside, 0, -1).astype(np.int8)

    name = " and ".join(words for column, rule in rules.items() for words in _words(column, rule))
    return Part(name, mapped.filled(len(judged), np.int8, codes), 0, judged=judged)


def _holds(column: SearchedColumn, rule: _Rule, values: Floats) -> Mask:
    """Return which values of a column meet a rule."""
    found = ~np.isnan(values)
    if column.texts is None:
        return found & (values > rule.low) & (values <= rule.high)
    for text, wanted in rule.texts.items():
        found &= (values == column.texts.index(text)) == wanted
    return np.asarray(found, np.bool_)


def _words(column: str, rule: _Rule) -> Iterator[str]:
    quoted = column if column.isidentifier() else f"`{column}`"
    if rule.texts:
        own = [text for text, wanted in rule.texts.items() if wanted]
        yield from (f'{quoted} == "{text}"' for text in own)
        if not own:
            yield from (f'{quoted} != "{text}"' for text in rule.texts)
    elif np.isinf(rule.low):
        yield f"{quoted} <= {rule.high:.6g}"
    elif np.isinf(rule.high):
        yield f"{quoted} > {rule.low:.6g}"
    else:
        yield f"{rule.low:.6g} < {quoted} <= {rule.high:.6g}"
