"""The gallery of the overview section: evaluated rows beside the rows of the training data that they are nearly equal to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, Gallery, Picture

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.sections.overview.schema import NearPairRow, OverviewResult, PairPicture


def galleries(result: OverviewResult, _view: View) -> tuple[Gallery, ...]:
    """Return a card for each pair that has pictures; none where there are no such pairs."""
    training = None if result.data is None else result.data.training
    near = None if training is None else training.near
    pairs = () if near is None else tuple(pair for pair in near.pairs if pair.pictures)
    if near is None or not pairs:
        return ()
    caption = (
        f"{len(pairs)} of {near.rows:,} evaluated rows with a near duplicate in the training data, those that are least alike first: "
        "if they show the same thing, so do all others."
    )
    how = "Left the evaluated row, right the row of the training data, both on the scale of the evaluated rows."
    return (Gallery("near-duplicates", "Near duplicates", caption, tuple(_card(pair) for pair in pairs), how),)


def _card(pair: NearPairRow) -> Card:
    return Card(
        title=f"row {pair.row}, training row {pair.training_row}",
        label="",
        answers=(),
        alt=f"row {pair.row} beside row {pair.training_row} of the training data, {pair.likeness}",
        pictures=tuple(
            _picture(one, where)
            for pictures, where in ((pair.pictures, "evaluated"), (pair.training_pictures, "training"))
            for one in pictures
        ),
        text=pair.likeness,
    )


def _picture(one: PairPicture, where: str) -> Picture:
    return Picture(f"{one.input}, {where}", one.png, one.width, one.height)
