"""Finds near duplicates: evaluated rows that are nearly equal to rows of the training data, and not bit by bit."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.data import NearDuplicates, NearPair
from reportgen.evaluation.bands import Bands
from reportgen.evaluation.forms import FEWEST_FRACTIONS, Pictures, columns_of, forms_of, rows_at_once, words
from reportgen.evaluation.thumbnails import thumbnail
from reportgen.inputs.dataset import read, uncounted
from reportgen.metrics.likeness import CORRELATION, DIFFERENT_BITS, TOLERANCE, differing_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.examples import Thumbnail
    from reportgen.inputs.dataset import Batch, Counted, Dataset

    Places = NDArray[np.int64]
    Mask = NDArray[np.bool_]
    Keys = NDArray[np.uint64]
    Floats = NDArray[np.float64]
    Candidates = NDArray[np.int64]
    """(3, n): positions among the evaluated rows, positions of the rows that they are compared with, and ranks, low ones first."""

MOST_CANDIDATES = 16
"""Rows that an evaluated row is compared with, the most promising ones."""
MOST_PAIRS = 6
"""Pairs that are kept to be shown."""
_COMMON = 1_000
"""Evaluated rows that share the rounded values of a key, from which on the key is no sign of a copy."""
_DIGITS = 9
"""Of correlations and differences: the sums behind them depend on the size of the batches."""
_KEPT = 1 << 22
"""Candidates that are kept before only the most promising are."""


class NearSearch:
    """Looks for near duplicates of evaluated rows, one batch of other rows after the other.

    Parameters
    ----------
    dataset, rows
        The evaluation data, and the (N,) positions of the evaluated rows, sorted.
    digests
        (N,) digests of the evaluated rows: rows with the same one are equal, not nearly equal.
    counted
        Is called with the number of evaluated rows that were looked at, and of all.
    """

    def __init__(
        self, dataset: Dataset, rows: Places, digests: NDArray[np.bytes_], counted: Counted = uncounted
    ) -> None:
        self._dataset, self._rows, self._digests = dataset, rows, digests
        self._found = _NONE
        self._size = rows_at_once(dataset)
        self._forms = forms_of(dataset, rows)
        self._picture = next((form for form in self._forms.values() if isinstance(form, Pictures)), None)
        self._columns = columns_of(dataset, rows, self._forms) if self._picture is None else None
        self.reason = None
        """Why rows cannot be compared; None if they can."""
        if self._picture is None and self._columns is None:
            self.reason = (
                f"the rows are no pictures of at least 8 pixels a side, and fewer than {FEWEST_FRACTIONS} of their columns have many "
                "different values: rows would be nearly equal by chance"
            )
            return
        parts = [self._keys(batch) for _, batch in read(dataset, rows, self._size, counted)]
        keys, usable, hashes = (np.concatenate(one) for one in zip(*parts, strict=True))
        self._keys_of, self._usable, self._hashes = keys, usable, hashes
        self._bands = Bands(keys, usable, _COMMON if self._picture is None else None)

    def add(self, batch: Batch, start: int) -> None:
        """Look at rows of the training data, of which the first has the position ``start``."""
        if self.reason is None:
            keys, usable, hashes = self._keys(batch)
            self._found = self._more(self._found, keys[usable], hashes[usable], np.flatnonzero(usable) + start)

    def result(
        self, training: Dataset, leaked: Mask, counted: Counted = uncounted, *, pictures: bool
    ) -> NearDuplicates:
        """Compare the most promising rows, counting those of the other data, and return those that are nearly equal.

        ``leaked`` (N,) are equal to a row of the training data; ``pictures`` says whether thumbnails of the pairs are kept.
        """
        if self.reason is not None:
            return NearDuplicates(np.zeros(len(self._rows), np.bool_), reason=self.reason)
        chosen = _promising(self._found)
        own, other, correlation, difference = self._compared(chosen[:, ~leaked[chosen[0]]], training, counted)
        near = np.zeros(len(self._rows), np.bool_)
        near[own] = True
        alike = (np.nan_to_num(difference), -np.nan_to_num(correlation))
        order = np.lexsort((other, *alike, own))
        best = order[np.unique(own[order], return_index=True)[1]]
        least_alike = best[np.lexsort((own[best], *(-one[best] for one in alike)))][:MOST_PAIRS]
        pairs = tuple(
            NearPair(
                int(own[at]), int(self._rows[own[at]]), int(other[at]), _given(correlation[at]), _given(difference[at])
            )
            for at in least_alike
        )
        if pictures and pairs and self._picture is not None:
            pairs = self._with_pictures(pairs, training)
        return NearDuplicates(near, words(self._forms), self._among_themselves(counted), pairs)

    def _with_pictures(self, pairs: tuple[NearPair, ...], training: Dataset) -> tuple[NearPair, ...]:
        """Return the pairs with their thumbnails, both on the scale of the evaluated pictures."""
        own = self._thumbnails(self._dataset, {pair.row for pair in pairs})
        other = self._thumbnails(training, {pair.training_row for pair in pairs})
        return tuple(
            replace(pair, pictures=own[pair.row], training_pictures=other[pair.training_row]) for pair in pairs
        )

    def _thumbnails(self, dataset: Dataset, rows: set[int]) -> dict[int, tuple[Thumbnail, ...]]:
        forms = [form for form in self._forms.values() if isinstance(form, Pictures)]
        wanted = np.array(sorted(rows), np.int64)
        return {
            int(wanted[place]): tuple(thumbnail(batch[form.name][index], form.scale) for form in forms)
            for found, batch in read(dataset, wanted, self._size)
            for index, place in enumerate(found)
        }

    def _keys(self, batch: Batch) -> tuple[Keys, Mask, Keys]:
        """Return the keys of rows, which of them can be compared, and their hashes (0 for rows without pictures)."""
        if self._picture is not None:
            hashes, usable = self._picture.hashes(batch[self._picture.name])
            return self._picture.pieces(hashes), usable, hashes
        n = len(next(iter(batch.values())))
        keys = self._columns.keys(batch) if self._columns is not None else np.zeros((n, 1), np.uint64)
        return keys, np.ones(n, np.bool_), np.zeros(n, np.uint64)

    def _more(self, found: Candidates, keys: Keys, hashes: Keys, places: Places) -> Candidates:
        """Add the candidates of rows with these keys, hashes and positions."""
        parts = [found]
        for own, at in self._bands.pairs(keys):
            rank = differing_bits(self._hashes[own], hashes[at]).astype(np.int64)
            alike = rank <= DIFFERENT_BITS
            parts.append(np.stack([own[alike], places[at[alike]], rank[alike]]))
            if sum(part.shape[1] for part in parts) > _KEPT:
                parts = [_promising(np.concatenate(parts, axis=1))]
        return np.concatenate(parts, axis=1)

    def _compared(
        self, chosen: Candidates, other: Dataset, counted: Counted, rows: Places | None = None
    ) -> tuple[Places, Places, Floats, Floats]:
        """Return the pairs that are nearly equal, with the lowest correlation of their pictures and the largest difference of their values.

        NaN where there are none. ``rows`` are those of the other data that positions count, by default all.
        """
        own, places = chosen[0], chosen[1]
        if not len(own):
            return own, places, np.empty(0), np.empty(0)
        needed, at = np.unique(own, return_inverse=True)
        wanted, of = np.unique(places, return_inverse=True)
        order = np.argsort(of, kind="stable")
        apart = {True: np.full(len(own), np.nan), False: np.full(len(own), np.nan)}
        with ExitStack() as opened:
            kept = self._kept(needed, opened)
            for found, batch in read(other, wanted if rows is None else rows[wanted], self._size, counted):
                pairs = order[slice(*np.searchsorted(of[order], (found[0], found[-1] + 1)))]
                for name, form in self._forms.items():
                    prepared = form.prepared(batch[name])
                    kind = isinstance(form, Pictures)
                    for some in np.array_split(pairs, max(len(pairs) // self._size, 1)):
                        distance = form.apart(kept[name][at[some]], prepared[of[some] - found[0]])
                        apart[kind][some] = np.fmax(apart[kind][some], distance)
        kinds = {isinstance(form, Pictures) for form in self._forms.values()}
        near = np.logical_and.reduce([apart[kind] <= 1 for kind in kinds])
        correlation, difference = 1 - apart[True] * (1 - CORRELATION), apart[False] * TOLERANCE
        return own[near], places[near], correlation[near].round(_DIGITS), difference[near].round(_DIGITS)

    def _kept(self, needed: Places, opened: ExitStack) -> dict[str, NDArray[Any]]:
        """Return what is compared of some evaluated rows, on the disk."""
        kept: dict[str, NDArray[Any]] = {}
        for found, batch in read(self._dataset, self._rows[needed], self._size):
            for name, form in self._forms.items():
                prepared = form.prepared(batch[name])
                if name not in kept:
                    file = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 the stack closes it
                    kept[name] = np.memmap(file, np.float64, "w+", shape=(len(needed), prepared.shape[1]))
                kept[name][found] = prepared
        return kept

    def _among_themselves(self, counted: Counted) -> int:
        """Return how many evaluated rows are nearly equal to another one, and not equal."""
        found = _NONE
        usable = np.flatnonzero(self._usable)
        for start in range(0, len(usable), self._size):
            some = usable[start : start + self._size]
            more = self._more(_NONE, self._keys_of[some], self._hashes[some], some)
            found = np.concatenate([found, more[:, self._digests[more[0]] != self._digests[more[1]]]], axis=1)
            if found.shape[1] > _KEPT:
                found = _promising(found)
        return len(np.unique(self._compared(_promising(found), self._dataset, counted, self._rows)[0]))


_NONE: Candidates = np.empty((3, 0), np.int64)


def _promising(found: Candidates) -> Candidates:
    """Return every pair once, of an evaluated row the 16 with the lowest rank, then those that were found most often, then the first."""
    pairs, first, times = np.unique(found[:2], axis=1, return_index=True, return_counts=True)
    rank = found[2, first]
    order = np.lexsort((pairs[1], -times, rank, pairs[0]))
    rows = pairs[0, order]
    starts = np.searchsorted(rows, rows, "left")
    kept = order[np.arange(len(rows)) - starts < MOST_CANDIDATES]
    return np.concatenate([pairs[:, kept], rank[None, kept]])


def _given(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
