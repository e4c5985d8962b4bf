"""What the rules of the performance section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.confidence import SURE
from reportgen.sections.performance.dense import rules as dense
from reportgen.sections.performance.judgments import FEW_EXAMPLES, LOW_RECALL, SIGNIFICANT
from reportgen.sections.performance.multilabel import rules as multilabel
from reportgen.sections.performance.regression import rules as regression
from reportgen.text.formatting import percent

_OF_CLASSES = {
    "PRF001": Explanation(
        finds="Outputs that could not be evaluated because they failed.",
        example="No metric could be computed: outputs are NaN.",
        means="Nothing is known about the quality of this output, so the model cannot be released on the basis of this report.",
        do="Fix the cause in the message and evaluate again.",
        ignore="If the output is not used.",
    ),
    "PRF101": Explanation(
        finds="A model that predicts the most frequent class on every row, or is less accurate than always predicting it: the interval of the paired difference lies below 0. It is not applied if all labels are the same.",
        example="It predicts 0 on all 30 rows, which is right on 66.7 % of them.",
        means="A constant would be at least as accurate, so the model adds nothing on these rows. Do not ship it.",
        do="Check the order of the classes, the preprocessing and the labels first; then look at the training.",
        ignore="If accuracy is not the goal, as in the search for a rare class: then judge by recall, precision and average precision.",
    ),
    "PRF102": Explanation(
        finds="A model whose accuracy cannot be told from that of always predicting the most frequent class: the interval of the paired difference includes 0.",
        example="On 10 rows the difference from the 80.0 % of always predicting 0 is +10.0 points [−20.2, 40.0].",
        means="The model may be useful or useless; these rows do not show which.",
        do="Evaluate on more rows, or judge by the recall of each class if the classes are imbalanced.",
        ignore="If accuracy is not the goal, as in the search for a rare class.",
    ),
    "PRF201": Explanation(
        finds=f"A class that is never predicted although it has so many examples that a model with a recall of {percent(LOW_RECALL)} would miss them all with a chance of at most {percent(SIGNIFICANT)} divided by the number of classes.",
        example="None of the 6 examples of one of two classes is found; a model with a recall of 50.0 % would miss them all with a chance of 1.6 %.",
        means="The model cannot recognize this class. A high accuracy hides that if the class is rare.",
        do="Check its labels and its number of training examples, and weight or resample the class in training.",
        ignore="If the class was left out of training on purpose or does not matter in use.",
    ),
    "PRF202": Explanation(
        finds=f"A class whose recall is below {percent(LOW_RECALL)} even at the upper end of its interval.",
        example="Recall is 10.0 % [2.8, 30.1] (2 of 20).",
        means="Most examples of this class are missed. If the class matters, the model is not ready for it.",
        do="Look up in the confusion matrix what it is predicted as, then check labels and training examples of the two classes.",
        ignore="If missing this class costs little, or if its recall is traded for the precision of others on purpose.",
    ),
    "PRF203": Explanation(
        finds="A class on which the candidate scores less than its baseline, on the same rows: the interval of the paired difference excludes 0, corrected for the number of classes (Holm, 5 %).",
        example="Recall of class 1 differs from that of the baseline by −100 points [−100, −65.7].",
        means="Replacing the baseline makes errors on this class that it did not make, even if the candidate is better on the whole.",
        do="Weigh what these errors cost against what the candidate gains. Look at them in the chapter on errors; if they cost too much, retrain with more examples or a larger weight of this class, or move the threshold.",
        ignore="If the class is traded for another one on purpose.",
    ),
    "PRF301": Explanation(
        finds=f"More errors among the rows with a confidence of at least {percent(SURE)} than a calibrated model would make, with a p-value of at most {SIGNIFICANT} divided by the number of outputs of all models.",
        example="It is at least 99 % sure on 100 rows, 99.3 % on average, and wrong on 3 of them; a calibrated model would be wrong on 0.7.",
        means=f"Confidence near 100 % does not mean certainty. A rule that skips review above {percent(SURE)} lets more errors through than it seems.",
        do="Do not use the confidence to skip review before it is recalibrated. Look at the errors listed in the chapter: wrong labels are often among them.",
        ignore="If nothing depends on the confidence, or if the listed errors turn out to be wrong labels.",
    ),
    "PRF401": Explanation(
        finds="The model with the highest accuracy, or the lowest MAE, if another model has the same, or the paired difference from at least one other model includes 0 after correction for all pairs of models.",
        example="The accuracy of model A is the highest, but model B is not distinguishable from it on these 100 rows.",
        means="Which of them is called best is up to chance on these rows.",
        do="Choose between them by other criteria, such as size, calibration or the errors that they make, or evaluate on more rows.",
        ignore="If there is another reason for your choice anyway.",
    ),
    "PRF402": Explanation(
        finds="Two recipes whose accuracy or RMSE over their seeds differs: the interval of the difference, which covers retraining and the choice of rows and is corrected for the number of pairs, excludes 0.",
        example="The accuracy of the first recipe minus that of the second is 50.0 points [40.0, 60.0] over 3 and 3 seeds.",
        means="The difference would be there after retraining with other seeds, too: it belongs to the recipe, not to one lucky run.",
        do="Prefer the better recipe, and choose the model of it that you release by criteria other than its score on these rows.",
        ignore="If the recipes also differ in what they cost, and the difference is too small to matter.",
    ),
    "PRF501": Explanation(
        finds=f"Classes with fewer than {FEW_EXAMPLES} examples.",
        example="1 of 2 classes has fewer than 20 examples.",
        means="The recall of these classes is a rough estimate: one example more or less changes it by 5 points or more.",
        do="Collect more examples of these classes, or do not compare models by their recall.",
        ignore="If these classes do not matter to the decision.",
    ),
}
EXPLANATIONS = dict(
    sorted((_OF_CLASSES | multilabel.EXPLANATIONS | regression.EXPLANATIONS | dense.EXPLANATIONS).items())
)
"""By code of the rule."""
