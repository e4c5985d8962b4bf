"""What the rules about segmentation and sequence labeling mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.performance.judgments import FEW_EXAMPLES, LOW_RECALL, SIGNIFICANT
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "PRF131": Explanation(
        finds="A segmentation or sequence labeling output that predicts the most frequent class everywhere, or is right at fewer pixels or tokens than that: the interval of the paired difference, over images or sequences, lies below 0.",
        example="It predicts 0 for all pixels, which is right for 75.0 % of them.",
        means="An empty answer would be at least as accurate, so the model adds nothing on these rows. Do not ship it.",
        do="Check the order of the classes, the preprocessing and the masks first; then look at the training.",
        ignore="If all classes but the background are rare and only they matter: then judge by their IoU or F1.",
    ),
    "PRF132": Explanation(
        finds="A segmentation or sequence labeling output whose accuracy cannot be told from that of predicting the most frequent class everywhere: the interval of the difference includes 0.",
        example="12 images are too few to tell its pixel accuracy from that of always predicting 0: the difference is +5.0 points.",
        means="The model may be useful or useless; these images or sequences do not show which. More pixels of the same images would not help.",
        do="Evaluate on more images or sequences, or judge by the IoU or F1 of the classes that matter.",
        ignore="If all classes but the background are rare: then accuracy is not the goal.",
    ),
    "PRF231": Explanation(
        finds=f"A class that is predicted at no position although so many images or sequences have it that a model which finds a part of it in {percent(LOW_RECALL)} of them would miss it in all with a chance of at most {percent(SIGNIFICANT)} divided by the number of classes.",
        example="It is in 12 of 12 images, and none of its pixels is found.",
        means="The model cannot recognize this class. A high accuracy hides that if its areas are small.",
        do="Check its labels and its share in the training data, and weight the class in the loss.",
        ignore="If the class was left out of training on purpose or does not matter in use.",
    ),
    "PRF232": Explanation(
        finds=f"A class of which fewer than {percent(LOW_RECALL)} of the pixels or tokens are found, even at the upper end of the interval.",
        example="20.0 % [14.0, 27.7] of its pixels are found.",
        means="Most of this class is missed. If the class matters, the model is not ready for it.",
        do="Look up in the confusion matrix what it is predicted as, then look at its areas in the worst images.",
        ignore="If missing this class costs little, or if its recall is traded for the precision of others on purpose.",
    ),
    "PRF531": Explanation(
        finds=f"Classes that fewer than {FEW_EXAMPLES} images or sequences have.",
        example="1 of 2 classes is in fewer than 20 images.",
        means="Their scores rest on few independent examples, however many pixels or tokens these have.",
        do="Collect more images or sequences with these classes, or do not compare models by their scores.",
        ignore="If these classes do not matter to the decision.",
    ),
}
"""By code of the rule."""
