"""Multilabel heads: recognized, not measured yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import Task, type_of_probabilities
from reportgen.evaluation.tasks.classification import SIGMOID_LOSSES

if TYPE_CHECKING:
    from reportgen.evaluation.tasks.base import HeadEvidence


class Multilabel(Task):
    """Several sigmoids."""

    names = ("multilabel",)

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match several outputs under a sigmoid loss."""
        if evidence.loss in SIGMOID_LOSSES and evidence.n_outputs > 1:
            return Decision("multilabel", f"compiled loss {evidence.loss}, {evidence.n_outputs} outputs")
        return None

    def of_activation(self, evidence: HeadEvidence) -> Decision | None:
        """Match several sigmoids, unless the labels are fractional."""
        if evidence.activation == "sigmoid" and evidence.labels != "floats" and evidence.n_outputs > 1:
            return Decision("multilabel", f"last activation sigmoid, {evidence.n_outputs} outputs")
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Return probabilities or logits."""
        return type_of_probabilities(evidence)
