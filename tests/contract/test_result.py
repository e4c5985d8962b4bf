"""A section's result: numbers found by their address."""

from __future__ import annotations

from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult

SPEC = MetricSpec("size", "Size", "count", None, "A number.", "definition")
OTHER = MetricSpec("weight", "Weight", "", None, "A number.", "definition")


def test_numbers_are_found_by_their_address() -> None:
    """By name, model and subject; or all of a name, in their order."""
    numbers = (
        SPEC.measure("a", 1),
        SPEC.measure("a", 2, subject="class:x"),
        OTHER.measure("a", 3),
        SPEC.measure("b", 4),
    )
    result = SectionResult(measurements=numbers)
    assert result.find("size", "a", "class:x").value == 2
    assert [one.metric.value for one in result.named("size")] == [1, 2, 4]
    assert [one.metric.value for one in result.named("size", "b")] == [4]
    assert list(result.named("nothing")) == []


def test_a_copy_finds_its_own_numbers() -> None:
    """The indices of a result do not outlive its measurements."""
    result = SectionResult(measurements=(SPEC.measure("a", 1),))
    assert result.find("size", "a").value == 1
    copied = result.model_copy(update={"measurements": (SPEC.measure("a", 2),)})
    assert copied.find("size", "a").value == 2
    assert [one.metric.value for one in copied.named("size")] == [2]
    assert result.find("size", "a").value == 1
