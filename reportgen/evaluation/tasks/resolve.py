"""Decides the task of a head and the type of its outputs by ordered rules: the first match applies and is recorded.

The range of the outputs is never evidence: it can contradict a decision later, but never makes one.
"""

from __future__ import annotations

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import (
    NORMALIZED,
    OF_DISTRIBUTIONS,
    ContradictionError,
    HeadEvidence,
    Task,
    UndecidedError,
)
from reportgen.evaluation.tasks.classification import Classification
from reportgen.evaluation.tasks.dense import Dense
from reportgen.evaluation.tasks.distributional import QUANTILES, Distributional
from reportgen.evaluation.tasks.multilabel import Multilabel
from reportgen.evaluation.tasks.regression import Regression

TASKS: tuple[Task, ...] = (Classification(), Multilabel(), Regression(), Distributional(), Dense())
"""All tasks, one module each; no two match the same evidence."""
_LOOKS = (Task.of_loss, Task.of_activation, Task.of_labels, Task.of_outputs)
"""The kinds of evidence, the strongest first."""
_OF_TASK = {"values": "regression", **dict.fromkeys(OF_DISTRIBUTIONS, "distributional")}
"""The only task that declared outputs of these types can have."""


def task_of(name: str) -> Task:
    """Return the module of a task; KeyError if there is none."""
    return {value: task for task in TASKS for value in task.names}[name]


def resolve_task(evidence: HeadEvidence) -> Decision:
    """Decide the task of a head.

    Raises
    ------
    ContradictionError
        The declared type of the outputs is that of another task, or the classes of positions are not on the last axis.
    UndecidedError
        No rule matches.
    """
    decision = _task(evidence)
    if decision.value in Dense.names and evidence.axis is not None:
        axes = [*(axis for axis in range(1, evidence.axes + 2) if axis != evidence.axis), evidence.axis]
        raise ContradictionError(
            f"the last softmax is over axis {evidence.axis} of the output, so the classes are there, but in {decision.value} they must be on the "
            f"last axis: save the model with keras.layers.Permute(({', '.join(map(str, axes))})) and then a softmax over axis -1 in its place"
        )
    declared = evidence.declared_outputs
    if _OF_TASK.get(declared, decision.value) != decision.value:
        raise ContradictionError(
            f"the outputs are declared as {declared}, but the task is {decision.value} ({decision.rule}): if the declaration is right, "
            f'set task = "{_OF_TASK[declared]}"',
            "quantiles" if declared == QUANTILES else "outputs",
        )
    return decision


def _task(evidence: HeadEvidence) -> Decision:
    if evidence.declared_task != "auto":
        return Decision(evidence.declared_task, "declared in the spec")
    for look in _LOOKS:
        for task in TASKS:
            decision = getattr(task, look.__name__)(evidence)
            if decision is not None:
                return decision
    raise UndecidedError(
        "no compiled loss, and the last activation does not show whether the outputs are logits or values: "
        'set outputs = "logits", "probabilities" or "values"'
    )


def resolve_outputs(evidence: HeadEvidence, task: str) -> Decision:
    """Decide the type of the outputs: ``probabilities``, ``logits``, ``values`` or a kind of distribution.

    Raises
    ------
    ContradictionError
        The declaration or the loss says logits, but the head ends in a softmax or sigmoid.
    UndecidedError
        No rule matches.
    """
    if evidence.declared_outputs != "auto":
        decision = Decision(evidence.declared_outputs, "declared in the spec")
    else:
        decision = task_of(task).output_type(evidence)
    if decision.value == "logits" and evidence.activation in NORMALIZED:
        raise ContradictionError(
            f"outputs are logits ({decision.rule}), but the last activation is {evidence.activation}: "
            'if they are probabilities, set outputs = "probabilities"'
        )
    return decision
