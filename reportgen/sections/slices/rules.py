"""What the rules of the slices section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation

EXPLANATIONS = {
    "SLC101": Explanation(
        finds="A slice whose accuracy, MAE, micro F1, mean IoU or token accuracy is worse than that of the other rows, with a p-value below 0.05 after adjusting for the number of slices of the model.",
        example="20 of the 40 rows of region = north are right (50.0 %), −45.0 points from the rest.",
        means="The score of the whole set hides a part of the data on which the model fails more often. If nothing differed between slices, this rule would fire on one report in 20 at most, however many slices there are.",
        do="Look at the errors of the slice, collect more such rows for training, or state in the card that the model is weaker there.",
        ignore="If the slice is harder for everyone, and the level that it reaches is enough.",
    ),
    "SLC102": Explanation(
        finds="A slice on which the candidate is worse than the baseline on the same rows, with a p-value below 0.05 after adjusting for the number of slices.",
        example="On the 40 rows of region = north the candidate is −45.0 points against the baseline.",
        means="The release makes it worse for this part of the data, even if it is better on average.",
        do='Compare the errors of both models on these rows, and gate the release on the slice with a check: slices = ["region = north"], not_worse_by = 0.02.',
        ignore="If the loss on the slice is accepted for the gain elsewhere; say so in the report.",
    ),
    "SLC201": Explanation(
        finds="Slices in which mean confidence and accuracy differ, with a p-value below 0.05 after adjusting for the number of slices of the model.",
        example="Confidence minus accuracy is +38.1 points on the slice region = north.",
        means="A threshold on the confidence lets through more errors in this slice than elsewhere, even if the model is calibrated on all rows.",
        do="Calibrate on data in which the slice has enough rows, or set its threshold apart.",
        ignore="If the confidence is not used.",
    ),
    "SLC202": Explanation(
        finds="Slices in which the coverage of the central interval of a predicted distribution (the one nearest to 90 %) differs from its nominal coverage, with a p-value below 0.05 after adjusting for the number of slices of the model.",
        example="The coverage of the central interval measurably differs from its nominal coverage 0.9 on 1 of 2 slices: region = north 60.0 %.",
        means="The spread that the model states is too small or too large in this slice, even if it is right on all rows.",
        do="Calibrate the intervals on data in which the slice has enough rows, or state this limit.",
        ignore="If only the mean or the median is used.",
    ),
    "SLC301": Explanation(
        finds="Slices with fewer rows, images or sequences than minimum, 30 by default.",
        example="region = west has 5 rows.",
        means="Their numbers are missing: one row more or less would change them by points.",
        do="Collect more rows of them, join slices, or lower minimum and read the intervals.",
        ignore="If the slice does not matter.",
    ),
}
"""By code of the rule."""
