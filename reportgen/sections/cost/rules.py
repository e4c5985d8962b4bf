"""What the rules of the cost section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.sections.cost.findings import MORE, UNSTEADY
from reportgen.text.formatting import percent

EXPLANATIONS = {
    "CST101": Explanation(
        finds=f"A candidate with more than {MORE:g} times the multiply-adds of the baseline.",
        example="The candidate has 300 multiply-adds per example, the baseline 100: 3 times as many.",
        means="Predictions take more time, more hardware or more battery. Multiply-adds are not time: how much more depends on the machine.",
        do="Check that the gain in quality is worth it, and measure the time on the machine that will run the model.",
        ignore="If the model runs so rarely that its cost does not matter.",
    ),
    "CST201": Explanation(
        finds="A model with operations that are not on the list of what is counted, or whose sizes are variable.",
        example="A layer with weights and a custom call.",
        means="The total is missing, because a part of it would look like all. The model has no place in a comparison by multiply-adds.",
        do="Compare it by measured times, with measure = true, or by parameters; give variable inputs a fixed size.",
        ignore="If the cost of the model is known from elsewhere.",
    ),
    "CST301": Explanation(
        finds=f"Times whose middle half spans more than {percent(UNSTEADY)} of their median, for at least one batch size.",
        example="At batch size 32, the middle half of 30 predictions took 9.00 ms to 12.0 ms, median 10.0 ms.",
        means="Other processes used the machine, or its clock changed; differences of this size between models mean nothing.",
        do="Measure again on an idle machine, with more repetitions.",
        ignore="If only the order of magnitude matters.",
    ),
}
"""By code of the rule."""
