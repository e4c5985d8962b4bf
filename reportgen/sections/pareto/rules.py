"""What the rules of the pareto section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation

EXPLANATIONS = {
    "PAR101": Explanation(
        finds="A model that another model dominates: at least as good by value in every objective and better beyond uncertainty in at least one, tested over all pairs of models and objectives together at 5 %.",
        example="Model A has higher accuracy (+10.0 points) and lower NLL (−0.100 nats) than model B.",
        means="On these objectives there is no reason to release this model instead of the one that dominates it.",
        do="Drop it from the candidates, or name the objective that is in its favor.",
        ignore="If it has an advantage that is not among the objectives, such as latency on your hardware.",
    ),
    "PAR102": Explanation(
        finds="A model on the front by value whose lead over another model is within uncertainty, while that model is better beyond uncertainty in another objective: tested over all pairs of models and objectives together at 5 %.",
        example="Model A has lower NLL (−0.400 nats) than model B; their accuracy is not distinguishable (−1.0 points).",
        means="Its place on the front rests on a difference that could be chance.",
        do="Prefer the other model unless the possible lead is worth the cost, or evaluate on more rows.",
        ignore="If the objective in which it is ahead by value matters most to you and more rows are on their way.",
    ),
    "PAR103": Explanation(
        finds="A model that is alone on the front of at least two models. The message says if its lead over the others is established.",
        example="Among 2 models, model A is at least as good by value in every objective and better beyond uncertainty in at least one.",
        means="There is no trade-off to decide between these objectives, as far as the lead is tested.",
        do="Release it if its lead is established. Otherwise keep the models that the message counts as candidates.",
        ignore="If the objectives do not include what you decide by.",
    ),
    "PAR104": Explanation(
        finds="A model behind another by value in objectives of which at least one was not tested.",
        example="Model A is better than model B by value: accuracy +10.0 points, NLL −0.100 nats. The difference in NLL is not tested.",
        means="The order of the two models may be chance, so it is no reason to reject the one behind.",
        do="Choose objectives with an interval, or repeat the training with other seeds and compare.",
        ignore="If the differences are so large that no test is needed, and you know how much training runs vary.",
    ),
    "PAR201": Explanation(
        finds="A model that lacks a value in at least one objective.",
        example="Model C was not compared: its accuracy was not measured.",
        means="The front says nothing about this model; it may be better or worse than any other.",
        do="Give the model what is missing, for example a training history, or choose objectives that all models have.",
        ignore="If the model is no candidate.",
    ),
    "PAR202": Explanation(
        finds="An objective that was measured in different ways for different models.",
        example="The best validation score of model C was measured as val_auc, that of 2 models as val_accuracy.",
        means="The front compares different quantities, so the ranks of these models mean little.",
        do="Measure all models alike, or choose an objective that this report measures itself.",
        ignore="If the two ways are known to agree.",
    ),
}
"""By code of the rule."""
