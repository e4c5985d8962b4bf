"""What the rules about predicted values mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.performance.regression.findings import LARGE_BIAS, STRONG_GROWTH

EXPLANATIONS = {
    "PRF111": Explanation(
        finds="A model that predicts the same value on every row, or whose skill over a constant is below 0 with its whole interval: R² against the mean of the labels, or the MAE skill against their median where R² has no interval.",
        example="It predicts the same value on all 40 rows.",
        means="A constant would be at least as close, so the model adds nothing on these rows. Do not ship it.",
        do="Check the unit and scale of the labels and the preprocessing first; then look at the training.",
        ignore="If these rows differ from those of its use on purpose, as in a stress test.",
    ),
    "PRF112": Explanation(
        finds="A model whose skill over a constant has an interval that includes 0.",
        example="40 rows are too few to tell the errors from those of the mean: the skill is −0.15 [−0.43, 0.15].",
        means="The model may be useful or useless; these rows do not show which.",
        do="Evaluate on more rows.",
        ignore="If the labels vary so little on these rows that a constant is close enough for the use.",
    ),
    "PRF211": Explanation(
        finds=f"A bias whose interval excludes 0 and that is at least {LARGE_BIAS:g} times the RMSE.",
        example="The predictions are too high by 2.00 on average; without this bias the RMSE of 2.83 would be 2.00.",
        means="A part of the error is the same on every row. Sums and means of the predictions are off by it, however many rows there are.",
        do="Find out why these rows differ from the training data, such as another unit or period; shift the predictions if the cause stays.",
        ignore="If only the order of the predictions matters.",
    ),
    "PRF212": Explanation(
        finds=f"A range of predictions whose bias is distinguishable from 0, corrected for the number of ranges, and at least {LARGE_BIAS:g} times the RMSE, if the bias of all rows is not.",
        example="Where it predicts 0 to 7.75, it is too high by 3.00 on average (32 rows).",
        means="The prediction cannot be taken as it is in this range, often at the ends, where there was little training data.",
        do="Recalibrate the predictions, add training rows of this range, or restrict the use to the others.",
        ignore="If no decision depends on predictions in this range.",
    ),
    "PRF213": Explanation(
        finds=f"A rank correlation of absolute error and prediction of at least {STRONG_GROWTH:g} in size, whose interval excludes 0.",
        example="The rank correlation of absolute error and prediction is 0.9962.",
        means="One margin of error for all rows is too narrow for some of them and too wide for others.",
        do="State the error by size of the prediction, train on a transformed label such as its logarithm, or let the model predict its spread.",
        ignore="If relative errors are what matters.",
    ),
}
"""By code of the rule."""
