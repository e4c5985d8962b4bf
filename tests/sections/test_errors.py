"""The errors section: counts against sets, marks, cards, the rule."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from factory import (
    analyzed,
    dense_head,
    evaluation,
    head,
    noisy,
    outputs,
    regression_head,
    scenes,
    two_heads,
    unmeasured,
)
from scipy.stats import poisson_binom
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import Focus, View
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.examples import Example, Examples, OutlyingValue, PictureScale
from reportgen.evaluation.thumbnails import thumbnail
from reportgen.sections.errors import SECTION
from reportgen.sections.errors.schema import ErrorsResult
from reportgen.text.formatting import THIN

if TYPE_CHECKING:
    from reportgen.contract.records.classification import ClassificationOutputs
    from reportgen.contract.records.evaluation import Evaluation

LABELS = np.zeros(8, np.int32)
ONE = [0, 1, 1, 1, 0, 2, 0, 0]
OTHER = [0, 1, 0, 2, 1, 2, 0, 0]


def made(predictions: list[int], strength: float = 2.0) -> ClassificationOutputs:
    """Make outputs that predict these classes, all as confident."""
    return outputs(np.eye(3, dtype=np.float32)[predictions] * strength, LABELS)


def with_examples(one: Evaluation, each: int = 12, **content: object) -> Evaluation:
    """Give every row the same content."""
    n = 0 if one.data is None else one.data.n
    scale = PictureScale("x", 0.0, 1.0)
    rows = tuple(Example(place, **content) for place in range(n))  # type: ignore[arg-type]
    return replace(one, examples=Examples(each, rows, (scale,), n))


def count(result: ErrorsResult, name: str, model: str) -> float | None:
    """Return a number."""
    return result.find(name, model).value


def test_counts_are_those_of_the_sets() -> None:
    """Errors of each, of one alone, of both, and where both predict the same class."""
    result = analyzed(SECTION, evaluation(head(made(ONE)), head(made(OTHER))))
    assert [count(result, "errors", model) for model in "ab"] == [4, 4]
    assert [count(result, "own_errors", model) for model in "ab"] == [1, 1]
    assert [count(result, "shared_errors", model) for model in "ab"] == [3, 3]
    assert [count(result, "agreed_errors", model) for model in "ab"] == [2, 2]
    (found,) = result.heads
    assert (found.n_wrong, found.n_agreed, found.n_suspects) == (5, 2, 2)


def test_a_single_model_has_nobody_to_compare_with() -> None:
    """The reasons stand where the numbers would."""
    result = analyzed(SECTION, evaluation(head(made(ONE))))
    assert count(result, "errors", "a") == 4
    for name in ("own_errors", "shared_errors", "agreed_errors"):
        assert result.find(name, "a").reason == "no other model has this output and these labels"
    assert result.heads[0].suspects == ()


def test_answers_are_marked() -> None:
    """New: only this one is wrong; fixed: only this one is right; shared: all are wrong."""
    result = analyzed(SECTION, with_examples(evaluation(head(made(ONE)), head(made(OTHER)))))
    rows = {
        one.row: [answer.mark for answer in one.answers] for one in (*result.heads[0].suspects, *result.heads[0].errors)
    }
    assert rows == {
        1: ["shared", "shared"],
        2: ["new", "fixed"],
        3: ["shared", "shared"],
        4: ["fixed", "new"],
        5: ["shared", "shared"],
    }
    three = analyzed(SECTION, with_examples(evaluation(*(head(made(one)) for one in (ONE, OTHER, [0] * 8)))))
    marks = {one.row: [answer.mark for answer in one.answers] for one in three.heads[0].errors}
    assert (marks[1], marks[2]) == (["wrong", "wrong", "fixed"], ["new", "right", "right"])


def test_only_the_same_labels_are_compared() -> None:
    """Two heads of one name with other labels are two galleries, and none is the other's."""
    other = outputs(np.eye(3, dtype=np.float32)[ONE] * 2, np.array(ONE))
    result = analyzed(SECTION, evaluation(head(made(ONE)), head(other)))
    assert [one.models for one in result.heads] == [("a",), ("b",)]
    assert [count(result, "errors", model) for model in "ab"] == [4, 0]


def test_models_with_two_heads() -> None:
    """Every head has its own numbers and galleries."""
    result = analyzed(SECTION, with_examples(two_heads(made(ONE, 20.0))))
    names = [one.name for one in SECTION.galleries(result, View())]
    assert names == ["suspects-head:kind", "suspects-head:size"]
    assert result.find("errors", "a", "head:size").value == 4


def test_the_expected_number_is_that_of_a_calibrated_model() -> None:
    """Sum of 1 - confidence; the p-value is at least the exact tail of the Poisson binomial distribution."""
    logits, labels = noisy(3000, 4, sharp=2.0)
    one = outputs(logits, labels)
    result = analyzed(SECTION, evaluation(head(one)))
    sure = one.confidence >= 0.99
    wrong = int((~one.correct[sure]).sum())
    assert count(result, "sure_errors", "a") == wrong
    assert count(result, "sure_errors_expected", "a") == pytest.approx((1 - one.confidence[sure]).sum())
    exact = poisson_binom.sf(wrong - 1, 1 - one.confidence[sure])
    assert exact <= result.find("sure_errors_p", "a").value <= 1


def test_the_rule_tells_too_many_from_what_chance_explains() -> None:
    """An over-confident model has too many sure errors; a calibrated one as many as expected; without any, no finding."""
    rule = next(one for one in SECTION.rules if one.code == "ERR101")

    def said(one: ClassificationOutputs) -> list[str]:
        return [finding.message for finding in rule.apply(analyzed(SECTION, with_examples(evaluation(head(one)))))]

    (too_many,) = said(outputs(*noisy(3000, 4, sharp=3.0)))
    assert too_many.endswith("either labels are wrong or its confidence is too high, so check these labels first.")
    assert f"at least 99{THIN}% sure" in too_many
    assert re.search(r"on (\d+) rows \(\d+, \d+, \d+ and \d+ more\)", too_many)
    logits, labels = noisy(5000, 4)
    calibrated = outputs(logits, labels)
    assert ((calibrated.confidence >= 0.99) & ~calibrated.correct).any()
    (few,) = said(calibrated)
    (alone,) = said(sure_of((1, 6.0)))
    assert "on 1 row (0), where a calibrated model would be on 0.005 (adjusted p = 0.005)" in alone
    assert "no more than chance explains" in few
    assert said(made(ONE)) == []


def test_cards_hold_what_a_reader_sees() -> None:
    """Picture, row, label, every answer, and all of it in words."""
    picture = thumbnail(np.eye(4), PictureScale("x", 0.0, 1.0))
    content = {"pictures": (picture,), "values": (OutlyingValue("width", 3.5, 2.0),), "text": "said"}
    result = analyzed(SECTION, with_examples(evaluation(head(made(ONE)), head(made(OTHER))), **content))
    suspects, others = SECTION.galleries(result, View())
    assert suspects.title == "Check these labels"
    assert suspects.caption.startswith("Both models predict the same class and the label is another (2 rows)")
    assert others.title == "Other errors, the most confident first"
    card = next(one for one in others.cards if one.title == "row 2")
    assert card.change == ""
    assert (card.label, card.text, card.values) == ("0", "said", (("width", "3.50 (2)"),))
    assert [one.words for one in card.answers] == [f"× a: 1 (78.7{THIN}%), new", f"✓ b: 0 (78.7{THIN}%), fixed"]
    assert card.alt == f"row 2, labeled 0, predicted 1 by a with 78.7{THIN}%, predicted 0 by b with 78.7{THIN}%"
    assert card.pictures[0].png == picture.png
    assert suspects.pictures == "Pictures: black is 0, white 1, the ends of the range of 8 evaluated rows."
    assert suspects.caption.endswith(
        " (2 rows); all are shown. The column farthest from its median (in robust standard deviations): value (median of 8 evaluated rows)."
    )
    assert others.pictures == ""
    assert others.caption == (
        "All 3 other rows that a model gets wrong. New: only this model is wrong. Fixed: only this model is right."
    )
    assert "Pictures" not in suspects.table.note
    assert others.table.rows[0][0].startswith("row ")
    assert [column.title for column in others.table.columns] == ["Row", "Label", "Content", "Answers"]


PAIR = Decision(candidate="b", baseline=Baseline(model="a"))


def sure_of(*rows: tuple[int, float]) -> ClassificationOutputs:
    """Make outputs that predict these classes, each with its own strength; 20 rows of class 0."""
    logits = np.zeros((20, 3), np.float32)
    logits[:, 0] = 1.0
    for row, (predicted, strength) in enumerate(rows):
        logits[row] = np.eye(3, dtype=np.float32)[predicted] * strength
    return outputs(logits, np.zeros(20, np.int32))


OLD = sure_of((1, 9.0), (1, 8.0), (1, 2.0), (0, 2.0), (0, 2.0), (1, 3.0), (1, 9.0), (1, 4.0))
NEW = sure_of((1, 3.0), (1, 3.5), (1, 2.0), (1, 4.0), (1, 9.0), (2, 1.0), (0, 2.0), (0, 2.0))
"""Of a and b: both wrong on 0 to 2 in the same way and on 5 in another; b alone on 3 and 4, where it is sure of 4; a alone on 6 and 7."""


def test_captions_count_the_rows_that_their_headings_describe() -> None:
    """Of the candidate's suspects, its other errors, and the errors that it fixes; sorted by the model that the heading names."""
    made = replace(with_examples(evaluation(head(OLD), head(NEW))), decision=PAIR)
    result = analyzed(SECTION, made)
    suspects, others, fixed = SECTION.galleries(result, View(decision=PAIR))
    assert suspects.caption.startswith(
        "All 4 rows on which all models predict the same class and the label is another, or b is"
    )
    assert " New: a was right." in suspects.caption
    assert {card.title: card.change for card in suspects.cards} == {
        "row 0": "",
        "row 1": "",
        "row 2": "",
        "row 4": "new",
    }
    assert others.title == "Other errors of b"
    assert others.caption == "Both other errors of b, sorted by its confidence. New: a was right."
    assert [(card.title, card.change) for card in others.cards] == [("row 3", "new"), ("row 5", "")]
    assert fixed.title == "Errors of a that b fixes"
    assert fixed.caption == "Both errors of a that b fixes, sorted by the confidence of a."
    assert [(card.title, card.change) for card in fixed.cards] == [("row 6", ""), ("row 7", "")]


def test_captions_say_what_is_not_shown() -> None:
    """Fewer than there are, labels to check that are among the other errors; results of earlier versions say less."""
    made = replace(with_examples(evaluation(head(OLD), head(NEW)), each=1), decision=PAIR)
    result = analyzed(SECTION, made)
    suspects, others, fixed = SECTION.galleries(result, View(decision=PAIR))
    assert suspects.caption.startswith("1 of the 4 rows on which all models")
    assert [card.title for card in others.cards] == ["row 4"]
    assert others.caption == "1 of the 5 other errors of b. It belongs to the 4 labels to check. New: a was right."
    assert fixed.caption == "1 of the 2 errors of a that b fixes."
    more = replace(with_examples(evaluation(head(OLD), head(NEW)), each=2), decision=PAIR)
    _, others, _ = SECTION.galleries(analyzed(SECTION, more), View(decision=PAIR))
    assert [card.title for card in others.cards] == ["row 4", "row 3"]
    assert others.caption == (
        "2 of the 4 other errors of b, sorted by its confidence. 1 of these belongs to the 4 labels to check. New: a was right."
    )


def test_results_of_earlier_versions_say_less() -> None:
    """Numbers that they do not have are left out; that of the candidate's errors they have."""
    made = replace(with_examples(evaluation(head(OLD), head(NEW)), each=1), decision=PAIR)
    result = analyzed(SECTION, made)
    (found,) = result.heads
    earlier = found.model_copy(update={"n_candidate_suspects": None, "n_fixed": None})
    captions = [
        one.caption for one in SECTION.galleries(result.model_copy(update={"heads": (earlier,)}), View(decision=PAIR))
    ]
    assert captions[0].startswith("1 row on which all models")
    assert captions[1].startswith("1 of the 5 other errors of b.")
    assert captions[2] == "1 error of a that b fixes."


def test_many_models_show_those_in_focus() -> None:
    """Cards of errors that only others make are left out; the answers of the others are counted."""
    result = analyzed(SECTION, with_examples(evaluation(*(head(made(one)) for one in (ONE, OTHER, [0] * 8)))))
    view = View(Focus(models=("b", "c"), order=("b", "c", "a"), by=None))
    (gallery,) = SECTION.galleries(result, view)
    assert gallery.caption.startswith(
        "4 rows that a model in focus gets wrong. At least one of all 3 models is wrong on 5 rows."
    )
    assert "row 2" not in {card.title for card in gallery.cards}
    assert all([answer.model for answer in card.answers] == ["b", "c"] for card in gallery.cards)
    assert all(card.alt.endswith("; 1 more model is in results.json") for card in gallery.cards)


def test_without_a_gallery_labels_to_check_are_listed() -> None:
    """Rows and answers, nothing of the data."""
    result = analyzed(SECTION, evaluation(head(made(ONE, 20.0)), head(made(OTHER, 20.0))))
    (gallery,) = SECTION.galleries(result, View())
    assert gallery.name == "suspects"
    assert result.heads[0].errors == ()
    assert all(not card.pictures and not card.content for card in gallery.cards)
    assert "neither" not in gallery.caption


def test_rows_that_are_neither_pictures_nor_columns_say_so() -> None:
    """In words, not by an empty card alone."""
    result = analyzed(SECTION, with_examples(evaluation(head(made(ONE)))))
    (gallery,) = SECTION.galleries(result, View())
    assert gallery.caption.endswith("neither pictures nor columns, so only the row numbers are shown.")
    assert gallery.title == "Errors, the most confident first"


def test_a_perfect_model_and_one_that_is_not_measured() -> None:
    """No cards; the reason for the other."""
    result = analyzed(SECTION, with_examples(evaluation(head(made([0] * 8)), unmeasured())))
    assert SECTION.galleries(result, View()) == ()
    assert result.find("errors", "b").reason == "sequence heads are not measured"
    assert ErrorsResult.model_validate_json(result.model_dump_json()) == result


# ------------------------------------------------------------------------------------------------ predicted values


def far_off() -> Evaluation:
    """Make models a and b of 60 rows: a is far off in row 7, b in row 3, both by 1 elsewhere."""
    labels = np.arange(60.0)
    heads = []
    for row, error in ((7, 50.0), (3, -20.0)):
        errors = np.ones(60)
        errors[row] = error
        heads.append(regression_head(labels + errors, labels))
    content = tuple(Example(place, values=(OutlyingValue("width", 2.0, 1.5),)) for place in range(60))
    return replace(evaluation(*heads), examples=Examples(2, content, (), 60))


def test_the_largest_errors_of_every_model_are_shown() -> None:
    """In turn, with the values of the rows; no label is called suspect, and the reason is said."""
    result = analyzed(SECTION, far_off())
    assert [row.row for row in result.values[0].rows][:2] == [7, 3]
    assert [count(result, "largest_error", name) for name in "ab"] == [50, 20]
    assert result.find("half_error_rows", "a").value == pytest.approx(1 / 60)
    (gallery,) = SECTION.galleries(result, View())
    assert "no label is called suspect" in gallery.caption
    card = gallery.cards[0]
    assert (card.title, card.label, card.values) == ("row 7", "7", (("width", "2 (1.50)"),))
    assert [one.words for one in card.answers] == ["a: 57.0 (+50.0)", "b: 8.00 (+1.00)"]
    assert "Rows with half the squared error" in [
        column.title for table in SECTION.tables(result, View()) for column in table.columns
    ]


def test_the_rows_of_the_candidate_come_first() -> None:
    """Its own largest errors, its answer before that of its baseline."""
    roles = Decision(candidate="b", baseline=Baseline(model="a"))
    (gallery,) = SECTION.galleries(analyzed(SECTION, far_off()), View(decision=roles))
    assert gallery.title == "Largest errors of b"
    assert gallery.cards[0].title == "row 3"
    assert len(gallery.cards) == 2
    assert gallery.cards[0].answers[0].model == "b"


def test_few_rows_are_found_at_two_percent() -> None:
    """One of 60 makes half; errors of 0 have no rows that make half."""
    codes = {finding.code for rule in SECTION.rules for finding in rule.apply(analyzed(SECTION, far_off()))}
    assert codes == {"ERR201"}
    perfect = analyzed(SECTION, evaluation(regression_head(np.arange(9.0), np.arange(9.0))))
    assert perfect.find("half_error_rows", "a").status == "insufficient_data"
    assert SECTION.galleries(perfect, View()) == ()


# ------------------------------------------------------------------------------------------------ images and sequences


def scenes_with_errors(each: int = 3, *, tokens: bool = False) -> Evaluation:
    """Make models a and b of 30 images, two of which have no position that counts; b is better."""
    logits, labels = scenes(30)
    labels[:2] = 255
    noise, shape = np.random.default_rng(1).normal(size=logits.shape), (30, 64) if tokens else (30, 8, 8)
    heads = (
        dense_head(
            (logits + scale * noise).reshape(*shape, 3), labels.reshape(shape), ("sky", "car", "tree"), ignored=255
        )
        for scale in (1.5, 0.5)
    )
    content = tuple(Example(place, text=f"text {place}") for place in range(30))
    return replace(evaluation(*heads), examples=Examples(each, content, (), 30))


@pytest.mark.parametrize("tokens", [False, True])
def test_the_lowest_scores_of_every_model_are_shown(*, tokens: bool) -> None:
    """In turn, with the content of their own rows, though images without a position that counts were left out; the score is scikit-learn's."""
    made = scenes_with_errors(tokens=tokens)
    result = analyzed(SECTION, made)
    (found,) = result.units
    wanted = []
    for model in made.models:
        one = DenseHead.of(model, model.heads[0], model.heads[0].outputs, made.data)  # type: ignore[arg-type]
        wanted.append([int(one.data.rows[index]) for index in np.argsort(one.by_unit, kind="stable")[:3]])
        assert result.find("lowest_score", model.name).value == one.by_unit.min()
        assert result.find("wrong_units", model.name).value == (one.outputs.right < one.outputs.counted).sum()
        wrong = np.sort(one.outputs.counted - one.outputs.right)[::-1].cumsum()
        share = (np.searchsorted(wrong, wrong[-1] / 2) + 1) / 28
        assert result.find("half_wrong_units", model.name).value == pytest.approx(share)
    first, second = wanted
    assert [row.row for row in found.rows] == list(
        dict.fromkeys(row for pair in zip(first, second, strict=True) for row in pair)
    )
    assert [row.text for row in found.rows] == [f"text {row.row}" for row in found.rows]
    logits, labels = scenes(30)
    called = (logits + 1.5 * np.random.default_rng(1).normal(size=logits.shape)).argmax(axis=-1)
    row = found.rows[0].row
    y, p = labels[row].ravel(), called[row].ravel()
    score = sk.accuracy_score(y, p) if tokens else sk.jaccard_score(y, p, average="macro")
    assert found.rows[0].answers[0].score == pytest.approx(score)
    assert (found.rows[0].answers[0].right, found.rows[0].answers[0].positions) == ((y == p).sum(), 64)
    assert found.rows[0].labels == tuple(("sky", "car", "tree")[index] for index in np.unique(y))


def test_cards_of_images_begin_with_those_of_the_candidate() -> None:
    """With its score and how many pixels are right, before its baseline's; in a table where there are no pictures."""
    roles = Decision(candidate="b", baseline=Baseline(model="a"))
    result = analyzed(SECTION, replace(scenes_with_errors(), decision=roles))
    (gallery,) = SECTION.galleries(result, View(decision=roles))
    assert gallery.title == "Lowest mean IoU of b"
    assert "The score does not tell wrong labels from a hard image." in gallery.caption
    assert len(gallery.cards) == 3
    scores = [float(one.words.split(": ")[1].split(THIN)[0]) for card in gallery.cards for one in card.answers[:1]]
    assert scores == sorted(scores)
    assert gallery.cards[0].answers[0].model == "b"
    assert " of 64)" in gallery.cards[0].answers[0].words
    (table,) = SECTION.tables(result, View(decision=roles))
    assert [column.title for column in table.columns] == [
        "Model",
        "Images with an error",
        "Lowest score",
        "Share with half the errors",
    ]


def test_perfect_images_are_no_errors() -> None:
    """Of a model without an error nothing is shown, and no share makes half of nothing."""
    _, labels = scenes(12)
    made = evaluation(dense_head(9.0 * np.eye(3)[labels], labels))
    result = analyzed(SECTION, replace(made, examples=Examples(3, (), (), 12)))
    assert result.units[0].rows == ()
    assert SECTION.galleries(result, View()) == ()
    assert result.find("wrong_units", "a").value == 0
    assert result.find("half_wrong_units", "a").reason == "no pixel is wrong"
