"""Metrics that the performance section declares about the training data: scores without its rows, bit by bit or nearly, and the generalization gap."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.numbers import MetricSpec
from reportgen.text import naming


@dataclass(frozen=True)
class Without:
    """A score without the rows that are in the training data, bit by bit or nearly, and what that changes; ``words`` name it in a sentence."""

    others: MetricSpec
    difference: MetricSpec
    """Of the candidate from its baseline, on these rows; where the spec has both."""
    apart: MetricSpec
    """The score on the rows that are left out minus that on the others."""
    words: str

    @property
    def specs(self) -> tuple[MetricSpec, MetricSpec, MetricSpec]:
        """All metrics."""
        return self.others, self.difference, self.apart


@dataclass(frozen=True)
class _Score:
    """A score of rows, a share or in the unit of the label, and what rows are called."""

    name: str
    title: str
    rows: str
    is_share: bool

    @property
    def words(self) -> str:
        """The score in a sentence."""
        return naming.in_a_sentence(self.title)

    def _without(self, prefix: str, which: str, definition: str, others: str, apart: tuple[str, str, str]) -> Without:
        """Declare the metrics; ``apart`` is the name, the title and the definition of the third."""
        difference = "signed fraction" if self.is_share else ""
        newcombe, end = "Newcombe (1998), method 10", ", in points" if self.is_share else ", in the unit of the label"
        return Without(
            MetricSpec(
                f"{prefix}_{self.name}",
                f"{self.title}, {which}",
                "fraction" if self.is_share else "",
                self.is_share,
                definition,
                "Wilson (1927) for the interval" if self.is_share else "mean; Hall (1992) for the interval",
            ),
            MetricSpec(
                f"{prefix}_{self.name}_difference",
                f"Candidate minus baseline, {which}",
                difference,
                self.is_share,
                f"{self.title} of the candidate minus that of its baseline, on the {self.rows} {others}{end}.",
                newcombe if self.is_share else "paired mean; Hall (1992) for the interval",
            ),
            MetricSpec(
                f"{apart[0]}_{self.name}_difference",
                f"{apart[1]}, {self.words}",
                difference,
                None,
                f"{self.title} on the {self.rows} {apart[2]}{end}.",
                newcombe if self.is_share else "Zou & Donner (2008)",
            ),
            self.words,
        )

    @property
    def unseen(self) -> Without:
        """Declare the score without rows that are also in the training data."""
        which = "whose inputs are not also in the training data"
        definition = f"{self.title} on the {self.rows} {which}; all of them if none are."
        definition += "" if self.is_share else " In the unit of the label."
        apart = ("leaked", "Leaked minus unseen", "that are also in the training data minus that on the others")
        return self._without("unseen", "unseen rows", definition, which, apart)

    @property
    def deduplicated(self) -> Without:
        """Declare the score without rows that are in the training data or nearly equal to a row of it."""
        which = "that are neither equal nor nearly equal to a row of the training data"
        near = f"that are nearly equal to a row of the training data minus that on those {which}"
        apart = ("near_duplicate", "Near duplicates minus others", near)
        definition = f"{self.title} on the {self.rows} {which}{'' if self.is_share else ', in the unit of the label'}."
        return self._without("deduplicated", "deduplicated", definition, which, apart)


_ACCURACY = _Score("accuracy", "Accuracy", "examples", is_share=True)
_EXACT = _Score("exact_match", "Exact match", "rows", is_share=True)
_MAE = _Score("mae", "MAE", "examples", is_share=False)
UNSEEN_ACCURACY, UNSEEN_EXACT, UNSEEN_MAE = _ACCURACY.unseen, _EXACT.unseen, _MAE.unseen
UNSEEN_NLL = MetricSpec(
    "unseen_nll",
    "NLL, unseen rows",
    "nats",
    False,
    "NLL on the examples whose inputs are not also in the training data; all of them if none are.",
    "Good (1952); Hall (1992) for the interval",
)
OF_CLASSES = (UNSEEN_ACCURACY.others, UNSEEN_NLL, UNSEEN_ACCURACY.difference, UNSEEN_ACCURACY.apart)
UNSEEN = (*OF_CLASSES, *UNSEEN_MAE.specs, *UNSEEN_EXACT.specs)
"""Where the spec names the training data."""
NEAR_ACCURACY, NEAR_EXACT, NEAR_MAE = _ACCURACY.deduplicated, _EXACT.deduplicated, _MAE.deduplicated
DEDUPLICATED = (*NEAR_ACCURACY.specs, *NEAR_MAE.specs, *NEAR_EXACT.specs)
"""Where near duplicates were looked for."""


@dataclass(frozen=True)
class Gap:
    """A score on the training data, and by how much it differs from that on the evaluated rows; ``words`` name it in a sentence."""

    score: MetricSpec
    gap: MetricSpec
    words: str


def _gap(name: str, title: str, unit: str, higher_is_better: bool, source: str, words: str) -> Gap:  # noqa: FBT001
    """Return the metrics of a score; ``words`` name it in a sentence."""
    signed = "signed fraction" if unit == "fraction" else unit
    in_points = ", in points" if unit == "fraction" else ""
    short = name.removesuffix("_score")
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
            "Zou & Donner (2008)",
        ),
        words,
    )


_HALL, _WILSON = "Hall (1992) for the interval", "Wilson (1927) for the interval"
ACCURACY_GAP = _gap("accuracy", "Accuracy", "fraction", True, _WILSON, "accuracy")
NLL_GAP = _gap("nll", "NLL", "nats", False, f"Good (1952); {_HALL}", "NLL")
BRIER_GAP = _gap("brier_score", "Brier score", "", False, f"Brier (1950); {_HALL}", "Brier score")
MICRO_F1_GAP = _gap(
    "micro_f1", "Micro F1", "fraction", True, "ratio of means; Hall (1992) for the interval", "micro F1"
)
EXACT_MATCH_GAP = _gap("exact_match", "Exact match", "fraction", True, _WILSON, "exact match")
MAE_GAP = _gap("mae", "MAE", "", False, f"mean; {_HALL}", "MAE")
RMSE_GAP = _gap("rmse", "RMSE", "", False, f"root of the mean square; {_HALL}", "RMSE")

GAPS = (ACCURACY_GAP, NLL_GAP, BRIER_GAP, MICRO_F1_GAP, EXACT_MATCH_GAP, MAE_GAP, RMSE_GAP)
"""Where the training data has labels."""
GENERALIZATION = tuple(spec for one in GAPS for spec in (one.score, one.gap))
