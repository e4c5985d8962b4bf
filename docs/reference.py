"""The reference pages of the documentation as Markdown, generated from the schema, the manifests and the commands."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from reportgen.cli.commands import cli
from reportgen.contract.section import BaseComparer
from reportgen.plan.json_schema import spec_schema
from reportgen.plan.registry import Registry
from reportgen.render.environment import environment
from reportgen.text.formatting import direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.contract.findings import Rule
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.section import Section

Schema = dict[str, Any]

REGISTRY = Registry()
"""The installed sections."""

_PARTS = {
    "report": "ReportInfo",
    "models.NAME": "ModelSpec",
    "models.NAME.params_from": "ParamsFromSpec",
    "decision": "DecisionSpec",
    "decision.baseline": "BaselineSpec",
    "trend": "TrendSpec",
    "card": "CardSpec",
    "data": "DataSpec",
    "data.images": "ImagesSpec",
    "data.features.NAME": "FeatureSpec",
    "data.test": "SplitSpec",
    "data.train": "TrainSpec",
    "slices": "SliceSpec",
    "checks": "CheckSpec",
    "checks.preset": "preset",
    "output": "OutputSpec",
    "output.figures": "FiguresSpec",
    "output.theme": "ThemeSpec",
    "limits": "LimitsSpec",
}
"""Tables of a spec, and their names in its JSON Schema."""
_ARRAYS = {"checks", "slices"}
"""Those of which a spec can have several."""
_PER = {
    "model": "Per model, or per output",
    "class": "Per class",
    "level": "Per level of a predicted distribution",
    "slice": "Per slice of the rows",
    "layer": "Per layer or tensor",
    "pair": "Per pair of models",
    "recipe": "Per recipe, or pair of recipes",
    "param": "Per training parameter of a sweep",
}
_LIMITS = {"minimum": "≥", "exclusiveMinimum": "&gt;", "maximum": "≤", "exclusiveMaximum": "&lt;"}
_COMMON = ("kind", "id", "title", "text", "optional", "ignore")


def pages() -> dict[str, str]:
    """Return every generated page: its path in the site to its Markdown."""
    sections = [REGISTRY.find(name) for name in REGISTRY.names]
    rules = [(section, rule) for section in sections for rule in section.rules if rule.explanation is not None]
    return {
        "reference/spec.md": spec_page(),
        "reference/commands.md": commands_page(),
        "sections/index.md": sections_page(sections),
        **{f"sections/{section.name}.md": section_page(section) for section in sections},
        "rules/index.md": rules_page(sections),
        **{rule_path(rule): rule_page(section, rule) for section, rule in rules},
    }


# ------------------------------------------------------------------------------------------------ spec


@cache
def _schema() -> Schema:
    """Return the schema of the spec."""
    schema: Schema = json.loads(spec_schema(REGISTRY))
    return schema


def spec_page() -> str:
    """Return the reference of the spec: every key with its type, default and description."""
    schema = _schema()
    definitions: dict[str, Schema] = schema["$defs"]
    keys = _Keys(definitions)
    blocks = [
        "# Every key of a spec",
        "Generated from the schema that the program validates with. Any other key is an error.",
        "## Top level",
        keys.table(schema),
    ]
    for place, name in _PARTS.items():
        heading = f"[[{place.partition('.')[0]}]]" if place.partition(".")[0] in _ARRAYS else f"[{place}]"
        blocks += [f"## `{heading}` {{ #{_anchor(place)} }}", _marked(definitions[name]["description"])]
        blocks += [keys.table(definitions[name])]
    blocks += [
        "## `[[sections]]` { #sections }",
        "The keys that every section has. All other keys are options of its kind.",
    ]
    common = {key: definitions["section_summary"]["properties"][key] for key in _COMMON}
    common["kind"] = {"type": "string", "description": "Which section: one of the names below."}
    blocks += [keys.table({"properties": common, "required": ["kind"]})]
    for name in REGISTRY.names:
        blocks += [
            f'### `kind = "{name}"` {{ #kind-{name} }}',
            f"See the page of the section: [{name}](../sections/{name}.md).",
        ]
        blocks += [_options(definitions[f"section_{name}"], definitions)]
    return _page(blocks)


def _options(section: Schema, definitions: dict[str, Schema]) -> str:
    """Return the table of a section's options, and of the tables nested in them."""
    own = {key: value for key, value in section["properties"].items() if key not in _COMMON}
    if not own:
        return "No options."
    keys = _Keys(definitions)
    parts = [keys.table({"properties": own})]
    for name in dict.fromkeys(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(own))):
        found = definitions[name]
        if "properties" in found:
            parts += [f"Table `{name}`: {_marked(found.get('description', ''))}", keys.table(found)]
    return "\n\n".join(parts)


class _Keys:
    """Writes tables of keys; ``definitions`` are those of the schema."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions

    def table(self, schema: Schema) -> str:
        """Return the table of an object's keys."""
        required = schema.get("required", ())
        rows = [
            (
                f"`{key}`",
                self.type(value),
                "required" if key in required else _default(value),
                self.description(value),
            )
            for key, value in schema["properties"].items()
        ]
        return _table(("key", "type", "default", "description"), rows)

    def description(self, schema: Schema) -> str:
        """Return the description of a key, or of the table that it refers to."""
        referred = self.definitions.get(_name(schema), {})
        return _marked(schema.get("description") or referred.get("description", ""))

    def type(self, schema: Schema) -> str:
        """Return a type in words."""
        if name := _name(schema):
            return _place(name)
        if "const" in schema:
            return f"`{json.dumps(schema['const'])}`"
        if "enum" in schema:
            return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
        if "anyOf" in schema:
            kinds = [self.type(one) for one in schema["anyOf"] if one.get("type") != "null"]
            return ", or ".join(dict.fromkeys(_each(kinds)))
        limits = " and ".join(f"{sign} {schema[key]:g}" for key, sign in _LIMITS.items() if key in schema)
        return " ".join(part for part in (self._simple(schema), limits) if part)

    def _simple(self, schema: Schema) -> str:
        match schema.get("type"):
            case "array" if "prefixItems" in schema:
                return f"[{', '.join(self.type(one) for one in schema['prefixItems'])}]"
            case "array":
                return f"list of {_several(self.type(schema.get('items', {})))}"
            case "object":
                values = schema.get("additionalProperties")
                return f"table of {_several(self.type(values) if isinstance(values, dict) else 'anything')}"
            case "boolean":
                return "true or false"
            case str(kind):
                return kind
            case _:
                return "anything"


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _place(name: str) -> str:
    """Return a link to where the keys of a table are listed."""
    for place, definition in _PARTS.items():
        if definition == name:
            return f"[table](#{_anchor(place)})"
    return "[table](#sections)" if name.startswith("section_") else f"table `{name}`"


def _several(words: str) -> str:
    if words in {"string", "integer", "number"}:
        return f"{words}s"
    return _grouped(words).replace("[table]", "[tables]")


def _each(kinds: list[str]) -> list[str]:
    """Shorten the last kind if it is one of the others for each of several names."""
    *others, last = kinds
    same = last == f"table of {_several(', or '.join(others))}"
    return [*others, "a table of these"] if same else kinds


def _grouped(words: str) -> str:
    return f"({words})" if " or " in words else words


def _default(schema: Schema) -> str:
    if "default" not in schema or schema["default"] in (None, {}, []):
        return "none"
    if "$ref" in schema:
        return "the defaults of its keys"
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`"


# ------------------------------------------------------------------------------------------------ sections


def sections_page(sections: Iterable[Section[Any, Any]]) -> str:
    """Return the list of all sections."""
    rows = [
        (f"[{one.name}]({one.name}.md)", one.question, len(one.metrics), len(one.figures), len(one.rules))
        for one in sections
    ]
    blocks = [
        "# Sections",
        "A report contains the sections that the spec lists, in the same order.",
        _table(("kind", "question that it answers", "metrics", "figures", "rules"), rows),
        "`reportgen sections NAME` prints the content of these pages.",
    ]
    return _page(blocks)


def section_page(section: Section[Any, Any]) -> str:
    """Return the page of a section: options, figures, metrics, rules, all with their sources."""
    definitions = _schema()["$defs"]
    blocks = [
        f"# {_plain(section.title)}",
        f"**{_plain(section.question)}**",
        f'```toml\n[[sections]]\nkind = "{section.name}"\n```',
        _needs(section),
        "## Options",
        _options(definitions[f"section_{section.name}"], definitions),
    ]
    if reading := _reading(section):
        blocks += ["## How to read it", "From the report:", reading]
    blocks += ["## Figures", _figures(section), "## Metrics", *_metrics(section), "## Rules", _rules(section)]
    return _page(blocks)


def _needs(section: Section[Any, Any]) -> str:
    if issubclass(section.analyzer, BaseComparer):
        return "This section reads the metrics of other sections."
    needs = ", ".join(sorted(need.value for need in section.analyzer.needs))
    return f"This section needs: {needs}." if needs else "This section needs only the models."


def _reading(section: Section[Any, Any]) -> str:
    """Return the block "How to read this" of a section's own template, HTML."""
    if section.template is None:
        return ""
    template = environment([], str).get_template(section.template)
    block = template.blocks.get("reading")
    return "".join(block(template.new_context())).strip() if block else ""


def _figures(section: Section[Any, Any]) -> str:
    rows = [(f"`{one.name}`{{ #figure-{one.name} }}", _plain(one.shows)) for one in section.figures]
    return _table(("figure", "what it shows"), rows) if rows else "None."


def _metrics(section: Section[Any, Any]) -> list[str]:
    blocks = []
    for per, title in _PER.items():
        found = [metric for metric in section.metrics if metric.per == per]
        if found:
            blocks += [f"### {title} {{ #per-{per} }}", *(_metric(section, metric) for metric in found)]
    return blocks or ["None."]


def _metric(section: Section[Any, Any], metric: MetricSpec) -> str:
    facts = [f"`{section.name}.{metric.name}`", _plain(metric.title), metric.unit, direction(metric)]
    if metric.name in section.headlines:
        facts.append("shown on page one")
    if metric.difference:
        facts.append(f"models are compared with [`{metric.difference}`](#{metric.difference})")
    return (
        f"#### `{metric.name}` {{ #{metric.name} }}\n\n{' · '.join(filter(None, facts))}\n{{ .facts }}\n\n"
        f"{_plain(metric.definition)} Source: {_plain(metric.source)}."
    )


def _rules(section: Section[Any, Any]) -> str:
    rows = [
        (f"{_code(rule)}{{ #{rule.code.lower()} }}", rule.severity, _plain(rule.title), _plain(rule.source))
        for rule in section.rules
    ]
    return _table(("code", "severity", "what it finds", "source"), rows) if rows else "None."


# ------------------------------------------------------------------------------------------------ rules


def rule_path(rule: Rule[Any]) -> str:
    """Return the path of a rule's page."""
    return f"rules/{rule.code}.md"


def rules_page(sections: Iterable[Section[Any, Any]]) -> str:
    """Return the list of all rules by section."""
    blocks = [
        "# Rules",
        "Every finding of a report is generated by one of these rules and ends with its code, which links to an explanation.",
        "`reportgen rule CODE` prints the same text. To leave a rule out, add its code to `ignore` in its section.",
    ]
    for section in sections:
        rows = [(_code(rule), rule.severity, _plain(rule.title)) for rule in section.rules]
        if rows:
            blocks += [f"## {_plain(section.title)}", _table(("code", "severity", "what it finds"), rows)]
    return _page(blocks)


def _code(rule: Rule[Any]) -> str:
    """Return the code of a rule in a page one folder below the top, with a link if the rule has a page."""
    return f"`{rule.code}`" if rule.explanation is None else f"[`{rule.code}`](../{rule_path(rule)})"


def rule_page(section: Section[Any, Any], rule: Rule[Any]) -> str:
    """Return the page of a rule: what it finds, an example, what it means, what to do, when to ignore it."""
    facts = (
        rule.severity,
        f"section [{section.name}](../sections/{section.name}.md)",
        f"source: {_plain(rule.source)}",
    )
    blocks = [f"# {rule.code}: {_plain(rule.title)}", " · ".join(facts)]
    for heading, text in rule.explanation.parts if rule.explanation else ():
        blocks += [f"## {heading}", _plain(text)]
    blocks += [
        f'To leave the rule out of a report:\n\n```toml\n[[sections]]\nkind = "{section.name}"\nignore = ["{rule.code}"]\n```'
    ]
    return _page(blocks)


# ------------------------------------------------------------------------------------------------ commands


def commands_page() -> str:
    """Return the reference of the command line."""
    blocks = [
        "# Command line",
        _plain(cli.help or ""),
        "`python -m reportgen` is the same program. Every command has `-h`; `reportgen --version` prints the version.",
    ]
    for name, command in cli.commands.items():
        context = click.Context(command, info_name=f"reportgen {name}")
        usage = command.get_usage(context).removeprefix("Usage: ")
        blocks += [f"## `reportgen {name}` {{ #{name} }}", _plain(command.help or ""), f"```text\n{usage}\n```"]
        records = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
        rows = [(f"`{flags}`", _plain(words)) for flags, words in filter(None, records)]
        blocks += [_table(("option", "description"), rows)] if rows else []
    codes = (cli.epilog or "").partition("Exit codes:")[2].strip("\n")
    blocks += [
        "## Exit codes",
        f"```text\n{codes}\n```",
        "`NO_COLOR` and `SOURCE_DATE_EPOCH` are honored; a `SOURCE_DATE_EPOCH` that is not seconds since 1970 is refused.",
    ]
    return _page(blocks)


# ------------------------------------------------------------------------------------------------ Markdown


def _page(blocks: Iterable[str]) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """Return a text escaped for Markdown."""
    return re.sub(r"([\\`*_\[\]#|])", r"\\\1", html.escape(text, quote=False))


def _marked(text: str) -> str:
    """Return a description, which may contain code between backticks, in one line."""
    parts = text.replace("\n", " ").split("`")
    return "".join(f"`{part}`" if place % 2 else _plain(part) for place, part in enumerate(parts))


def _anchor(place: str) -> str:
    return place.replace(".", "-").lower()
