"""Which items of model cards and of documentation duties a report states: coverage, not compliance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.card import ITEMS, STATED
from reportgen.contract.tables import Column, Table
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.analysis.results import Results

_FACTS = {
    "version": "version",
    "people": "authors or owner",
    "baseline": "difference from the version before",
    "description": "description",
    "language": "language",
    "task": "task and outputs",
    "layers": "layers",
    "files": "digests of the models",
    "data": "data set and split",
    "numbers": "measured numbers",
    "intervals": "intervals",
    "parts": "numbers by class",
    "checks": "limits",
    "software": "software versions",
    "elsewhere": "not part of this report",
}
"""What a report states or measures beside the items of ``[card]``."""
_Items = tuple[tuple[str, tuple[str, ...]], ...]
_MITCHELL: _Items = (
    ("Model details", ("version", "people", "task", "files", "license", "citation", "contact")),
    ("Intended use", ("intended_use", "out_of_scope")),
    ("Factors", ("factors", "parts")),
    ("Metrics", ("metrics", "checks", "intervals")),
    ("Evaluation data", ("data", "evaluation_data")),
    ("Training data", ("training_data",)),
    ("Quantitative analyses", ("numbers", "parts", "intervals")),
    ("Ethical considerations", ("ethical_considerations",)),
    ("Caveats and recommendations", ("limitations", "recommendations")),
)
_HUGGING_FACE: _Items = (
    ("Model details", ("description", "people", "license", "language")),
    ("Uses", ("intended_use", "out_of_scope")),
    ("Bias, risks, and limitations", ("limitations", "recommendations")),
    ("How to get started", ("usage",)),
    ("Training details", ("training_data", "training_procedure")),
    ("Evaluation", ("data", "factors", "metrics", "numbers")),
    ("Model examination", ("layers",)),
    ("Environmental impact", ("environmental_impact",)),
    ("Technical specifications", ("layers", "software")),
    ("Citation", ("citation",)),
    ("Contact", ("contact",)),
)
_ANNEX_IV: _Items = (
    ("1 General description", ("intended_use", "people", "version", "baseline", "software", "usage")),
    ("2 (a) to (c) Methods, design, architecture", ("training_procedure", "layers")),
    ("2 (d) Data", ("training_data", "evaluation_data")),
    ("2 (e) Human oversight", ("oversight",)),
    ("2 (f) Predetermined changes", ("elsewhere",)),
    ("2 (g) Validation and testing", ("data", "numbers", "intervals", "checks")),
    ("2 (h) Cybersecurity", ("elsewhere",)),
    ("3 Monitoring and control", ("limitations", "parts", "oversight")),
    ("4 Appropriateness of the metrics", ("metrics",)),
    ("5 Risk management", ("elsewhere",)),
    ("6 Changes through the lifecycle", ("baseline",)),
    ("7 Standards", ("elsewhere",)),
    ("8 Declaration of conformity", ("elsewhere",)),
    ("9 Post-market monitoring", ("elsewhere",)),
)
_FRAMEWORKS = {
    "Mitchell et al. (2019)": _MITCHELL,
    "Hugging Face model card": _HUGGING_FACE,
    "EU AI Act, Annex IV": _ANNEX_IV,
}


def coverage(results: Results) -> Table:
    """Return for each framework which of its items the report states, states in part, and does not state."""
    stated = _stated(results)
    rows = []
    for framework, items in _FRAMEWORKS.items():
        whole, partly, not_at_all = [], [], []
        for title, parts in items:
            missing = [_FACTS.get(part) or in_a_sentence(ITEMS[part]) for part in parts if not stated[part]]
            if not missing:
                whole.append(title)
            elif len(missing) < len(parts):
                partly.append(f"{title} (missing: {', '.join(missing)})")
            else:
                not_at_all.append(title)
        rows.append((framework, *("; ".join(titles) or None for titles in (whole, partly, not_at_all))))
    columns = tuple(Column(title, numeric=False) for title in ("Framework", "Stated", "Stated in part", "Not stated"))
    note = "Coverage only: whether an item is stated, not whether it is true or sufficient."
    return Table("coverage", "Coverage of documentation frameworks", columns, tuple(rows), note)


def _stated(results: Results) -> Mapping[str, bool]:
    """Return whether each item and fact is stated; what was not measured is not."""
    card, report = results.card, results.report
    measured = [row.measurement for row in results.rows() if row.measurement.metric.value is not None]
    kinds = {subject.kind for subject in {one.subject for one in measured if one.subject is not None}}
    return {
        **{item: card.states(item) for item in ITEMS},
        "version": bool(report.version),
        "people": bool(report.authors) or card.states("owner"),
        "baseline": results.decision.baseline is not None,
        "description": bool(report.description),
        "language": bool(card.language),
        "task": any(model.heads for model in results.models),
        "layers": "layer" in kinds,
        "files": all(model.sha256 is not None for model in results.models),
        "data": results.data is not None,
        "numbers": bool(measured),
        "intervals": any(one.metric.ci_low is not None for one in measured),
        "parts": "class" in kinds,
        "checks": any(check.unit != STATED for check in results.checks),
        "software": bool(results.versions),
        "elsewhere": False,
    }
