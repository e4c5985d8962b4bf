"""What the rules of the weights section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.weights.findings import DEAD_SHARE, NEAR_ZERO_EXCESS, PEAK, SCALE, TOP_ENERGY, UNTRAINED_SIZE
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "WGT001": Explanation(
        finds="Weights that are NaN or infinite.",
        example="1 weight of dense/kernel is NaN.",
        means="Outputs that depend on these weights are invalid, so the model must not ship.",
        do="Restore an earlier checkpoint, and look for the epoch in which the loss became NaN.",
        ignore="Never, unless the weights belong to a part of the model that is not used.",
    ),
    "WGT101": Explanation(
        finds=f"A matrix in which more than {percent(DEAD_SHARE)} of the rows or of the columns are practically zero: inputs that are ignored, or units that output only their bias.",
        example="In dense/kernel, 12.5 % of the columns are practically zero.",
        means="A part of the layer adds size and run time but nothing to the output. The accuracy that was measured already includes this.",
        do="Consider a narrower layer, or a lower learning rate and less weight decay.",
        ignore="If the layer was pruned on purpose, or if some inputs are always 0, such as the corners of images.",
    ),
    "WGT102": Explanation(
        finds=f"A tensor of at least 64 weights of which more than {percent(NEAR_ZERO_EXCESS)} are below a hundredth of its RMS, where Gaussian weights have 0.8 %. Biases and scales are left out.",
        example="21.1 % of the weights of dense/kernel are near zero.",
        means="Much of the tensor is unused, which is expected after pruning and unusual otherwise.",
        do="Without pruning, check the regularization and the learning rate; with it, store the tensor in sparse form.",
        ignore="If the model was pruned or trained with L1 regularization.",
    ),
    "WGT103": Explanation(
        finds="A tensor whose weights are all zero. Biases and scales are left out.",
        example="dense/kernel: all weights are zero.",
        means="No signal passes through this layer; unless another path leads around it, the output does not depend on the input.",
        do="Check the initialization, and that the layer was trained.",
        ignore="If the layer starts at zero by design, such as the last layer of a residual branch or of an adapter, and was not meant to be trained yet.",
    ),
    "WGT201": Explanation(
        finds=f"A tensor whose RMS is more than {SCALE:g} times that of its initializer, or less than a tenth of it. Weights of normalization layers are left out.",
        example="The RMS of dense/kernel is 11 times that of its initializer (GlorotUniform).",
        means="Activations after this layer may be very large or very small, which makes training and low precision fragile.",
        do="Check the activations after it in information_flow, and consider weight decay or a normalization.",
        ignore="If a normalization follows, or if the weights were not initialized by the initializer in the file, as in converted models.",
    ),
    "WGT202": Explanation(
        finds=f"A matrix with at least 8 rows and 8 columns whose largest singular value has more than {percent(TOP_ENERGY)} of the sum of squares.",
        example="In dense/kernel the largest singular value has 64.0 % of the sum of squares.",
        means="One direction dominates the layer, so it works nearly like a single unit. The measured accuracy already includes this.",
        do="Compare with an earlier checkpoint or another model: a share that grows in training is a sign of collapse.",
        ignore="If the layer feeds a binary output, for which one direction is enough, or if its inputs are not centered.",
    ),
    "WGT203": Explanation(
        finds=f"A tensor whose largest weight is more than {PEAK:g} times its RMS.",
        example="The largest weight of dense/kernel is 31.9 times its RMS.",
        means="With quantization to few bits, the outlier sets the scale and all other weights lose precision. In float32 nothing is wrong.",
        do="Before quantization, measure the accuracy of the quantized model, or quantize per channel.",
        ignore="If the model is not quantized.",
    ),
    "WGT301": Explanation(
        finds=f"A model whose matrices of at least {UNTRAINED_SIZE} weights look as initialized: RMS of the initializer within sampling error, and no singular value above the edge of a random matrix, except in as many as chance explains.",
        example="1 of 1 matrices with a known initializer and at least 200 weights has the RMS of that initializer and no singular value above the edge of a random matrix.",
        means="The file may contain an untrained model, or the wrong file was loaded.",
        do="Check the path and the digest of the file, and compare with the accuracy in the performance chapter.",
        ignore="If the accuracy is far above chance: training can change weights by too little to be seen here.",
    ),
    "WGT302": Explanation(
        finds="Tensors of the same shape that are bit-identical and not constant.",
        example="twin/kernel is bit-identical to dense/kernel.",
        means="Two layers do the same to their inputs, so one of them may have been copied or loaded by mistake.",
        do="Check that this is intended.",
        ignore="If weights are copied on purpose, as in target networks and moving averages.",
    ),
    "WGT303": Explanation(
        finds="Tensors other than biases, from a constant initializer, that still have the value of that initializer.",
        example="All values of n/moving_variance are still those of the initializer (Ones).",
        means="The layer was not trained, or never saw data. A normalization with initial statistics works differently in use than in training.",
        do="Check that the layer was meant to stay untrained, and that it ran with training=True.",
        ignore="If the layer is frozen or not used.",
    ),
    "WGT901": Explanation(
        finds="A model without weights in the selected layer types, or whose weights belong to no layers, as those of a SavedModel.",
        example="layer_types has only LSTM, and the model has no LSTM layer.",
        means="Nothing in this chapter applies to the model: that there are no findings means nothing.",
        do="Check layer_types in the options of the section.",
        ignore="If the model has no weights of interest.",
    ),
    "WGT902": Explanation(
        finds="A pattern in layer_types that matches no layer with weights of any model.",
        example="layer_types has Cnv2D, and no model has such a layer.",
        means="Layers that you meant to examine may be missing from this chapter.",
        do="Check the spelling of the pattern; the layer types are listed in the overview chapter.",
        ignore="If the pattern is for models that are not in this report.",
    ),
}
"""By code of the rule."""
