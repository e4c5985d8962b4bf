"""What the rules of the sweep section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation

EXPLANATIONS = {
    "SWP101": Explanation(
        finds="A value of a parameter at which more models fail than at the others: Fisher's exact test, adjusted for all values of all parameters, below 5 %. A model fails if it was not evaluated, has no finite score, or is not measurably better than one that has learned nothing; a trial without a model, if its tuner says so.",
        example="6 of 6 models with lr = 1 fail, and 0 of 6 others.",
        means="These settings do not train. They are left out of the effects, which would otherwise be about them alone.",
        do="Leave the value out of the next sweep, or find out why training fails there.",
        ignore="If the failures have a cause outside of the sweep, such as a machine that ran out of memory.",
    ),
    "SWP102": Explanation(
        finds="Two parameters whose effects do not add up: the difference between two values of one changes between two values of the other, and the interval of that change excludes 0, for all interactions together.",
        example="What kind is worth changes by 28.4 points from one width to another (p < 0.001).",
        means="The best value of one parameter may be another one if the other parameter is changed. Main effects are averages over the sweep.",
        do="Choose the two together: look at the models that have both values, in the table of models.",
        ignore="If only one value of the other parameter can be used anyway.",
    ),
    "SWP201": Explanation(
        finds="Parameters that vary together, so that the effect of one could as well be that of the other.",
        example="All models with dropout have kind = cnn, and all others kind = mlp.",
        means="No number of rows or seeds can tell which of them matters, so neither has an effect in the report.",
        do="Train models that change one of them alone.",
        ignore="If they are meant to change together; then give them one name.",
    ),
    "SWP202": Explanation(
        finds="A parameter with a variance inflation factor above 10: the variance of its effect is more than ten times what it would be without the other parameters.",
        example="Two parameters agree in all but one of many models: the variance of either effect is 13 times what it would be alone.",
        means="Its effect rests on very few models, and its interval is wide.",
        do="Train models that change it alone.",
        ignore="If its interval is narrow enough for your decision.",
    ),
    "SWP203": Explanation(
        finds="A table of parameters, or a tuner's folder of trials, with rows or trials that are about no model of the report and that the tuner does not mark as failed.",
        example="trials.csv has 3 rows about no model.",
        means="Of a study whose best models were kept, or whose others were pruned, the models that are left are alike: effects look smaller than they are.",
        do="Keep the models of all trials, or of a random part of them, and compare those.",
        ignore="If models are missing for a reason that has nothing to do with their score.",
    ),
}
"""By code of the rule."""
