"""The base class of every model that is read from a spec or written to ``results.json``, and the descriptions of its fields."""

from __future__ import annotations

import ast
import sys
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


class Described(BaseModel):
    """A model whose JSON Schema describes its fields by the docstrings beneath them.

    pydantic reads the source of every model for them when it is imported, a sixth of the start of every command.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Add the descriptions."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for field, words in descriptions(cls).items():
            name = cls.model_fields[field].alias or field
            if name in properties and handler.resolve_ref_schema(properties[name]).get("description") != words:
                properties[name].setdefault("description", words)
        return schema


class Strict(Described):
    """Base class of spec and results models: immutable, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of every field of a model that has one: what its declaration says, or the docstring beneath."""
    found: dict[str, str | None] = {}
    for one in reversed(model.__mro__):
        found |= _beneath(one.__module__).get(one.__qualname__, {})
    said = {name: field.description or found.get(name) for name, field in model.model_fields.items()}
    return {name: words for name, words in said.items() if words is not None}


@cache
def _beneath(module: str) -> dict[str, dict[str, str | None]]:
    """Return the docstrings beneath the annotated names of every class of a module; nothing if there is no source."""
    try:
        tree = ast.parse(getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    return dict(_classes(tree, ""))


def _classes(tree: ast.AST, within: str) -> list[tuple[str, dict[str, str | None]]]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            found.append((within + node.name, _docstrings(node)))
            found += _classes(node, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            found += _classes(node, f"{within}{node.name}.<locals>.")
    return found


def _docstrings(node: ast.ClassDef) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for field, after in pairwise((*node.body, ast.Pass())):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = after.value if isinstance(after, ast.Expr) else None
            words = value.value if isinstance(value, ast.Constant) else None
            found[field.target.id] = cleandoc(words) if isinstance(words, str) else None
    return found
