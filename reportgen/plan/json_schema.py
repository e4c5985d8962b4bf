"""The JSON Schema of a spec, with the options of every installed section."""

from __future__ import annotations

import json
from typing import Any

from reportgen.plan import registry
from reportgen.spec.model import ReportSpec, SectionSpec


def spec_schema() -> str:
    """Return the schema's text: draft 2020-12, one alternative for each kind of section."""
    schema = ReportSpec.model_json_schema()
    definitions = schema["$defs"]
    common = definitions.pop("SectionSpec")
    for name in registry.names():
        definitions[f"section_{name}"] = _section(name, common, definitions)
    references = [{"$ref": f"#/$defs/section_{name}"} for name in registry.names()]
    definitions["section_of_a_file"] = _of_a_file(common)
    references.append({"$ref": "#/$defs/section_of_a_file"})
    schema["properties"]["sections"]["items"] = {"anyOf": references}
    header = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "reportgen spec"}
    return json.dumps(header | {key: value for key, value in schema.items() if key != "title"}, indent=2) + "\n"


def _of_a_file(common: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a section out of a file: the keys of every section, and others."""
    description = SectionSpec.model_fields["kind"].description
    kind = {"type": "string", "pattern": r"\.py:[A-Za-z_][A-Za-z0-9_]*$", "description": description}
    return {
        "type": "object",
        "title": "A section out of a file",
        "properties": common["properties"] | {"kind": kind},
        "required": ["kind"],
    }


def _section(name: str, common: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Join the keys of every section with the options of one kind."""
    section = registry.find(name)
    options = section.options.model_json_schema()
    definitions.update(options.get("$defs", {}))
    keys = common["properties"] | {"kind": {"const": name, "description": SectionSpec.model_fields["kind"].description}}
    return {
        "type": "object",
        "title": section.title,
        "description": section.question,
        "properties": keys | options.get("properties", {}),
        "required": ["kind"],
        "additionalProperties": False,
    }
