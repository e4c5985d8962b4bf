"""Which errors to look at: the most confident or the largest ones of each model, and those where the label may be wrong.

Errors are on the disk where they are many; what takes those of several models is computed for some of the rows at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import mapped
from reportgen.metrics.spans import Derived, most, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Places = NDArray[np.int64]

IN_ALL = 4
"""The rows of a head that are shown, in numbers of errors per model. Convention."""


@dataclass(frozen=True)
class Wrong:
    """The errors of a model.

    Attributes
    ----------
    places
        (E,) int64, increasing: their positions among the rows.
    predictions, confidence
        (E,) the predicted classes and their probabilities.
    """

    places: Places
    predictions: NDArray[np.int32]
    confidence: NDArray[np.float64]

    @classmethod
    def of(cls, predictions: NDArray[np.int32], labels: NDArray[np.int32], confidence: NDArray[np.float64]) -> Wrong:
        """Find the errors among (N,) predictions."""
        wrong = Derived(len(labels), lambda span: predictions[span] != labels[span])
        return cls(mapped.places(wrong), *(mapped.taken(column, wrong) for column in (predictions, confidence)))

    def between(self, first: int, end: int) -> Wrong:
        """Return the errors among the rows from ``first`` up to ``end``."""
        own = slice(*np.searchsorted(self.places, (first, end)))
        return Wrong(self.places[own], self.predictions[own], self.confidence[own])

    def sure(self, limit: float) -> Places:
        """Return the errors with at least a confidence."""
        return self.places[self.confidence >= limit]

    def confidence_at(self, places: Places) -> NDArray[np.float64]:
        """Return the confidence of the errors at some rows (P,); 0 where the model is right."""
        if not len(self.places):
            return np.zeros(len(places))
        found = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return np.where(self.places[found] == places, self.confidence[found], 0.0)


@dataclass(frozen=True)
class Counts:
    """Numbers of rows: those that all models get wrong, all in the same way, at least one, and those where the label may be wrong.

    ``alone`` are those that only one model gets wrong, by model.
    """

    shared: int
    agreed: int
    wrong: int
    suspects: int
    alone: tuple[int, ...]


@dataclass(frozen=True)
class Chosen:
    """The rows to show: those where the label may be wrong, and other errors, each the most confident first."""

    suspects: Places
    others: Places


def in_parts(models: Sequence[Wrong]) -> Iterator[list[Wrong]]:
    """Yield the errors of the models on some of the rows at a time, in their order."""
    n = max((int(one.places[-1]) + 1 for one in models if len(one.places)), default=0)
    for span in spans(n):
        yield [one.between(span.start, span.stop) for one in models]


def counts(models: Sequence[Wrong], limit: float) -> Counts:
    """Count the rows that models get wrong; ``limit`` as of :func:`suspects`.

    >>> import numpy as np
    >>> labels, sure = np.array([0, 0, 0]), np.full(3, 0.9)
    >>> counts([Wrong.of(np.array(given), labels, sure) for given in ([1, 1, 0], [1, 2, 1])], 0.99)
    Counts(shared=2, agreed=1, wrong=3, suspects=1, alone=(0, 1))
    """
    found, alone = np.zeros(4, np.int64), np.zeros(len(models), np.int64)
    for part in in_parts(models):
        found += [len(one) for one in (shared(part), agreed(part), any_of(part), suspects(part, limit))]
        single = once(part)
        alone += [len(np.intersect1d(one.places, single, assume_unique=True)) for one in part]
    in_all, same, wrong, doubtful = found.tolist()
    return Counts(in_all, same, wrong, doubtful, tuple(alone.tolist()))


def shared(models: Sequence[Wrong]) -> Places:
    """Return the rows (P,) that all models get wrong."""
    return reduce(np.intersect1d, [one.places for one in models])


def any_of(models: Sequence[Wrong]) -> Places:
    """Return the rows (P,) that at least one model gets wrong."""
    return reduce(np.union1d, [one.places for one in models[1:]], models[0].places)


def once(models: Sequence[Wrong]) -> Places:
    """Return the rows (P,) that exactly one model gets wrong."""
    if len(models) == 1:
        return models[0].places
    places, times = np.unique(np.concatenate([one.places for one in models]), return_counts=True)
    return places[times == 1]


def agreed(models: Sequence[Wrong]) -> Places:
    """Return the rows (P,) where all models predict the same class and the label is another; none for a single model.

    >>> import numpy as np
    >>> labels, sure = np.array([0, 0, 0]), np.full(3, 0.9)
    >>> agreed([Wrong.of(np.array(given), labels, sure) for given in ([1, 1, 0], [1, 2, 0])])
    array([0])
    """
    if len(models) == 1:
        return np.empty(0, np.int64)
    places = shared(models)
    predicted = [one.predictions[np.searchsorted(one.places, places)] for one in models]
    return places[np.all([one == predicted[0] for one in predicted], axis=0)]


def suspects(models: Sequence[Wrong], limit: float) -> Places:
    """Return the rows (P,) where the label may be wrong: all models agree on another class, or one is sure of it.

    Those that the models agree on come first; then the most confident, by the most confident of the models that are wrong.

    Parameters
    ----------
    models
        The errors of each model on the same rows.
    limit
        Confidence from which on a model is sure.
    """
    together = agreed(models)
    places = reduce(np.union1d, [one.sure(limit) for one in models], together)
    return places[_order(models, places, together)]


def n_suspects_of(models: Sequence[Wrong], index: int, limit: float) -> int:
    """Count the rows where the label may be wrong by one of the models: all models agree on another class, or this one is sure of it.

    >>> import numpy as np
    >>> labels, sure = np.array([0, 0, 0]), np.array([0.5, 1.0, 0.5])
    >>> both = [Wrong.of(np.array(given), labels, sure) for given in ([1, 1, 0], [1, 0, 1])]
    >>> n_suspects_of(both, 0, 0.99), n_suspects_of(both, 1, 0.99)
    (2, 1)
    """
    return sum(len(np.union1d(agreed(part), part[index].sure(limit))) for part in in_parts(models))


def n_fixed(new: Wrong, old: Wrong) -> int:
    """Count the errors of one model that another does not make.

    >>> import numpy as np
    >>> labels, sure = np.array([0, 0, 0]), np.full(3, 0.9)
    >>> new, old = (Wrong.of(np.array(given), labels, sure) for given in ([1, 0, 0], [2, 1, 1]))
    >>> n_fixed(new, old), n_fixed(old, new)
    (2, 0)
    """
    parts = in_parts([new, old])
    return sum(len(np.setdiff1d(was.places, now.places, assume_unique=True)) for now, was in parts)


def first_suspects(models: Sequence[Wrong], limit: float, most: int) -> Places:
    """Return the first of :func:`suspects`, at most so many."""
    found, together = np.empty(0, np.int64), np.empty(0, np.int64)
    for part in in_parts(models):
        found = np.append(found, suspects(part, limit)[:most])
        together = np.append(together, np.intersect1d(found, agreed(part)))
        found = found[_order(models, found, together)][:most]
    return found


def _order(models: Sequence[Wrong], places: Places, together: Places) -> Places:
    """Return the order of rows (P,): those that the models agree on, then the most confident."""
    return np.lexsort((places, -_confidence(models, places), ~np.isin(places, together)))


def choose(models: Sequence[Wrong], each: int, limit: float) -> Chosen:
    """Choose errors to show: at most ``each`` suspects, ``each`` other errors of a model, and four times ``each`` in all.

    The other errors are taken in turn, the most confident of each model, then the second of each, so that every model has
    its own.
    """
    first = first_suspects(models, limit, each)
    ranked = []
    for one in models:
        places = one.places[most(one.confidence, each + len(first))]
        ranked.append(places[~np.isin(places, first)][:each])
    others = in_turn(ranked, IN_ALL * each - len(first))
    return Chosen(first, others[np.lexsort((others, -_confidence(models, others)))])


def in_turn(ranked: Sequence[Places], room: int) -> Places:
    """Return rows of all models: the first of each, then the second of each, every row once and at most ``room`` of them.

    >>> import numpy as np
    >>> in_turn([np.array([4, 2]), np.array([4, 7])], 3)
    array([4, 2, 7])
    """
    longest = max(map(len, ranked), default=0)
    found = [int(one[rank]) for rank in range(longest) for one in ranked if rank < len(one)]
    return np.array(list(dict.fromkeys(found))[:room], np.int64)


def largest(errors: NDArray[np.float64] | Derived, each: int) -> Places:
    """Return the rows with the largest absolute errors (N,), the largest first, at most ``each``; rows without an error are none.

    >>> import numpy as np
    >>> largest(np.array([0.0, -3.0, 2.0]), 3)
    array([1, 2])
    """
    found = most(Derived(len(errors), lambda span: np.abs(errors[span])), each)
    return found[errors[found] != 0]


def lowest(scores: NDArray[np.float64], each: int) -> Places:
    """Return the rows with the lowest scores (N,), the lowest first, at most ``each``; rows with a score of 1 are none.

    >>> import numpy as np
    >>> lowest(np.array([0.5, 1.0, 0.2]), 3)
    array([2, 0])
    """
    found = most(Derived(len(scores), lambda span: -scores[span]), each)
    return found[scores[found] < 1]


def most_wrong(counts: NDArray[Any] | Derived, losses: NDArray[np.float64], each: int) -> Places:
    """Return the rows with the most wrong labels (N,), then the largest loss (N,), at most ``each``; rows without a wrong label are none.

    >>> import numpy as np
    >>> most_wrong(np.array([0, 2, 1, 2]), np.array([9.0, 1.0, 5.0, 2.0]), 3)
    array([3, 1, 2])
    """
    found = most(counts, each, losses)
    return found[counts[found] > 0]


def _confidence(models: Sequence[Wrong], places: Places) -> NDArray[np.float64]:
    """Return the confidence (P,) of the most confident model that is wrong."""
    return np.max([one.confidence_at(places) for one in models], axis=0)
