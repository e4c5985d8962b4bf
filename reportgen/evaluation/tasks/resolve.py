"""What a head is for and what type its outputs are: ordered rules over evidence, first match wins, the rule is recorded.

The range of the outputs is never evidence: it may contradict a decision later, it never makes one.
"""

from __future__ import annotations

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import NORMALIZED, ContradictionError, HeadEvidence, Task, UndecidedError
from reportgen.evaluation.tasks.classification import Classification
from reportgen.evaluation.tasks.multilabel import Multilabel
from reportgen.evaluation.tasks.regression import Regression

TASKS: tuple[Task, ...] = (Classification(), Multilabel(), Regression())
"""Every task, each with a file of its own; no two match the same evidence."""
_LOOKS = (Task.of_loss, Task.of_activation, Task.of_labels, Task.of_outputs)
"""Kinds of evidence, the strongest first."""


def task_of(name: str) -> Task:
    """Return the room of a task; KeyError where there is none."""
    return {value: task for task in TASKS for value in task.names}[name]


def resolve_task(evidence: HeadEvidence) -> Decision:
    """Decide what the head is for.

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
        "no compiled loss, and the last activation does not tell whether the outputs are logits or values: "
        'set outputs = "logits", "probabilities" or "values"'
    )


def resolve_outputs(evidence: HeadEvidence, task: str) -> Decision:
    """Decide what the outputs are: ``probabilities``, ``logits`` or ``values``.

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
