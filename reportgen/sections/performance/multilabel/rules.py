"""What the rules about multilabel heads mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.performance.multilabel.findings import LARGE_SHARE
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "PRF121": Explanation(
        finds="A multilabel head that predicts the same classes on every row, or whose skill by Hamming loss over the best constant answer is below 0 with its whole interval.",
        example="It predicts the same classes on all 40 rows.",
        means="A constant answer would have no more wrong labels, so at this threshold the model adds nothing on these rows. Do not ship it.",
        do="Check the order of the classes and the preprocessing first; then look at the average precision, which does not depend on the threshold.",
        ignore="If all classes are rare and the model only ranks: then judge by average precision.",
    ),
    "PRF122": Explanation(
        finds="A multilabel head whose skill by Hamming loss over the best constant answer has an interval that includes 0.",
        example="40 rows are too few to tell its wrong labels from those of a constant answer: the skill is 30.0 %.",
        means="The model may be useful or useless at this threshold; these rows do not show which.",
        do="Evaluate on more rows, or judge by average precision and by the F1 of each class.",
        ignore="If classes are rare: then a constant answer, none of them, is rarely wrong and still of no use.",
    ),
    "PRF221": Explanation(
        finds=f"A multilabel head that predicts too many or too few classes: the difference per row excludes 0 and is at least {percent(LARGE_SHARE)} of the classes that apply.",
        example="It predicts 2.00 classes for a row, where 1.00 apply.",
        means="The threshold does not fit the probabilities. Precision or recall is lower than it must be.",
        do="Recalibrate the probabilities of the classes, or choose the threshold on validation data.",
        ignore="If one kind of error costs much more than the other and the threshold was chosen for that.",
    ),
}
"""By code of the rule."""
