"""The overview section: models, data, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from factory import draw_all, inside, leaking, model, produced
from scipy.stats import binomtest

from reportgen.contract.focus import View
from reportgen.contract.records.architecture import Architecture, LayerSummary, TensorSummary
from reportgen.contract.records.data import DataDescription, LabelCounts, NearDuplicates, NearPair
from reportgen.contract.records.examples import Thumbnail
from reportgen.evaluation.population import describe_data
from reportgen.inputs.sources.memory import Memory
from reportgen.sections.overview import SECTION
from reportgen.sections.overview.analyzer import OverviewAnalyzer
from reportgen.sections.overview.schema import OverviewOptions, OverviewResult
from reportgen.text.formatting import THIN


def architecture(n_layers: int = 2, loss: str | None = "mse") -> Architecture:
    """Make an architecture of equal layers, the last of them with one inside, which is shared."""
    layers = [LayerSummary(f"layer_{i}", "Dense", 0, (None, 4), 10 + i, 10, 0) for i in range(n_layers)]
    inner = LayerSummary("layer_0/inner", "Dense", 1, None, 0, 0, 0, "layer_1")
    tensor = TensorSummary("x", (4,), "float32")
    return Architecture("Functional", (*layers, inner), 21, 20, 84, "float32", (tensor,), (tensor,), loss, "Adam", None)


def analyze(*models: Any, description: DataDescription | None = None, **options: Any) -> OverviewResult:
    """Analyze models on four rows."""
    found = description or DataDescription((), (LabelCounts(None, ("0", "1"), (3, 1)),), 0, 0)
    return OverviewAnalyzer(OverviewOptions(**options)).analyze(inside(*models, n=4, description=found))


def codes(result: OverviewResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


def test_what_is_declared_is_produced() -> None:
    """Parameters, sizes and layers; a shared layer is counted once."""
    result = analyze(model(architecture=architecture()))
    assert produced(result) == {one.name for one in SECTION.metrics} - {"leaked_rows", "near_duplicate_rows"}
    names = ("parameters", "trainable_parameters", "size_bytes", "memory_bytes", "layers")
    assert [result.find(name, "a").value for name in names] == [21, 20, 1000, 84, 2]


def test_equal_architectures_share_a_table() -> None:
    """Three models of two architectures have two layer tables; long ones are cut and say so."""
    one, other = architecture(), architecture(30)
    result = analyze(model("a", architecture=one), model("b", architecture=one), model("c", architecture=other))
    tables = {table.title: table for table in SECTION.tables(result, View())}
    assert "Layers of a, b" in tables
    assert len(tables["Layers of c"].rows) == 20
    assert "10 more" in tables["Layers of c"].note


def test_rows_that_repeat_are_found() -> None:
    """Bit for bit, over all inputs; another label on equal inputs is a conflict."""
    x = np.array([[1.0, 2], [3, 4], [1, 2], [1, 2]])
    dataset = Memory(x, np.array([0, 1, 0, 1])).open()
    found = describe_data(dataset, np.arange(4), ("cat", "dog"))
    assert (found.duplicates, found.conflicting) == (2, 1)
    assert found.labels == (LabelCounts(None, ("cat", "dog"), (2, 2)),)
    assert describe_data(dataset, np.arange(2)).duplicates == 0
    unlabelled = Memory({"left": x, "right": x[::-1]}, None).open()
    assert describe_data(unlabelled, np.arange(4)).conflicting is None


def test_labels_that_name_no_class_have_no_balance() -> None:
    """Fractions are no classes; one-hot rows and texts are."""
    x = np.zeros((3, 1))
    for y, expected in (
        (np.array([0.5, 1.5, 2.5]), ()),
        (np.eye(3), ("0", "1", "2")),
        (np.array(["b", "a", "a"]), ("a", "b")),
    ):
        found = describe_data(Memory(x, y).open(), np.arange(3)).labels
        assert tuple(name for one in found for name in one.values) == expected


def test_rules() -> None:
    """Conflicts, many and few repetitions, imbalance and a missing loss are told."""
    made = model(architecture=architecture(loss=None))
    balance = (LabelCounts(None, ("rare", "common"), (1, 30)),)
    assert codes(analyze(made, description=DataDescription((), balance, 2, 1))) == {
        "OVW101",
        "OVW102",
        "OVW201",
        "OVW301",
    }
    assert codes(analyze(model(architecture=architecture()), description=DataDescription((), (), 0, None))) == set()


def test_effects_are_multiples_of_the_threshold() -> None:
    """Three times as uneven as worth a note; duplicates and conflicts as multiples of 1 % of the rows; a loss has no size."""
    result = analyze(
        model(architecture=architecture(loss=None)),
        description=DataDescription((), (LabelCounts(None, ("rare", "common"), (1, 30)),), 2, 1),
    )
    found = {one.code: (one.effect, one.n) for rule in SECTION.rules for one in rule.apply(result)}
    assert found == {"OVW101": (25, 4), "OVW102": (50, 4), "OVW201": (3, 31), "OVW301": (None, None)}


def leaks(*leaked: bool, **of_data: Any) -> OverviewResult:
    """Analyze a model on rows of which some are in the training data."""
    made = leaking(inside(model(architecture=architecture()), n=len(leaked)), leaked)
    assert made.data is not None
    return OverviewAnalyzer(OverviewOptions()).analyze(replace(made, data=replace(made.data, **of_data)))


def test_leaked_rows_are_counted() -> None:
    """As a share with Wilson's interval, a problem, a sentence and a row of the table."""
    result = leaks(*[True] * 3, *[False] * 97)
    assert produced(result) == {one.name for one in SECTION.metrics} - {"near_duplicate_rows"}
    share = result.find("leaked_rows", "a")
    low, high = binomtest(3, 100).proportion_ci(method="wilson")
    assert (share.value, share.n) == (0.03, 100)
    assert (share.ci_low, share.ci_high) == (pytest.approx(low), pytest.approx(high))
    (found,) = (one for rule in SECTION.rules for one in rule.apply(result))
    assert (found.code, found.severity, found.effect) == ("OVW104", "problem", pytest.approx(3))
    assert [one.text for one in SECTION.statements(result, View())] == ["3 of 100 rows are also in the training data."]
    assert result.data is not None
    (table,) = (one for one in SECTION.tables(result, View()) if one.name == "data")
    rows = dict(table.rows)
    assert rows["training data"] == "1,000 rows, compared bit by bit"
    assert rows["rows also in the training data"] == "3 (3.0 % [1.0, 8.5])".replace(" %", f"{THIN}%")
    assert str(rows["file of the training data"]).startswith("train.npz, SHA-256 ")


def test_no_leaked_row_is_said_too() -> None:
    """As a share of 0 with its interval, without a finding."""
    result = leaks(*[False] * 100)
    share = result.find("leaked_rows", "a")
    assert (share.value, share.ci_low) == (0, 0)
    assert share.ci_high == pytest.approx(binomtest(0, 100).proportion_ci(method="wilson").high)
    assert codes(result) == set()
    assert SECTION.statements(result, View()) == ()


def nearly(near: NearDuplicates, leaked: Any = None) -> OverviewResult:
    """Analyze a model on rows of which some are near duplicates of training rows."""
    none = np.zeros(len(near.near), np.bool_)
    made = leaking(inside(model(architecture=architecture()), n=len(none)), none if leaked is None else leaked, near)
    return OverviewAnalyzer(OverviewOptions()).analyze(made)


def test_near_duplicates_are_no_leaked_rows() -> None:
    """They have a share, a warning with the method and what would be expected anyway, a sentence, and rows of the table of their own."""
    near = NearDuplicates(np.arange(200) < 4, "no value differs", 1, (NearPair(2, 12, 34, None, 0.0004),))
    result = nearly(near)
    assert result.find("leaked_rows", "a").value == 0
    share = result.find("near_duplicate_rows", "a")
    low, high = binomtest(4, 200).proportion_ci(method="wilson")
    assert (share.value, share.ci_low, share.ci_high) == (0.02, pytest.approx(low), pytest.approx(high))
    (found,) = (one for rule in SECTION.rules for one in rule.apply(result))
    assert (found.code, found.severity, found.effect) == ("OVW105", "warning", pytest.approx(2))
    assert " 1 evaluated row is as close to another evaluated row: about 5 would be without any copy. " in found.message
    said = [one.text for one in SECTION.statements(result, View())]
    assert said == ["4 of 200 rows are nearly equal to a row of the training data."]
    tables = {one.name: one for one in SECTION.tables(result, View())}
    rows = dict(tables["data"].rows)
    assert rows["rows also in the training data"] == f"0 (0{THIN}% [0, 1.9])"
    assert str(rows["near duplicates in the training data"]).endswith(": no value differs")
    assert tables["near-duplicates"].rows == ((12, 34, "largest difference 0.0004 SD"),)
    assert SECTION.galleries(result, View()) == ()


def test_pairs_with_pictures_are_a_gallery() -> None:
    """Both rows side by side, and no table."""
    pictures = tuple((Thumbnail("x", png, 8, 8),) for png in ("own", "other"))
    pair = NearPair(2, 12, 34, 0.99996, None, *pictures)
    result = nearly(NearDuplicates(np.arange(200) < 1, "by hashes", 0, (pair,)))
    (gallery,) = SECTION.galleries(result, View())
    (card,) = gallery.cards
    assert [(one.name, one.png) for one in card.pictures] == [("x, evaluated", "own"), ("x, training", "other")]
    assert card.alt == "row 12 beside row 34 of the training data, correlation 0.9999"
    assert [column.title for column in gallery.table.columns] == ["Row", "Content"]
    assert "near-duplicates" not in {one.name for one in SECTION.tables(result, View())}


def test_near_duplicates_that_were_not_looked_for() -> None:
    """Are missing with the reason, never 0."""
    result = nearly(NearDuplicates(np.zeros(100, np.bool_), reason="too few columns"))
    share = result.find("near_duplicate_rows", "a")
    assert (share.value, share.status, share.reason) == (None, "not_applicable", "too few columns")
    rows = dict(next(one for one in SECTION.tables(result, View()) if one.name == "data").rows)
    assert rows["near duplicates in the training data"] == "not looked for: too few columns"
    assert codes(result) == set()


def test_the_share_of_leaked_rows_is_clustered_and_not_weighted() -> None:
    """Each row counts once; rows that leak group by group say less about other rows."""
    leaked = np.arange(100) < 30
    plain = leaks(*leaked).find("leaked_rows", "a")
    grouped = leaks(*leaked, by="patient", groups=np.arange(100) // 5).find("leaked_rows", "a")
    weighted = leaks(*leaked, weights=np.linspace(0.5, 1.5, 100)).find("leaked_rows", "a")
    assert plain == weighted
    assert grouped.value == plain.value
    assert (grouped.ci_high or 0) - (grouped.ci_low or 1) > (plain.ci_high or 1) - (plain.ci_low or 0)
    few = leaks(*leaked, by="patient", groups=np.arange(100) // 20).find("leaked_rows", "a")
    assert few.ci_low is None
    assert few.caveat == "no interval: it rests on fewer than 10 groups (patient)"


def balanced(*counts: int) -> OverviewResult:
    """Analyze data with classes of so many rows."""
    labels = LabelCounts(None, tuple(f"c{i}" for i in range(len(counts))), counts)
    return analyze(model(architecture=architecture()), description=DataDescription((), (labels,), 0, 0))


def test_uneven_classes_are_drawn() -> None:
    """Of very many classes the most and the least frequent, and how many are left out."""
    figures = draw_all(SECTION, balanced(*range(1, 201)))
    assert [one.name for one in figures] == ["class-balance"]
    assert "170 in between are left out" in figures[0].caption
    assert figures[0].title == "Class c199 has 200 rows, class c0 1"


@pytest.mark.parametrize(
    ("counts", "drawn", "told"),
    [
        ((10, 15, 15, 19), False, False),
        ((10, 15, 15, 20), True, True),
        ((10, 20, 20), False, True),
        ((0, 5), False, True),
        ((7,), False, False),
    ],
)
def test_even_classes_are_a_sentence(counts: tuple[int, ...], *, drawn: bool, told: bool) -> None:
    """In the table of the data; neither a figure nor a statement. Of three classes there is no figure either."""
    result = balanced(*counts)
    assert bool(draw_all(SECTION, result)) is drawn
    assert bool(SECTION.statements(result, View())) is told


def test_statements_say_what_stands_out_in_the_data() -> None:
    """Conflicting labels before mere repetitions, and uneven classes; at most two sentences."""
    labels = tuple(LabelCounts(head, ("rare", "common"), (1, 30)) for head in ("kind", "size"))

    def said(duplicates: int, conflicting: int | None, balance: tuple[LabelCounts, ...] = ()) -> list[str]:
        made = analyze(description=DataDescription((), balance, duplicates, conflicting))
        return [one.text for one in SECTION.statements(made, View())]

    assert said(0, 0) == []
    assert said(1, None) == ["1 of 4 rows repeats the inputs of another row."]
    assert said(3, 2, labels) == [
        "2 of 4 rows repeat the inputs of another row with a different label.",
        "Uneven classes of kind: 30 rows of common, 1 of rare.",
    ]


def test_all_layers_are_kept() -> None:
    """Those inside others too, though the table shows the outer ones."""
    (one,) = analyze(model(architecture=architecture())).models
    assert [layer.name for layer in (*one.layers, *one.nested)] == ["layer_0", "layer_1", "layer_0/inner"]
