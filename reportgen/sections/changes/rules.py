"""What the rules of the changes section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation

EXPLANATIONS = {
    "CHG101": Explanation(
        finds="A metric of page one that is worse than in the earlier release, with the whole 95 % interval of the difference.",
        example="On the same 100 rows the accuracy was 90.0 % and is 70.0 %: −20.0 points.",
        means="Users of the earlier release lose something by the update, and it is unlikely to be luck.",
        do="Look at the new errors, and at the differences by class, to see who loses.",
        ignore="If the loss was accepted for something else, such as a smaller model.",
    ),
    "CHG201": Explanation(
        finds="An earlier release whose results are on other data, another split or other rows.",
        example="The data has another digest: 100 rows then, 50 rows now.",
        means="The numbers cannot show progress: easier or harder rows move them as much as a better model does.",
        do="Evaluate the earlier model on the rows of this report, or name it as a model of this spec.",
        ignore="If the new rows are meant to replace the old ones, and the difference is not used.",
    ),
}
"""By code of the rule."""
