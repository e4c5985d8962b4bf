"""What the rules of the information_flow section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.information_flow.findings import (
    ACCURACY_DROP,
    COLLAPSED_DROP,
    COLLAPSED_ENTROPY,
    COLLAPSED_RATIO,
    DEAD_PROBLEM,
    DEAD_WARN,
    DORMANT_WARN,
    SATURATED_WARN,
    SURE,
    UNIFORM_ENTROPY,
)
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "INF001": Explanation(
        finds="Layers that output NaN or infinite values on at least one probed row.",
        example="broken is the first layer with NaN or infinite values, on 1 of 200 probed rows.",
        means="On such rows the output of the model is undefined or wrong, and in production it can break whatever reads it.",
        do="Start with the first layer in the message: look for a division by 0, the logarithm of 0, an overflow in half precision, or NaN in the inputs.",
        ignore="If these rows have invalid inputs that never reach the model in use.",
    ),
    "INF101": Explanation(
        finds=f"A layer with a rectified activation, such as ReLU, in which more than {percent(DEAD_PROBLEM)} of the units output 0 on all probed rows.",
        example="In dense, 9 of 16 units output 0 on all 200 probed rows.",
        means="Most of the layer adds size and run time but no information. Usually training went wrong, with a learning rate that was too high.",
        do="Retrain with a lower learning rate or another initialization, or prune the units.",
        ignore="If the units were pruned on purpose, or if the probed rows cover only a part of the inputs in use.",
    ),
    "INF102": Explanation(
        finds=f"A layer with a rectified activation, such as ReLU, in which more than {percent(DEAD_WARN)} and up to {percent(DEAD_PROBLEM)} of the units output 0 on all probed rows.",
        example="In dense, 2 of 16 units output 0 on all 200 probed rows.",
        means="A part of the layer adds size and run time but no information. The accuracy that was measured already includes this.",
        do="Prune the units, or retrain with a lower learning rate and compare.",
        ignore="If size and run time do not matter, or if the probed rows cover only a part of the inputs in use.",
    ),
    "INF103": Explanation(
        finds=f"A layer with a rectified activation, such as ReLU, in which up to {percent(DEAD_WARN)} of the units output 0 on all probed rows.",
        example="In dense, 1 of 16 units outputs 0 on all 200 probed rows.",
        means="A few dead units are common in networks with ReLU and rarely matter.",
        do="Compare with an earlier model: a growing number is a reason to look at the learning rate.",
        ignore="If it is stable from release to release.",
    ),
    "INF104": Explanation(
        finds=f"A layer in which more than {percent(DORMANT_WARN)} of the units are not dead but have a mean absolute activation at or below dormant_threshold, by default 2.5 %, of the mean of the layer.",
        example="In dense, 31.2 % of the units are not dead but stay at or below 2.5 % of the mean activation of the layer.",
        means="The layer is wider than what it does needs. The model does not become wrong by it, but it is larger and slower than necessary.",
        do="Try a narrower layer. If the model was trained on changing data, a growing share can mean that it learns less and less.",
        ignore="If size and run time do not matter.",
    ),
    "INF105": Explanation(
        finds=f"A hidden layer in which more than {percent(SATURATED_WARN)} of the values are in the flat part of tanh (beyond ±0.99), sigmoid (below 0.01 or above 0.99) or ReLU6 (at 6).",
        example="60.0 % of the values of dense are in the flat part of tanh.",
        means="Hardly any gradient passes there, so the layers before it can no longer learn. The model that was measured works as measured.",
        do="Before retraining, check the scale of the inputs and the initialization, or put a normalization before the activation.",
        ignore="If the model is final, or if the layer is a gate that is meant to be open or closed.",
    ),
    "INF106": Explanation(
        finds="A layer whose units are all constant over the probed rows, but not all dead.",
        example="All units of dense are constant on the 200 probed rows.",
        means="Everything after this layer receives the same values whatever the input, unless another path leads around it. The model may ignore a part of its input.",
        do="Look at the layers before it and at their inputs: a wrong scale, weights of 0, or an input that is always the same.",
        ignore="If the layer does not depend on the input by design, such as an embedding of positions.",
    ),
    "INF201": Explanation(
        finds=f"A layer of at least 8 units whose activations use fewer than {COLLAPSED_RATIO:g} dimensions (participation ratio), or fewer than {percent(COLLAPSED_DROP)} of those of the previous layer if that has as many units. Only the first such layer is reported.",
        example="The activations of dense use 1.00 of 16 dimensions.",
        means="Nearly everything that the later layers see of an input is one number. That can be enough for a simple task, and is a bottleneck otherwise.",
        do="Check if the bottleneck is intended. If not, look at the learning rate and the normalization before it.",
        ignore="If a few dimensions are enough for the task, as before a binary output.",
    ),
    "INF202": Explanation(
        finds=f"Attention heads with a mean entropy below {percent(COLLAPSED_ENTROPY)} of the maximum, which attend to practically one key, or above {percent(UNIFORM_ENTROPY)}, which attend to all keys alike.",
        example="Of 2 attention heads, 1 attends to practically one key and 1 attends uniformly.",
        means="Such a head does little that a constant could not do. Accuracy is not affected, but the head costs run time.",
        do="Try the model without these heads. In training, entropy that falls early is a sign of an unstable run.",
        ignore="If the head has a known purpose, such as attending to the previous or to the first position.",
    ),
    "INF301": Explanation(
        finds=f"Classes that are less separable at the output than in another layer: nearest-center accuracy is more than {percent(ACCURACY_DROP)} lower, with an adjusted p-value below {SURE}.",
        example="Nearest-center accuracy is 100 % in features but 75.0 % at the output, logits: 50 rows are right only in features, 0 only at the output.",
        means="Between that layer and the output the model loses information about the classes, at least for a classifier this simple. Some accuracy may be left to gain.",
        do="Check the layers in between, and try a classifier on the features of the best layer.",
        ignore="If the accuracy of the model itself is good: its output need not separate classes by distance to their centers.",
    ),
    "INF901": Explanation(
        finds="Layers whose activations could not be observed, with the reason.",
        example="loop could not be probed, because it runs inside a loop.",
        means="The statements about dead, constant and saturated units do not cover these layers.",
        do="Nothing if the reason is expected; otherwise change the layer so that the reason no longer applies.",
        ignore="If the layers that were probed are the ones that matter to you.",
    ),
}
"""By code of the rule."""
