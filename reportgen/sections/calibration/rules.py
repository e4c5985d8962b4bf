"""What the rules of the calibration section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.calibration.distributions.rules import EXPLANATIONS as OF_DISTRIBUTIONS
from reportgen.sections.calibration.findings import FEW_ROWS, SIGNIFICANT, SMALL, STRONG, TYPICAL
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "CAL101": Explanation(
        finds=f"An ECE above {percent(STRONG)} that chance does not explain: the calibration p is below {SIGNIFICANT}, and the ECE is higher than that of 95 % of calibrated models.",
        example="On 1,000 rows the ECE is 10.1 %, where 95 % of calibrated models are at or below 1.5 % (calibration p = 0.010).",
        means=f"The stated probabilities are off by more than {100 * STRONG:g} points on average, so no threshold, expected cost or decision to skip review may rest on them. The predicted classes can still be right: accuracy does not depend on calibration.",
        do="Recalibrate the model on rows that are not part of this evaluation, for example by temperature scaling, and build the report again.",
        ignore="If only the predicted class is used and nobody sees a probability, or if the class frequencies of these rows were changed on purpose.",
    ),
    "CAL102": Explanation(
        finds=f"An ECE above {percent(SMALL)} and up to {percent(STRONG)} that chance does not explain: the calibration p is below {SIGNIFICANT}, and the ECE is higher than that of 95 % of calibrated models.",
        example="On 1,000 rows the ECE is 1.6 %, where 95 % of calibrated models are at or below 1.5 % (calibration p = 0.040).",
        means=f"The stated probabilities are off by a few points on average. From {percent(TYPICAL)} on, the usual error of uncalibrated deep networks, a threshold on them does not do what its number says; below, only decisions that need exact probabilities suffer.",
        do="Recalibrate before thresholds depend on the confidence. CAL301 says if temperature scaling measurably helps.",
        ignore="If only the predicted class is used, or if an error of this size changes none of your decisions.",
    ),
    "CAL103": Explanation(
        finds=f"No evidence of miscalibration: the calibration p is {SIGNIFICANT} or higher, and CAL401 finds no biased class.",
        example="On 1,000 rows the ECE is 1.5 %, where 95 % of calibrated models are at or below 2.0 % (calibration p = 0.50).",
        means="These rows show no reason to recalibrate. That is not proof of calibration: on few rows even a large error can go undetected.",
        do="Compare the ECE of calibrated models in the message with the error that would matter to you. If it is not far below, evaluate on more rows.",
        ignore="It needs no action when there are enough rows.",
    ),
    "CAL111": Explanation(
        finds=f"Classes of a multilabel head whose ECE is above {percent(SMALL)} and above that of 95 % of calibrated models, with a p-value adjusted for all classes below {percent(SIGNIFICANT)}, if the calibration p of the head is below it too.",
        example="The ECE of the class is 40.0 %, where 95 % of calibrated models are at or below 4.0 %.",
        means="The probability of these classes cannot be taken at face value, and a threshold on it does not do what it says.",
        do="Fit a logistic regression on the log-odds of each of these classes on validation data, or choose a threshold for each class there.",
        ignore="If only the order of the scores of a class is used.",
    ),
    **OF_DISTRIBUTIONS,
    "CAL201": Explanation(
        finds=f"Mean confidence above accuracy by more than {100 * SMALL:g} point, beyond chance (calibration p and the p-value of the gap below {SIGNIFICANT}, interval above 0), where the ECE alone does not establish an error.",
        example="Mean confidence minus accuracy is +2.0 points [1.0, 3.0] (calibration p = 0.010).",
        means="The model is right less often than it states. Whatever relies on its confidence, such as skipping review, fails more often than planned.",
        do="Discount its confidence, or recalibrate it on rows that are not part of this evaluation.",
        ignore="If nothing depends on the confidence, or if a gap of this size changes none of your decisions.",
    ),
    "CAL202": Explanation(
        finds=f"Mean confidence below accuracy by more than {100 * SMALL:g} point, beyond chance (calibration p and the p-value of the gap below {SIGNIFICANT}, interval below 0), where the ECE alone does not establish an error.",
        example="Mean confidence minus accuracy is −2.0 points [−3.0, −1.0] (calibration p = 0.010).",
        means="The model is right more often than it states. The error is on the cautious side, but a threshold on the confidence sends more cases to review than necessary.",
        do="Recalibrate it if unnecessary review costs something.",
        ignore="If caution is what you want, for example after training with label smoothing.",
    ),
    "CAL203": Explanation(
        finds=f"A band of confidence with more errors than any band of 95 % of calibrated models has, of a model that is not calibrated (calibration p below {SIGNIFICANT}) and not over-confident on the whole.",
        example="Its confidence is not too high on the whole, but it is wrong more often than that implies over 99.9 % on 5 of 300 rows (expected 0.1).",
        means="Its total is on the cautious side and hides a band in which it is not. If that is the highest band, the rows that skip review are wrong more often than they state.",
        do="Look at these errors: they may be wrong labels. Otherwise do not let confidence in this band decide alone, or recalibrate with more than one parameter.",
        ignore="If no decision depends on confidence in this band, or if the labels of these rows are wrong.",
    ),
    "CAL301": Explanation(
        finds=f"A model that is not calibrated (calibration p below {SIGNIFICANT}) whose NLL falls on held-out folds when the logits are divided by one number, with an interval above 0.",
        example="Dividing the logits by T = 1.50 lowers the NLL by 0.010 nats [0.001, 0.020] on held-out folds; the ECE goes from 5.0 % to 1.0 %, where 95 % of calibrated models are at or below 2.0 %.",
        means="At least a part of the calibration error can be removed without retraining. The most probable class of every row stays the same.",
        do="Fit the temperature on validation data, divide the logits by it in the model that ships, and evaluate that model.",
        ignore="If nothing depends on the probabilities, or if they are recalibrated after the model.",
    ),
    "CAL401": Explanation(
        finds=f"A class whose mean probability differs from its frequency beyond chance: the p-value, adjusted for all classes of all models, is below {SIGNIFICANT}. Of a binary output only the positive class is reported.",
        example="Mean probability minus frequency of a class is +2.0 points (adjusted p = 0.010).",
        means="The model expects this class too often or too rarely. A threshold on its probability is shifted, and so is a total estimated from the probabilities.",
        do="Check the thresholds on this class. If its frequency in use differs from that in training, correct the probabilities for it.",
        ignore="If the frequency of the class in these rows was changed on purpose, or if its probability is not used.",
    ),
    "CAL501": Explanation(
        finds=f"Fewer than {FEW_ROWS} rows for an output.",
        example="Calibration is measured on 199 rows.",
        means="Calibration is known only roughly: on so few rows a calibrated model can have an ECE of several percent, and a miscalibrated one can go undetected.",
        do="Evaluate on more rows before a decision depends on calibration.",
        ignore="If the release does not depend on calibration.",
    ),
}
"""By code of the rule."""
