"""Numbers as text never claim what is not so."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, given, strategies as st

from reportgen.analysis.results import CheckOutcome
from reportgen.contract.numbers import Metric, MetricSpec
from reportgen.text import formatting, outcomes
from reportgen.text.formatting import MINUS, MISSING, THIN

FRACTIONS = st.floats(0, 1)
NUMBERS = st.floats(-1e12, 1e12).map(lambda value: 0.0 if abs(value) < 1e-30 else value)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def plain(text: str) -> str:
    """Return text with ordinary spaces and signs."""
    return text.replace(THIN, " ").replace(MINUS, "-")


def parsed(text: str) -> tuple[float, float]:
    """Return the number that a text without a bound says, and half a unit of its last place."""
    body = plain(text).removesuffix(" %").removesuffix(" nats").replace(",", "").lstrip("+")
    mantissa, _, exponent = body.partition(" × 10")
    power = int(exponent.translate(_SUPERSCRIPTS)) if exponent else 0
    decimals = len(mantissa.partition(".")[2])
    return float(mantissa) * 10.0**power, 0.5 * 10.0 ** (power - decimals)


def measured(value: float, low: float | None = None, high: float | None = None, **more: object) -> Metric:
    """Make a metric in per cent."""
    method = None if low is None else "Wilson"
    return Metric.model_validate(
        {"value": value, "unit": "fraction", "n": 600, "ci_low": low, "ci_high": high, "ci_method": method, **more}
    )


def check(value: float, *, low: float | None = None, high: float | None = None) -> CheckOutcome:
    """Make a check of a fraction."""
    return CheckOutcome(
        address="performance.accuracy",
        title="Accuracy",
        unit="fraction",
        model="cnn",
        subject=None,
        low=low,
        high=high,
        severity="fail",
        state="FAIL",
        metric=measured(value),
        reason=None,
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "fraction", "0 %"),
        (1.0, "fraction", "100 %"),
        (0.5, "fraction", "50.0 %"),
        (0.9996, "fraction", "99.96 %"),
        (0.999961, "fraction", "> 99.99 %"),
        (0.00004, "fraction", "< 0.01 %"),
        (-0.00004, "fraction", "> -0.01 %"),
        (-0.012, "fraction", "-1.2 %"),
        (0.013, "signed fraction", "+1.3 points"),
        (0.013, "relative change", "+1.3 %"),
        (0.003, "", "0.00300"),
        (0.99996, "", "0.99996"),
        (1.0, "", "1.00"),
        (3.2e-8, "", "3.20 × 10⁻⁸"),
        (-2.5e16, "", "-2.50 × 10¹⁶"),
        (0.1102, "nats", "0.110 nats"),
        (12345, "count", "12,345"),
        (12345.0, "count", "12,345"),
        (12345, "index", "12345"),
        (999, "bytes", "999 B"),
        (69_300, "bytes", "69.3 kB"),
        (2_000_000, "bytes", "2.00 MB"),
        (0.0004, "p-value", "< 0.001"),
        (0.0, "p-value", "< 0.001"),
        (0.0312, "p-value", "0.031"),
        (0.9999, "p-value", "> 0.99"),
    ],
)
def test_number(value: float, unit: str, text: str) -> None:
    """A number alone."""
    assert plain(formatting.number(value, unit)) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_missing(value: float) -> None:
    """A bare cell may hold one; a metric cannot."""
    assert formatting.number(value, "fraction") == MISSING


@pytest.mark.parametrize(
    ("metric", "text", "interval"),
    [
        (measured(0.968, 0.951, 0.980), "96.8 %", "[95.1, 98.0]"),
        (measured(0.9687, 0.9681, 0.9693), "96.87 %", "[96.81, 96.93]"),
        (measured(0.966, 0.883, 0.990, n=59), "96.6 %", "[88.3, 99.0]"),
        (measured(0.016, 0.0, 0.042), "1.6 %", "[0, 4.2]"),
        (measured(1.0, 0.99363, 1.0), "100 %", "[99.36, 100]"),
        (measured(0.013, 0.001, 0.026, unit="signed fraction"), "+1.3 points", "[0.1, 2.6]"),
        (measured(0.1102, 0.0532, 0.1661, unit="nats"), "0.11 nats", "[0.05, 0.17]"),
        (measured(0.003, -0.21, 0.33, unit=""), "0.003", "[-0.210, 0.330]"),
        (measured(0.25, 0.25, 0.25), "25.0 %", "[25.0, 25.0]"),
        (measured(3, 2.0, 4.0, unit="count"), "3", "[2, 4]"),
    ],
)
def test_metric_with_interval(metric: Metric, text: str, interval: str) -> None:
    """Value and ends share decimals, given by the width of the interval."""
    shown = formatting.metric(metric)
    assert (plain(shown.text), plain(shown.interval)) == (text, interval)
    assert formatting.interval(metric) == shown.interval


def test_unit_in_the_head_of_a_column_is_not_repeated() -> None:
    """Per cent stays: it is part of the number."""
    assert formatting.metric(measured(0.11, unit="nats"), unit=False).text == "0.110"
    assert plain(formatting.metric(measured(0.11), unit=False).text) == "11.0 %"


def test_missing_metric_has_its_reason() -> None:
    """A dash, and why."""
    one = Metric(value=None, unit="fraction", status="not_applicable", reason="there is only one class")
    assert formatting.metric(one) == formatting.FormattedMetric(MISSING, "", "there is only one class")
    assert formatting.interval(one) == ""


def test_caveat_becomes_the_note() -> None:
    """What to mind about a number stands with it."""
    assert formatting.metric(measured(0.5, caveat="few examples")).note == "few examples"


def test_a_failed_check_is_seen_to_fail() -> None:
    """Not "95.0 %, at least 95 %"."""
    assert plain(outcomes.shown(check(0.9499, low=0.95)).text) == "94.99 %"
    assert plain(outcomes.shown(check(0.9501, high=0.95)).text) == "95.01 %"
    assert plain(outcomes.shown(check(0.95, low=0.95)).text) == "95.0 %"


@pytest.mark.parametrize(
    ("on", "low", "high", "number", "side"),
    [
        ("value", 0.85, None, "81.0 %", "below 85 %"),
        ("value", None, 0.8, "81.0 %", "above 80 %"),
        ("value", 0.9, 0.95, "81.0 %", "not 90 % to 95 %"),
        ("ci_low", 0.85, None, "78.5 % at the lower end", "below 85 %"),
        ("ci_high", None, 0.8, "83.2 % at the upper end", "above 80 %"),
        ("clear", 0.85, None, "81.0 % [78.5, 83.2]", "below 85 %"),
    ],
)
def test_what_is_checked_is_said(on: str, low: float | None, high: float | None, number: str, side: str) -> None:
    """The value, or the end of its interval that must be within the limits."""
    metric = measured(0.81, low=0.785, high=0.832)
    made = check(0.81, low=low, high=high).model_copy(update={"metric": metric, "on": on})
    assert (outcomes.tested(made).replace(THIN, " "), outcomes.beyond(made).replace(THIN, " ")) == (number, side)


def test_a_check_without_a_number_says_so() -> None:
    """Its reason, or that there is none."""
    bare = check(0.5, low=0.9).model_copy(update={"metric": None})
    assert outcomes.shown(bare).note == "not measured"
    assert outcomes.shown(bare.model_copy(update={"reason": "skipped"})).note == "skipped"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.95, None, "at least 95 %"), (None, 0.05, "at most 5 %"), (0.8, 0.999, "80 % to 99.9 %")],
)
def test_condition(low: float | None, high: float | None, text: str) -> None:
    """A limit is written as it was declared."""
    assert plain(outcomes.condition(check(0.5, low=low, high=high))) == text


def test_digest_is_short() -> None:
    """Twelve digits tell files apart."""
    assert formatting.digest("0123456789abcdef" * 4) == "0123456789ab"


@given(FRACTIONS)
def test_a_fraction_is_true_to_half_a_unit(value: float) -> None:
    """And neither 0 nor 100 % unless it is."""
    text = formatting.number(value, "fraction")
    assert (plain(text) == "0 %") == (value == 0)
    assert (plain(text) == "100 %") == (value * 100 == 100)
    if text[0] in "<>":
        bound = float(plain(text).removesuffix(" %")[2:])
        assert value * 100 < bound if text[0] == "<" else value * 100 > bound
    else:
        shown, half = parsed(text)
        assert abs(shown - value * 100) <= half * (1 + 1e-9)


@given(NUMBERS, st.sampled_from(["", "nats"]))
def test_a_pure_number_is_true_to_half_a_unit(value: float, unit: str) -> None:
    """With three significant digits at least; never 0 unless it is, never 1 for what is not."""
    text = formatting.number(value, unit)
    if text[0] in "<>":
        assert abs(abs(value) - 1) < 0.0001
        return
    shown, half = parsed(text)
    assert abs(shown - value) <= half * (1 + 1e-9) + abs(value) * 1e-12
    assert (shown == 0) == (value == 0)
    assert abs(shown - value) <= 0.005 * abs(value) * (1 + 1e-9)


@given(FRACTIONS, FRACTIONS, FRACTIONS)
def test_value_and_interval_share_decimals(one: float, two: float, three: float) -> None:
    """Except for exact ends and bounds; ends that differ by more than noise are seen to differ."""
    low, value, high = sorted((one, two, three))
    assume(high - low > 1e-5)
    shown = formatting.metric(measured(value, low, high))
    ends = plain(shown.interval).strip("[]").split(", ")
    assert ends[0] != ends[1]
    texts = [plain(shown.text).removesuffix(" %"), *ends]
    decimals = {len(text.partition(".")[2]) for text in texts if text not in {"0", "100"}}
    assert len(decimals) <= 1
    for text, exact in zip(texts, (value, low, high), strict=True):
        if text[0] not in "<>":
            assert abs(float(text) - exact * 100) <= 0.5 * 10.0 ** -len(text.partition(".")[2]) + 1e-9
            assert (text == "100") == (exact * 100 == 100)


@given(FRACTIONS, st.integers(1, 999))
def test_a_number_is_seen_on_its_side_of_a_limit(value: float, thousandths: int) -> None:
    """What is shown compares with the limit as the number does."""
    limit = thousandths / 1000
    assume(abs(value - limit) > 1e-7)
    text = plain(outcomes.shown(check(value, low=limit)).text)
    shown = float(re.sub(r"^[<>] | %$", "", text))
    assert (shown > limit * 100) == (value > limit) or (shown == pytest.approx(limit * 100) and text[0] in "<>")


@given(st.floats(0, 1))
def test_a_p_value_is_never_0_and_never_1_for_less(value: float) -> None:
    """Nor further than half a unit from the truth."""
    text = formatting.p_value(value)
    sign, digits = text.split()
    assert float(digits) > 0
    if sign == "=":
        assert abs(float(digits) - value) <= 0.5 * 10.0 ** -len(digits.partition(".")[2]) + 1e-12
        assert (float(digits) == 1) == (value == 1)


@pytest.mark.parametrize(
    ("higher", "by_model", "words"),
    [
        (True, False, "higher is better"),
        (False, False, "lower is better"),
        (None, False, "no preferred direction"),
        (None, True, "preferred direction depends on the training objective"),
    ],
)
def test_directions(higher: bool | None, by_model: bool, words: str) -> None:
    """The words of the glossary, the model card, the documentation and ``reportgen sections``."""
    spec = MetricSpec("m", "M", "", higher, "What it is.", "convention", direction_by_model=by_model)
    assert formatting.direction(spec) == words


def test_a_difference_of_fractions_is_in_points() -> None:
    """The value, its sign and its interval, without a sign of per cent."""
    one = measured(0.0172, 0.0041, 0.0323, unit="signed fraction")
    assert plain(formatting.with_interval(one)) == "+1.7 points [0.4, 3.2]"
    assert plain(formatting.with_interval(measured(-0.017, unit="signed fraction"))) == "-1.7 points"
