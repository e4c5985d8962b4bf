"""Decides the task of a head and the type of its outputs by ordered rules: the first match applies and is recorded.

The range of the outputs is never evidence: it can contradict a decision later, but never makes one.
"""

from __future__ import annotations

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import NORMALIZED, ContradictionError, HeadEvidence, Task, UndecidedError
from reportgen.evaluation.tasks.classification import Classification
from reportgen.evaluation.tasks.dense import Dense
from reportgen.evaluation.tasks.multilabel import Multilabel
from reportgen.evaluation.tasks.regression import Regression

TASKS: tuple[Task, ...] = (Classification(), Multilabel(), Regression(), Dense())
"""All tasks, one module each; no two match the same evidence."""
_LOOKS = (Task.of_loss, Task.of_activation, Task.of_labels, Task.of_outputs)
"""The kinds of evidence, the strongest first."""


def task_of(name: str) -> Task:
    """Return the module of a task; KeyError if there is none."""
    return {value: task for task in TASKS for value in task.names}[name]


def resolve_task(evidence: HeadEvidence) -> Decision:
    """Decide the task of a head.

    Raises
    ------
    UndecidedError
        No rule matches.
    """
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
    """Decide the type of the outputs: ``probabilities``, ``logits`` or ``values``.

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
