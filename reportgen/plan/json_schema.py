"""The JSON Schema of a spec, with the options of every installed section."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reportgen.contract.base import descriptions
from reportgen.contract.foreign import section_code
from reportgen.plan.presets import PRESETS
from reportgen.plan.registry import folder_of
from reportgen.spec.model import ReportSpec
from reportgen.spec.tables.sections import SectionSpec

if TYPE_CHECKING:
    from reportgen.contract.section import Section
    from reportgen.plan.registry import Registry


def spec_schema(registry: Registry) -> str:
    """Return the text of the schema: draft 2020-12, one alternative per installed section."""
    schema = ReportSpec.model_json_schema()
    definitions = schema["$defs"]
    common = definitions.pop("SectionSpec")
    for name in registry.names:
        definitions[f"section_{name}"] = _section(registry.find(name), common, definitions)
    references = [{"$ref": f"#/$defs/section_{name}"} for name in registry.names]
    definitions["section_of_a_file"] = _of_a_file(common)
    references.append({"$ref": "#/$defs/section_of_a_file"})
    schema["properties"]["sections"]["items"] = {"anyOf": references}
    definitions["preset"] = _preset(definitions["CheckSpec"])
    schema["properties"]["checks"]["items"] = {"anyOf": [{"$ref": "#/$defs/CheckSpec"}, {"$ref": "#/$defs/preset"}]}
    header = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "reportgen spec"}
    return json.dumps(header | {key: value for key, value in schema.items() if key != "title"}, indent=2) + "\n"


def _preset(check: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a check that stands for several."""
    properties = {key: check["properties"][key] for key in ("models", "optional")}
    return {
        "type": "object",
        "title": "A preset",
        "description": "The usual checks of a release.",
        "properties": {"preset": {"enum": list(PRESETS), "description": "Name of the preset."}, **properties},
        "required": ["preset"],
        "additionalProperties": False,
    }


def _of_a_file(common: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a section in a file: the common keys, and any others."""
    description = descriptions(SectionSpec)["kind"]
    kind = {"type": "string", "pattern": r"\.py:[A-Za-z_][A-Za-z0-9_]*$", "description": description}
    return {
        "type": "object",
        "title": "A section in a file",
        "properties": common["properties"] | {"kind": kind},
        "required": ["kind"],
    }


def _section(section: Section[Any, Any], common: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Combine the common keys with the options of one kind."""
    with section_code(section.name, folder_of(section)):
        options = section.options.model_json_schema()
    definitions.update(options.get("$defs", {}))
    kind = {"const": section.name, "description": descriptions(SectionSpec)["kind"]}
    keys = common["properties"] | {"kind": kind}
    return {
        "type": "object",
        "title": section.title,
        "description": section.question,
        "properties": keys | options.get("properties", {}),
        "required": ["kind"],
        "additionalProperties": False,
    }
