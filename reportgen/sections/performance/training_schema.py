"""Metrics that the performance section declares about the training data: scores without its rows, bit by bit or nearly, and the generalization gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.numbers import MetricSpec
from reportgen.text import naming

if TYPE_CHECKING:
    from reportgen.contract.result import SectionResult
    from reportgen.contract.subjects import Subject


@dataclass(frozen=True)
class LeftOut:
    """How many rows are left out because they are in the training data, how many of them are of the kind in question, and of how many."""

    rows: int
    some: int
    n: int


@dataclass(frozen=True)
class Without:
    """A score without the rows that are in the training data, bit by bit or nearly, and what that changes.

    Attributes
    ----------
    others, apart
        The score without these rows; the score on the rows that are left out minus that on the others.
    difference
        Of the candidate from its baseline, on the others; where the spec has both.
    whole, before
        Names of the score on all rows, and of that on the rows among which ``apart`` compares: all, or those that are not leaked.
    words, rows
        The score and its rows in a sentence.
    """

    others: MetricSpec
    difference: MetricSpec
    apart: MetricSpec
    whole: str
    before: str
    words: str
    rows: str

    @property
    def specs(self) -> tuple[MetricSpec, MetricSpec, MetricSpec]:
        """All metrics."""
        return self.others, self.difference, self.apart

    def left_out(self, result: SectionResult, model: str, subject: Subject | None) -> LeftOut | None:
        """Return how many rows of a head are left out; None where there is no score without them."""
        scores = [result.find_or_none(name, model, subject) for name in (self.whole, self.before, self.others.name)]
        n = [one.n for one in scores if one is not None and one.n is not None]
        if len(n) < len(scores):
            return None
        whole, before, others = n
        return LeftOut(whole - others, before - others, whole)


_HALL, _WILSON = "Hall (1992) for the interval", "Wilson (1927) for the interval"
_BY_UNIT = "delta method; Wilson (1927), by the variance between units"
_NEWCOMBE, _ZOU = "Newcombe (1998), method 10", "Zou & Donner (2008)"


@dataclass(frozen=True)
class _Kind:
    """How a score of rows is estimated.

    Attributes
    ----------
    is_share
        Whether it is one, and higher is better; otherwise it is a loss in the unit of the label.
    source, paired, unpaired
        Of the score, of its difference between two models, and of that between different rows.
    """

    is_share: bool
    source: str
    paired: str
    unpaired: str


_SHARE = _Kind(is_share=True, source=_WILSON, paired=_NEWCOMBE, unpaired=_NEWCOMBE)
_LOSS = _Kind(is_share=False, source=f"mean; {_HALL}", paired=f"paired mean; {_HALL}", unpaired=_ZOU)
_POOLED = _Kind(
    is_share=True, source=_BY_UNIT, paired=f"delta method, paired; {_HALL}", unpaired=f"delta method; {_ZOU}"
)


@dataclass(frozen=True)
class _Score:
    """A score, and what rows are called: in a definition, and in a sentence."""

    name: str
    title: str
    kind: _Kind
    units: str = "examples"
    rows: str = "rows"

    @property
    def words(self) -> str:
        """The score in a sentence."""
        return naming.in_a_sentence(self.title)

    @property
    def stem(self) -> str:
        """The name in that of a difference."""
        return self.name.removesuffix("_loss")

    def _without(self, prefix: str, which: str, definition: str, others: str, apart: tuple[str, str, str]) -> Without:
        """Declare the metrics; ``apart`` is the name, the title and the definition of the third."""
        kind = self.kind
        difference = "signed fraction" if kind.is_share else ""
        end = ", in points" if kind.is_share else ", in the unit of the label"
        score = MetricSpec(
            f"{prefix}_{self.name}",
            f"{self.title}, {which}",
            "fraction" if kind.is_share else "",
            kind.is_share,
            definition,
            kind.source,
        )
        return Without(
            score,
            MetricSpec(
                f"{prefix}_{self.stem}_difference",
                f"Candidate minus baseline, {which}",
                difference,
                kind.is_share,
                f"{self.title} of the candidate minus that of its baseline, on the {self.units} {others}{end}.",
                kind.paired,
            ),
            MetricSpec(
                f"{apart[0]}_{self.stem}_difference",
                f"{apart[1]}, {self.words}",
                difference,
                None,
                f"{self.title} on the {self.units} {apart[2]}{end}.",
                kind.unpaired,
            ),
            whole=self.name,
            before=self.name if prefix == _UNSEEN else f"{_UNSEEN}_{self.name}",
            words=self.words,
            rows=self.rows,
        )

    @property
    def unseen(self) -> Without:
        """Declare the score without rows that are also in the training data."""
        which = "whose inputs are not also in the training data"
        definition = f"{self.title} on the {self.units} {which}; all of them if none are."
        definition += "" if self.kind.is_share else " In the unit of the label."
        apart = ("leaked", "Leaked minus unseen", "that are also in the training data minus that on the others")
        return self._without(_UNSEEN, "unseen rows", definition, which, apart)

    @property
    def deduplicated(self) -> Without:
        """Declare the score without rows that are in the training data or nearly equal to a row of it."""
        which = "that are neither equal nor nearly equal to a row of the training data"
        near = f"that are nearly equal to a row of the training data minus that on those {which}"
        apart = ("near_duplicate", "Near duplicates minus others", near)
        unit = "" if self.kind.is_share else ", in the unit of the label"
        definition = f"{self.title} on the {self.units} {which}{unit}."
        return self._without("deduplicated", "deduplicated", definition, which, apart)


_UNSEEN = "unseen"
_SCORES = (
    _Score("accuracy", "Accuracy", _SHARE),
    _Score("exact_match", "Exact match", _SHARE, "rows"),
    _Score("mae", "MAE", _LOSS),
    _Score("crps", "CRPS", _LOSS),
    _Score("pinball_loss", "Pinball loss", _LOSS),
    _Score("mean_iou", "Mean IoU", _POOLED, "images", "images"),
    _Score("token_accuracy", "Token accuracy", _POOLED, "sequences", "sequences"),
)
WITHOUT_LEAKED = tuple(one.unseen for one in _SCORES)
UNSEEN_ACCURACY, UNSEEN_EXACT, UNSEEN_MAE, UNSEEN_CRPS, UNSEEN_PINBALL, UNSEEN_IOU, UNSEEN_TOKENS = WITHOUT_LEAKED
UNSEEN_NLL = MetricSpec(
    "unseen_nll",
    "NLL, unseen rows",
    "nats",
    False,
    "NLL on the examples whose inputs are not also in the training data; all of them if none are. Of images and sequences that of a pixel or token.",
    f"Good (1952); {_HALL}",
)
UNSEEN = (*(spec for one in WITHOUT_LEAKED for spec in one.specs), UNSEEN_NLL)
"""Where the spec names the training data."""
WITHOUT_NEAR = tuple(one.deduplicated for one in _SCORES)
NEAR_ACCURACY, NEAR_EXACT, NEAR_MAE, NEAR_CRPS, NEAR_PINBALL, NEAR_IOU, NEAR_TOKENS = WITHOUT_NEAR
DEDUPLICATED = tuple(spec for one in WITHOUT_NEAR for spec in one.specs)
"""Where near duplicates were looked for."""


@dataclass(frozen=True)
class Gap:
    """A score on the training data, and by how much it differs from that on the evaluated rows; ``words`` name it in a sentence."""

    score: MetricSpec
    gap: MetricSpec
    words: str


def _gap(name: str, title: str, unit: str, higher_is_better: bool, source: str) -> Gap:  # noqa: FBT001
    """Return the metrics of a score."""
    signed = "signed fraction" if unit == "fraction" else unit
    in_points = ", in points" if unit == "fraction" else ""
    short, words = name.removesuffix("_score").removesuffix("_loss"), naming.in_a_sentence(title)
    return Gap(
        MetricSpec(
            f"train_{name}",
            f"{title}, training data",
            unit,
            higher_is_better,
            f"{title} on the rows of the training data, in inference mode: dropout and augmentation are off.",
            source,
        ),
        MetricSpec(
            f"{short}_gap",
            f"{title} gap",
            signed,
            None,
            f"Generalization gap: {words} on the training data, in inference mode, minus that on the evaluated rows{in_points}. The two samples are independent.",
            _ZOU,
        ),
        words,
    )


ACCURACY_GAP = _gap("accuracy", "Accuracy", "fraction", True, _WILSON)
NLL_GAP = _gap("nll", "NLL", "nats", False, f"Good (1952); {_HALL}")
BRIER_GAP = _gap("brier_score", "Brier score", "", False, f"Brier (1950); {_HALL}")
MICRO_F1_GAP = _gap("micro_f1", "Micro F1", "fraction", True, f"ratio of means; {_HALL}")
EXACT_MATCH_GAP = _gap("exact_match", "Exact match", "fraction", True, _WILSON)
MAE_GAP = _gap("mae", "MAE", "", False, f"mean; {_HALL}")
RMSE_GAP = _gap("rmse", "RMSE", "", False, f"root of the mean square; {_HALL}")
CRPS_GAP = _gap("crps", "CRPS", "", False, f"Gneiting & Raftery (2007); mean; {_HALL}")
PINBALL_GAP = _gap("pinball_loss", "Pinball loss", "", False, f"Koenker & Bassett (1978); mean; {_HALL}")
MEAN_IOU_GAP = _gap("mean_iou", "Mean IoU", "fraction", True, _BY_UNIT)
PIXEL_ACCURACY_GAP = _gap("pixel_accuracy", "Pixel accuracy", "fraction", True, _BY_UNIT)
TOKEN_ACCURACY_GAP = _gap("token_accuracy", "Token accuracy", "fraction", True, _BY_UNIT)


@dataclass(frozen=True)
class GapTable:
    """The gaps of heads of a kind as a table, the main one first; ``rows`` is what their rows are called."""

    name: str
    title: str
    gaps: tuple[Gap, ...]
    rows: str = "rows"


_TITLE = "Generalization gap"
GAP_TABLES = (
    GapTable("gap", _TITLE, (ACCURACY_GAP, NLL_GAP, BRIER_GAP)),
    GapTable("gap-labels", _TITLE, (MICRO_F1_GAP, EXACT_MATCH_GAP)),
    GapTable("gap-values", _TITLE, (MAE_GAP, RMSE_GAP)),
    GapTable("gap-crps", f"{_TITLE} of distributions", (CRPS_GAP,)),
    GapTable("gap-pinball", f"{_TITLE} of quantiles", (PINBALL_GAP,)),
    GapTable("gap-images", _TITLE, (MEAN_IOU_GAP, PIXEL_ACCURACY_GAP, NLL_GAP), "images"),
    GapTable("gap-sequences", _TITLE, (TOKEN_ACCURACY_GAP, EXACT_MATCH_GAP, NLL_GAP), "sequences"),
)
GAPS = tuple(dict.fromkeys(gap for table in GAP_TABLES for gap in table.gaps))
"""Where the training data has labels."""
GENERALIZATION = tuple(spec for one in GAPS for spec in (one.score, one.gap))
