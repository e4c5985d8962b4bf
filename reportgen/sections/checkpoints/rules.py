"""What the rules of the checkpoints section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.simultaneous import LEVEL

EXPLANATIONS = {
    "CKP101": Explanation(
        finds="Trainable layers whose weights are bit-identical in all checkpoints of a run, unless that is true of every layer.",
        example="Of two trainable layers, still is bit-identical since c0 and dense is not.",
        means="A part of the network was not trained although it was meant to be, so the model may be worse than it could be.",
        do="Check that gradients reach these weights, and that the model was compiled after the last change of trainable.",
        ignore="If the layer does not contribute to the loss, or was excluded from training by other means than trainable.",
    ),
    "CKP102": Explanation(
        finds="Layers that are not trainable and whose weights are bit-identical in all checkpoints of a run.",
        example="A layer with trainable = False is bit-identical since c0.",
        means="Freezing worked: these layers are as good as the weights that they started from.",
        do="Check that these are the layers that you meant to freeze.",
        ignore="If they are, as usual in transfer learning.",
    ),
    "CKP103": Explanation(
        finds="A checkpoint whose weights are bit-identical to those of the previous checkpoint in every layer. Moving statistics of normalization layers are not compared.",
        example="The weights of c1 are bit-identical to those of c0.",
        means="One of the two files is not what its name says, so comparing them shows nothing about training.",
        do="Check the callback that saves the checkpoints and the paths in the spec.",
        ignore="If no training was meant to take place between the two.",
    ),
    "CKP201": Explanation(
        finds=f"Accuracy that falls from one checkpoint to the next beyond chance: the p-value, adjusted for all steps of all runs, is below {LEVEL}.",
        example="Accuracy changes by −2.1 points [−4.1, −0.1] from the previous checkpoint, the only step of the run.",
        means="The later checkpoint is less accurate on these rows. A release of the last one would lose accuracy that the run already had.",
        do="Prefer the earlier checkpoint, or find out what changed between the two, such as the learning rate or the data.",
        ignore="If the later checkpoint was trained for other data or another metric than this accuracy.",
    ),
}
"""By code of the rule."""
