"""What the rule of the errors section means, and what to do about its findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.confidence import SURE
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "ERR101": Explanation(
        finds=f"Rows on which a model is at least {percent(SURE)} sure of another class than the label, with the number that a calibrated model would have and the chance of as many.",
        example="It is at least 99 % sure of another class than the label on 1 row, where a calibrated model would be on 0.0 (adjusted p = 0.020).",
        means="Either the label or the confidence is wrong. A wrong label in the evaluation data makes the accuracy too low for every model.",
        do="Look at these rows and correct wrong labels in the data, then evaluate again. Do not remove the rows for this model alone.",
        ignore="If the labels were checked by people who did not see the predictions.",
    ),
}
"""By code of the rule."""
