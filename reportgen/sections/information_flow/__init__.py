"""The information_flow section: activations, dimensions and class separability by layer."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.information_flow import schema
from reportgen.sections.information_flow.analyzer import InformationFlowAnalyzer
from reportgen.sections.information_flow.findings import RULES
from reportgen.sections.information_flow.rules import EXPLANATIONS
from reportgen.sections.information_flow.schema import InformationFlowOptions, InformationFlowResult
from reportgen.sections.information_flow.statements import statements
from reportgen.sections.information_flow.tables import tables
from reportgen.sections.information_flow.visualizer import InformationFlowVisualizer

SECTION = Section(
    name="information_flow",
    title="Information flow",
    question="Does information pass through the layers: are units alive, how many dimensions are used, where do classes become separable?",
    options=InformationFlowOptions,
    result=InformationFlowResult,
    analyzer=InformationFlowAnalyzer,
    visualizer=InformationFlowVisualizer,
    figures=(
        FigureSpec(
            "activation-health",
            "Dead, dormant, constant and saturated units, and sparsity, of the layers beyond a limit; only where there are any.",
            place="finding",
        ),
        FigureSpec("activation-flow", "Mean and standard deviation of the activations by layer.", place="full"),
        FigureSpec("effective-rank", "Share of its dimensions that each layer uses.", place="appendix"),
        FigureSpec("classes", "Class separability by layer; requires labels.", place="appendix"),
        FigureSpec("attention", "Entropy of each attention head; for models with attention.", place="appendix"),
        FigureSpec("specialization", "Specialization score of each layer, with its components.", place="full"),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="inside",
    metrics=(*schema.PER_MODEL, *schema.PER_LAYER),
    template="sections/information_flow.html.j2",
)
