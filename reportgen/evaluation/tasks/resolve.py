"""What a head is for and what it puts out: ordered rules over evidence, first match wins, the rule is recorded.

The range of the outputs is never evidence: it may contradict a decision later, it never makes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.records.heads import Decision

_CLASSIFICATION_LOSSES = {
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
}
_SIGMOID_LOSSES = {"binary_crossentropy", "binary_focal_crossentropy"}
_REGRESSION_LOSSES = {
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "poisson",
    "cosine_similarity",
}
_NORMALISED = {"softmax", "sigmoid"}


class ContradictionError(Exception):
    """Two pieces of evidence exclude each other; the message is one sentence with the remedy."""


class UndecidedError(Exception):
    """No rule matches; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class HeadEvidence:
    """All that may decide about a head.

    Attributes
    ----------
    declared_task, declared_outputs
        As in the spec; ``auto`` where nothing is declared.
    loss
        Name of the compiled loss, as in :func:`reportgen.inputs.models.canonical_loss`; None without one.
    from_logits
        Of the compiled loss; None without one or where the loss has no such option.
    activation
        Name of the function at the very end; ``linear`` where there is none; None where it cannot be seen.
    n_outputs
        Size of the last axis.
    labels
        ``integers``, ``strings``, ``rows`` or ``floats``; None without labels.
    """

    declared_task: str = "auto"
    declared_outputs: str = "auto"
    loss: str | None = None
    from_logits: bool | None = None
    activation: str | None = None
    n_outputs: int = 1
    labels: str | None = None


def resolve_task(evidence: HeadEvidence) -> Decision:  # noqa: PLR0911 one return a rule
    """Decide what the head is for.

    Raises
    ------
    UndecidedError
        No rule matches.
    """
    classes = "multiclass" if evidence.n_outputs > 2 else "binary"  # noqa: PLR2004
    several = "multilabel" if evidence.n_outputs > 1 else "binary"
    if evidence.declared_task != "auto":
        return Decision(evidence.declared_task, "declared in the spec")
    if evidence.loss in _CLASSIFICATION_LOSSES:
        return Decision(classes, f"compiled loss {evidence.loss}, {evidence.n_outputs} outputs")
    if evidence.loss in _SIGMOID_LOSSES:
        return Decision(several, f"compiled loss {evidence.loss}, {evidence.n_outputs} outputs")
    if evidence.loss in _REGRESSION_LOSSES:
        return Decision("regression", f"compiled loss {evidence.loss}")
    if evidence.activation == "softmax":
        return Decision(classes, f"last activation softmax, {evidence.n_outputs} outputs")
    if evidence.activation == "sigmoid" and evidence.labels != "floats":
        return Decision(several, f"last activation sigmoid, {evidence.n_outputs} outputs")
    if evidence.declared_outputs == "values" or evidence.labels == "floats":
        reason = "outputs declared as values" if evidence.declared_outputs == "values" else "fractional labels"
        return Decision("regression", reason)
    if evidence.declared_outputs in {"logits", "probabilities"}:
        return Decision(classes, f"outputs declared as {evidence.declared_outputs}, {evidence.n_outputs} outputs")
    raise UndecidedError(
        "no compiled loss, and the last activation does not tell whether the outputs are logits or values: "
        'say outputs = "logits", "probabilities" or "values"'
    )


def resolve_outputs(evidence: HeadEvidence, task: str) -> Decision:
    """Decide what the head puts out: ``probabilities``, ``logits`` or ``values``.

    Raises
    ------
    ContradictionError
        The declaration or the loss speaks of logits, but the head ends in a softmax or sigmoid.
    UndecidedError
        No rule matches.
    """
    decision = _outputs(evidence, task)
    if decision.value == "logits" and evidence.activation in _NORMALISED:
        raise ContradictionError(
            f"outputs are logits ({decision.rule}), but the last activation is {evidence.activation}: "
            'if they are probabilities, say outputs = "probabilities"'
        )
    return decision


def _outputs(evidence: HeadEvidence, task: str) -> Decision:
    if evidence.declared_outputs != "auto":
        return Decision(evidence.declared_outputs, "declared in the spec")
    if task == "regression":
        return Decision("values", "a regression head puts out values")
    if evidence.from_logits is not None and evidence.loss is not None:
        kind = "logits" if evidence.from_logits else "probabilities"
        return Decision(kind, f"compiled loss {evidence.loss} with from_logits={evidence.from_logits}")
    if evidence.activation in _NORMALISED:
        return Decision("probabilities", f"last activation {evidence.activation}")
    raise UndecidedError(
        f"neither a compiled loss nor the last activation ({evidence.activation or 'not visible'}) tells whether the "
        'outputs are logits or probabilities: say outputs = "logits" or "probabilities"'
    )
