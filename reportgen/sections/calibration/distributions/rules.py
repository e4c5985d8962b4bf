"""What the rules about predicted distributions mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.calibration.distributions.findings import SIGNIFICANT

EXPLANATIONS = {
    "CAL121": Explanation(
        finds=f"A central interval that contains fewer labels than it states: its p-value, adjusted for all levels of all models, is below {SIGNIFICANT}.",
        example="The 90 % intervals contain 60.0 % [44.6, 73.7] of 40 labels.",
        means="The stated spread is too small. Every limit, safety margin or alarm that is taken from it fails more often than it says.",
        do="Multiply the standard deviations by the scale factor, or recalibrate the quantiles, with rows that are not part of this evaluation; then build the report again.",
        ignore="If only the mean or the median is used and nobody sees the spread.",
    ),
    "CAL122": Explanation(
        finds=f"A central interval that contains more labels than it states: its p-value, adjusted for all levels of all models, is below {SIGNIFICANT}.",
        example="The 50 % intervals contain 95.0 % [83.5, 98.6] of 40 labels.",
        means="The stated spread is too large. Limits that rest on it are safe, and wider than they need to be.",
        do="Multiply the standard deviations by the scale factor, or recalibrate the quantiles, with other rows.",
        ignore="If too cautious is what is wanted.",
    ),
    "CAL123": Explanation(
        finds="Rows in which a quantile of a higher level is below one of a lower level.",
        example="The quantiles cross in 25.0 % of 40 rows (10 rows).",
        means="Such quantiles belong to no distribution; an interval between two of them can be empty. The numbers of this report are of the quantiles as they are.",
        do="Sort the quantiles in the model, or predict the lowest one and positive differences.",
        ignore="If the rows are few and the program that uses the quantiles sorts them.",
    ),
    "CAL124": Explanation(
        finds=f"A quantile with a wrong share of labels at or below it, or a PIT that is not uniform, with an adjusted p-value below {SIGNIFICANT}, where no central interval shows it.",
        example="85.0 % of 40 labels are at or below the quantile of 50 %.",
        means="The intervals contain what they state, but the two sides do not: one has too many labels and the other too few, or the errors are not normal.",
        do="Look at the bias and at the histogram of the PIT; recalibrate level by level, or predict quantiles in place of a normal distribution.",
        ignore="If only central intervals are used.",
    ),
    "CAL125": Explanation(
        finds=f"Predicted distributions of which no level is shown to be wrong: all adjusted p-values are {SIGNIFICANT} or higher.",
        example="The 90 % intervals contain 90.0 % of 40 labels.",
        means="These rows show no reason to change the spread. That is not proof that it is right: on few rows even a large error can go undetected.",
        do="Compare the interval of the coverage with the error that would matter to you. If it is too wide, evaluate on more rows.",
        ignore="It needs no action when there are enough rows.",
    ),
}
"""By code of the rule."""
