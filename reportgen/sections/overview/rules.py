"""What the rules of the overview section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.likeness import CORRELATION, DIFFERENT_BITS, HASH_BITS, TOLERANCE
from reportgen.sections.overview.findings import IMBALANCE, MANY_DUPLICATES
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "OVW101": Explanation(
        finds="Rows with the same inputs as an earlier row, bit for bit, but a different label.",
        example="1 of 100 rows has the same inputs as an earlier row but a different label.",
        means="No model can get both right, so these rows limit the accuracy of every model. They often point to wrong labels elsewhere too.",
        do="Check the labels of these rows, and check that the inputs contain what tells the classes apart.",
        ignore="If the task is uncertain by nature, so that equal inputs do occur with different outcomes.",
    ),
    "OVW102": Explanation(
        finds=f"More than {percent(MANY_DUPLICATES)} of the rows have the same inputs as an earlier row, bit for bit.",
        example="2 of 100 rows (2.0 %) have the same inputs as an earlier row.",
        means="Intervals and tests assume independent rows, so all of them claim more certainty than there is. Duplicates within the test data often mean duplicates between training and test data.",
        do="Remove the duplicates and build the report again; name the training data in data.train to find the same rows in it.",
        ignore="If equal inputs come from different cases, as with few categorical columns.",
    ),
    "OVW103": Explanation(
        finds=f"Some rows, up to {percent(MANY_DUPLICATES)}, have the same inputs as an earlier row, bit for bit.",
        example="1 of 100 rows has the same inputs as an earlier row.",
        means="The effect on the numbers is small, but nobody may know how the duplicates came about.",
        do="Remove them if they are not intended.",
        ignore="If equal inputs come from different cases, as with few categorical columns.",
    ),
    "OVW104": Explanation(
        finds="Evaluated rows with the same inputs as a row of the training data, which the spec names in data.train.",
        example="2 of 100 rows (2.0 %) have the same inputs as a row of the training data.",
        means="The model was trained on these rows and can answer them from memory. They say nothing about new rows, and every number of the report counts them, but for the scores on unseen rows.",
        do="Remove these rows from the training data or from the evaluation data, and find out how they came into both. Until then, judge by the scores on unseen rows in the chapter on performance.",
        ignore="If equal inputs come from different cases, as with few categorical columns, so that new rows repeat the training data just as often.",
    ),
    "OVW105": Explanation(
        finds=f"Evaluated rows that are nearly, and not bit by bit, equal to a row of the training data: pictures whose perceptual hashes differ in at most {DIFFERENT_BITS} of {HASH_BITS} bits and whose correlation is at least {CORRELATION:g}; other rows in which no value differs by more than {TOLERANCE:g} standard deviations of its column.",
        example="2 of 100 rows are nearly equal to a row of the training data.",
        means="A picture that was compressed or resized again, or a row that was rounded, is a copy all the same: the model can answer it from memory, and numbers that count it can be optimistic.",
        do="Look at the pairs: the chapter on the data shows those that are least alike. If they are copies, judge by the deduplicated scores in the chapter on performance, and remove the rows from one of the two.",
        ignore="If the pairs are different cases that look alike. Evaluated rows that are just as close to each other, which the finding counts, are a sign of that.",
    ),
    "OVW201": Explanation(
        finds=f"Labels whose most frequent class has at least {IMBALANCE} times as many rows as the least frequent one.",
        example="Class common has 30 rows, class rare only 3.",
        means="Accuracy is dominated by the frequent classes: a model can be accurate and miss the rare class altogether.",
        do="Judge by balanced accuracy, macro F1 and the recall of each class, and add checks on them.",
        ignore="If errors in the rare class cost no more than others, so that accuracy is the right measure.",
    ),
    "OVW301": Explanation(
        finds="A model file without a compiled loss.",
        example="A model was saved without compile().",
        means="Whether its outputs are logits or probabilities was inferred from the last activation and the labels unless the spec declares it. A wrong guess makes every probability in the report wrong.",
        do="Set outputs for this model in the spec, and compare with the outputs listed in Provenance.",
        ignore="If the spec declares outputs, or if Provenance shows the right ones.",
    ),
    "OVW302": Explanation(
        finds="A model that was read from a legacy HDF5 file, which the spec allows with allow_legacy = true.",
        example="The model was read from a legacy HDF5 file.",
        means="Everything is measured. But the form is one that Keras keeps for old files only, and other programs may refuse it for safety.",
        do="Load the model once, save it as a .keras file, and name that file in the spec.",
        ignore="If the released product is the HDF5 file itself.",
    ),
    "OVW303": Explanation(
        finds="A model that was read from a SavedModel folder, which the spec allows with allow_legacy = true.",
        example="Only its predictions are measured, not its layers, weights, activations or multiply-adds.",
        means="A SavedModel is a graph without layers: dead units, unhealthy weights or a cost that is too high stay unseen, and there is no compiled loss that says what the outputs are.",
        do="Add the .keras file that it was exported from to the spec, and compare the predictions of both.",
        ignore="If the question is only whether the exported graph predicts as it should.",
    ),
}
"""By code of the rule."""
