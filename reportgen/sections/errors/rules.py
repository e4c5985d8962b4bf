"""What the rules of the errors section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.confidence import SURE
from reportgen.sections.errors.findings import FEW_ROWS
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "ERR101": Explanation(
        finds=f"Rows on which a model is at least {percent(SURE)} sure of another class than the label, with the number that a calibrated model would have and the chance of as many.",
        example="It is at least 99 % sure of another class than the label on 1 row, where a calibrated model would be on 0.02 (adjusted p = 0.020).",
        means="Either the label or the confidence is wrong. A wrong label in the evaluation data makes the accuracy too low for every model.",
        do="Look at these rows and correct wrong labels in the data, then evaluate again. Do not remove the rows for this model alone.",
        ignore="If the labels were checked by people who did not see the predictions.",
    ),
    "ERR201": Explanation(
        finds=f"Predicted values with at least half of their squared error on at most {percent(FEW_ROWS)} of the rows.",
        example="1 of 50 rows makes half of its squared error; the largest error is 10.0.",
        means="RMSE and R² describe a few rows. They change with the choice of rows more than any interval can say, and two models can differ by a single one of them.",
        do="Look at these rows in the gallery: a wrong unit, a wrong label or a case outside the training data. Judge the other rows by MAE and median error.",
        ignore="If single large errors are what costs most in use: then RMSE is the right score, and these rows are the work to do.",
    ),
}
"""By code of the rule."""
