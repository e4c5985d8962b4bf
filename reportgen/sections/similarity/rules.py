"""What the rules of the similarity section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.similarity.findings import ROWS_LOST
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "SIM101": Explanation(
        finds=f"A model that is right on at least as many rows as the reference, yet is wrong on rows that the reference gets right: more than {percent(ROWS_LOST)} of all rows, even at the lower end of the interval.",
        example="It has new errors on 2.5 % [1.1, 5.7] of the rows, and fixes 2.5 %.",
        means="The accuracy does not fall, but users who relied on the predictions that are now wrong will notice.",
        do="Review the new errors before the model replaces the reference. Training with the predictions of the reference reduces them.",
        ignore="If the model replaces nothing, or nobody depends on single predictions.",
    ),
    "SIM102": Explanation(
        finds="Models that predict the same class on every row.",
        example="Model A and model B predict the same class on all 200 rows.",
        means="On these rows the choice between them changes no decision.",
        do="Choose by other criteria, such as size or calibration, and check that the two files are not copies of one model.",
        ignore="If they are meant to be equal, as after quantization or conversion.",
    ),
    "SIM201": Explanation(
        finds="A CKA with the reference that changes by more than 0.1 if the 1 % of the rows farthest from the mean are left out.",
        example="The CKA of two models is 0.781, and 0.07 without the 1 % of the rows farthest from the mean.",
        means="The number says how alike the two models see a few unusual rows, not all rows.",
        do="Look at these rows: they are often invalid or out of range. Use the number without them.",
        ignore="If you do not use CKA for a decision.",
    ),
}
"""By code of the rule."""
