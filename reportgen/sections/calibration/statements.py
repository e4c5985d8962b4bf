"""Statements of the calibration section: whether the confidence can be trusted, and whether rescaling would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject, about
from reportgen.sections.calibration.distributions import statements as distributions
from reportgen.sections.calibration.findings import FEW_ROWS, SIGNIFICANT, TYPICAL, class_evidence, evidence
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.sections.calibration.findings import ClassEvidence, Evidence
    from reportgen.sections.calibration.schema import CalibrationResult

_MOST = 2
"""Statements about the heads of a candidate. Convention."""
_TEST_OF_CLASSES = "ECE and bias of each class against those of calibrated models, adjusted for all classes"
_TEST = "ECE and number of errors against those of calibrated models, adjusted for all models"


def statements(result: CalibrationResult, view: View) -> tuple[Statement, ...]:
    """Return direction and size of the candidate's confidence error; in a comparison, of how many models it is measurable."""
    of_classes = [one for one in class_evidence(result) if view.decision.concerns(one.model)]
    among_labels = len({one.model for one in of_classes}) > 1
    return (
        *_of_heads(result, view),
        *(_of_classes(one, among_others=among_labels) for one in of_classes[:_MOST]),
        *distributions.statements(result, view),
    )


def _of_classes(one: ClassEvidence, *, among_others: bool) -> Statement:
    """Return of how many classes of a multilabel head the probability is off, and for which it is most."""
    name = f"{about(one.model, one.subject)}: " if among_others else ""
    if one.subject is not None and not among_others:
        name = f"{Subject(one.subject).words.capitalize()}: "
    p: list[Quantity | str] = []
    if one.p is not None:
        text = f"p {formatting.p_value(one.p)}"
        p = [" (", Quantity(text=text, metric="calibration_p", model=one.model, subject=_at_head(one)), ")"]
    if not one.wrong:
        words = _sentence("no class is measurably miscalibrated", name)
        settled = one.n >= FEW_ROWS
        return _on_classes([name, words, *p, "."], one, settled=settled)
    worst = one.wrong[0]
    part = Subject.of("class", worst.name, within=one.subject)
    ece = Quantity(
        text=formatting.fraction(required(worst.ece.value)), metric="class_ece", model=one.model, subject=part
    )
    limit = Quantity(
        text=formatting.fraction(required(worst.null.ci_high)), metric="class_ece_null", model=one.model, subject=part
    )
    are = "is" if len(one.wrong) == 1 else "are"
    start = f"{name}{len(one.wrong)} of {one.total} classes {are} miscalibrated, most of all {worst.name}: ECE "
    return _on_classes([start, ece, ", of calibrated models at most ", limit, "."], one, settled=True)


def _on_classes(parts: Sequence[Quantity | str], one: ClassEvidence, *, settled: bool) -> Statement:
    words = tuple(part for part in parts if part)
    return Statement(topic="confidence", parts=words, settled=settled, test=_TEST_OF_CLASSES, p_value=one.p, n=one.n)


def _at_head(one: ClassEvidence) -> Subject | None:
    return None if one.subject is None else Subject(one.subject)


def _of_heads(result: CalibrationResult, view: View) -> tuple[Statement, ...]:
    """Return the statements about heads whose classes exclude each other."""
    found = [one for one in evidence(result) if view.decision.concerns(one.model)]
    if len({one.model for one in found}) > 1:
        return (_of_all(found),)
    among_others = view.decision.candidate is None and len({one.model for one in result.named("calibration_p")}) > 1
    return tuple(_of_head(result, one, _name(one, among_others=among_others)) for one in found[:_MOST])


def _name(one: Evidence, *, among_others: bool) -> str:
    """Return what the statement is about, if that is not clear."""
    if among_others:
        return f"{about(one.model, one.subject)}: "
    return "" if one.subject is None else f"{Subject(one.subject).words.capitalize()}: "


def _of_head(result: CalibrationResult, one: Evidence, name: str) -> Statement:
    parts: list[Quantity | str]
    if one.side:
        parts = [f"{name}{_sentence('over' if one.side > 0 else 'under', name)}-confident by ", _size(one)]
    elif one.p < SIGNIFICANT and required(one.ece.value) > required(one.null.ci_high):
        ece = Quantity(text=formatting.fraction(required(one.ece.value)), **_at(one, "ece"))
        limit = Quantity(text=formatting.fraction(required(one.null.ci_high)), **_at(one, "ece_null"))
        start = _sentence("miscalibrated", name)
        parts = [f"{name}{start}: ECE ", ece, ", of calibrated models at most ", limit]
    else:
        p = Quantity(text=f"calibration p {formatting.p_value(one.p)}", **_at(one, "calibration_p"))
        parts = [f"{name}{_sentence(_unsized(one), name)} (", p, "; confidence minus accuracy ", _signed(one), ")"]
    settled = one.p < SIGNIFICANT or _settled(one)
    return _statement([*parts, *_rescaling(result, one), "."], one, settled=settled)


def _unsized(one: Evidence) -> str:
    """Return what is known of a confidence error of which neither direction nor size is."""
    if one.p < SIGNIFICANT:
        return "miscalibrated, direction unclear"
    return "no miscalibration detected" if _settled(one) else "too few rows to judge the confidence"


def _sentence(words: str, name: str) -> str:
    """Return the beginning of a sentence, in small letters after a name."""
    return words if name else words[:1].upper() + words[1:]


def _settled(one: Evidence) -> bool:
    """Return whether the data excludes a confidence error that would matter, of the size of typical uncalibrated networks."""
    low, high = one.gap.ci_low, one.gap.ci_high
    return one.ece.n is not None and one.ece.n >= FEW_ROWS and low is not None and max(-low, required(high)) < TYPICAL


def _rescaling(result: CalibrationResult, one: Evidence) -> list[Quantity | str]:
    """Return what temperature scaling would bring, as far as it is known; nothing where the head is not shown to need it."""
    gain = result.find_or_none("temperature_nll_gain", one.model, one.subject)
    if one.p >= SIGNIFICANT or gain is None or gain.value is None:
        return []
    if gain.ci_low is None:
        return ["; too few errors to test rescaling"]
    if gain.ci_low <= 0:
        return ["; rescaling would bring no measurable gain"]
    return [
        "; rescaling would ",
        Quantity(text="measurably improve", **_at(one, "temperature_nll_gain")),
        " the probabilities",
    ]


def _of_all(found: Sequence[Evidence]) -> Statement:
    """Return of how many models the confidence error is measurable, and the largest one."""
    wrong = [one for one in found if one.p < SIGNIFICANT]
    largest = max(wrong or found, key=lambda one: abs(required(one.gap.value)))
    total = len(found)
    parts: list[Quantity | str]
    if wrong:
        have = "has" if len(wrong) == 1 else "have"
        start = f"{len(wrong)} of {total} models {have} a measurable confidence error, most of all {largest.model}: "
        size = (
            (f"{'over' if largest.side > 0 else 'under'}-confident by ", _size(largest))
            if largest.side
            else ("confidence minus accuracy is ", _signed(largest))
        )
        parts = [start, *size, "."]
    else:
        parts = [
            f"None of {total} models has a measurable confidence error; the largest confidence minus accuracy is ",
            _signed(largest),
            f" ({largest.model}).",
        ]
    return _statement(parts, largest, settled=bool(wrong) or all(map(_settled, found)))


def _statement(parts: Sequence[Quantity | str], one: Evidence, *, settled: bool) -> Statement:
    return Statement(topic="confidence", parts=tuple(parts), settled=settled, test=_TEST, p_value=one.p, n=one.ece.n)


def _at(one: Evidence, metric: str) -> dict[str, Any]:
    return {"metric": metric, "model": one.model, "subject": one.subject}


def _signed(one: Evidence) -> Quantity:
    return Quantity(text=formatting.with_interval(one.gap).partition(" [")[0], **_at(one, "calibration_gap"))


def _size(one: Evidence) -> Quantity:
    signed = _signed(one)
    return signed.model_copy(update={"text": signed.text.lstrip(f"+{formatting.MINUS}")})
