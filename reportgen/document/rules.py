"""The rules that fired in a report, each with its explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.document.tree import RuleEntry
from reportgen.plan.registry import is_file

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.contract.findings import Rule


def rule_entries(results: Results) -> tuple[RuleEntry, ...]:
    """Return an entry for each rule that fired, by code; none for a rule without an explanation.

    It has the address of its page if the spec has that of the documentation, which has pages for installed sections only. A
    code that two different rules share has no entry, because a finding does not tell them apart.
    """
    docs_url = results.output.docs_url
    folder = None if docs_url is None else f"{docs_url.rstrip('/')}/rules"
    fired: dict[str, dict[Rule[Any], str | None]] = {}
    for record in results.sections:
        codes = {finding.code for finding in record.findings}
        rules = [rule for rule in record.manifest.rules if rule.code in codes] if codes else []
        for rule in rules:
            has_page = folder is not None and not is_file(record.kind)
            fired.setdefault(rule.code, {})[rule] = f"{folder}/{rule.code}/" if has_page else None
    return tuple(
        RuleEntry(code, rule.severity, rule.title, rule.source, rule.explanation, page)
        for code, found in sorted(fired.items())
        for rule, page in found.items()
        if len(found) == 1 and rule.explanation is not None
    )
