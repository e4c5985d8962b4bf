"""The information_flow section: what happens to the data on their way through the layers."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.information_flow import schema
from reportgen.sections.information_flow.analyzer import InformationFlowAnalyzer
from reportgen.sections.information_flow.findings import RULES
from reportgen.sections.information_flow.schema import InformationFlowOptions, InformationFlowResult
from reportgen.sections.information_flow.tables import tables
from reportgen.sections.information_flow.visualizer import InformationFlowVisualizer

SECTION = Section(
    name="information_flow",
    title="Information flow",
    question="Does information get through: are units alive, how many dimensions do layers use, when do classes part?",
    options=InformationFlowOptions,
    result=InformationFlowResult,
    analyzer=InformationFlowAnalyzer,
    visualizer=InformationFlowVisualizer,
    figures=(
        FigureSpec("activation-flow", "Mean and standard deviation of the activations through the layers."),
        FigureSpec("effective-rank", "How many of their dimensions the layers use."),
        FigureSpec("activation-health", "Dead, dormant, constant and saturated units of each layer, and its sparsity."),
        FigureSpec("specialization", "The specialization score of each layer and its components."),
        FigureSpec("classes", "Where on the way the classes part; where there are labels."),
        FigureSpec("attention", "Entropy of each attention head; for models with attention."),
    ),
    rules=RULES,
    tables=tables,
    metrics=(*schema.PER_MODEL, *schema.PER_LAYER),
    template="sections/information_flow.html.j2",
)
