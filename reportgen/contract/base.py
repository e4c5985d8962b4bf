"""The base class of every model that is read from a spec or written to ``results.json``."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Base class of spec and results models: immutable, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return what each field of a model is: its description, otherwise the docstring beneath it.

    Source code is parsed for it, so it is done where somebody asks, and not by pydantic (``use_attribute_docstrings``) whenever the
    program starts.
    """
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _docstrings(one)
    declared = {name: field.description for name, field in model.model_fields.items()}
    told = {name: description or found.get(name) for name, description in declared.items()}
    return {name: text for name, text in told.items() if text}


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings beneath the fields that a class declares; none if its source is not known."""
    import ast
    import inspect
    import textwrap

    found = {}
    with suppress(OSError, TypeError, SyntaxError):
        (declared,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
        for field, text in pairwise(declared.body if isinstance(declared, ast.ClassDef) else ()):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if (
                isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                found[field.target.id] = inspect.cleandoc(text.value.value)
    return found
