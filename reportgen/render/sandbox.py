"""The sandbox for custom templates, and which of their failures no document could avoid."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jinja2 import Environment

_MOST_POWER, _MOST_REPEATED = 64, 10_000_000
"""Bounds of what an operator in a custom template may make in one step, which no clock can interrupt."""
_PROGRAM = f"{__name__.partition('.')[0]}."
_GIVEN_BY_JINJA = frozenset({"caller", "kwargs", "loop", "self", "super", "varargs"})
"""Names that exist where Jinja defines them."""


class MissingError(UndefinedError):
    """A name, or a field of an object, does not exist."""

    def __init__(self, message: str | None, owner: Any, name: str | None) -> None:
        super().__init__(message)
        self.owner = owner
        self.name = name


class TypesError(TypeError):
    """An operator has no meaning for the types of its operands, whatever their values."""


class _Strict(StrictUndefined):
    """Knows what is missing from what when it is used."""

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = None) -> None:  # noqa: ARG002
        raised: Any = partial(MissingError, owner=obj, name=name)
        super().__init__(hint, obj, name, raised)


class Sandbox(ImmutableSandboxedEnvironment):
    """Exposes the fields of the results but no methods: pydantic's can read files and pickles. Bounds what operators make."""

    intercepted_binops = frozenset({"*", "**", "+", "-", "/", "//"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"undefined": _Strict})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator, within bounds."""
        if operator == "**" and isinstance(left, int) and isinstance(right, int) and abs(right) > _MOST_POWER:
            message = f"a power with an exponent above {_MOST_POWER}"
            raise SecurityError(message)
        for text, times in ((left, right), (right, left)):
            if (
                operator == "*"
                and isinstance(times, int)
                and hasattr(text, "__len__")
                and len(text) * times > _MOST_REPEATED
            ):
                message = f"a repetition with more than {_MOST_REPEATED:,} elements"
                raise SecurityError(message)
        try:
            return super().call_binop(context, operator, left, right)
        except TypeError as error:
            if left is None or right is None:
                raise
            raise TypesError(str(error)) from error

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read an attribute."""
        kind = obj if isinstance(obj, type) else type(obj)
        if issubclass(kind, BaseModel):
            return obj is not kind and attr in kind.model_fields
        return super().is_safe_attribute(obj, attr, value)


def is_certain(error: Exception, made: Environment, template: str | None, names: Iterable[str]) -> bool:
    """Return whether a failure does not depend on the document: no other one could be filled in either.

    Certain are: a name that nothing defines; a field that its type does not have; an operator that has no meaning for the
    types of its operands; a template that does not exist; an expression of constants; recursion without end; more time or
    memory than is allowed, of which a larger document would take no less. What depends on a value, a count, or on whether
    something is there, is not.

    Parameters
    ----------
    error
        What was raised.
    made
        The environment.
    template
        The custom template in which it was raised, None if it is not known.
    names
        Every name that some template defines.
    """
    match error:
        case TemplateSyntaxError() | RecursionError() | TimeoutError() | MemoryError() | TypesError():
            return True
        case MissingError(owner=owner) if owner is missing:
            return error.name is not None and error.name not in {*names, *_GIVEN_BY_JINJA}
        case MissingError() if _has_no_field(error.owner, error.name):
            return True
    if template is None:
        return False
    tree = _tree(made, template)
    if isinstance(error, TemplateNotFound):
        kinds: tuple[Any, ...] = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)
        named = (node.template for kind in kinds for node in tree.find_all(kind))
        return any(isinstance(one, nodes.Const) and one.value == error.name for one in named)
    return any(_fails_alike(made, node, error) for node in tree.find_all(nodes.Expr) if _is_constant(node))


def defined_names(made: Environment, templates: Iterable[str]) -> Iterator[str]:
    """Yield every name that some of these templates define."""
    for template in templates:
        tree = _tree(made, template)
        yield from (node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")
        yield from (node.name for node in tree.find_all(nodes.Macro))
        yield from (node.target for node in tree.find_all(nodes.Import))
        for node in tree.find_all(nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)


def _tree(made: Environment, template: str) -> nodes.Template:
    if made.loader is None:
        return nodes.Template([])
    return made.parse(made.loader.get_source(made, template)[0], template)


def _has_no_field(owner: Any, name: str | None) -> bool:
    """Return whether the type of an object of the program lacks a field; a type with subtypes may get it from them."""
    kind = type(owner)
    if not kind.__module__.startswith(_PROGRAM) or kind.__subclasses__() or not isinstance(name, str):
        return False
    if isinstance(owner, BaseModel):
        return name not in kind.model_fields
    own = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return bool(own) and not hasattr(kind, name) and name not in {field.name for field in own}


def _is_constant(node: nodes.Expr) -> bool:
    """Return whether an expression is made of constants and Jinja's own functions."""
    named = [node] if isinstance(node, nodes.Name) else list(node.find_all(nodes.Name))
    return not isinstance(node, nodes.Name) and all(one.name in DEFAULT_NAMESPACE for one in named)


def _fails_alike(made: Environment, node: nodes.Expr, error: Exception) -> bool:
    """Return whether an expression fails by itself with an error."""
    tree = nodes.Template([nodes.Output([node], lineno=1)], lineno=1)
    tree.set_environment(made)
    try:
        Template.from_code(made, made.compile(tree), dict(made.globals)).render()
    except type(error) as found:
        return str(found) == str(error)
    except (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError):
        return False
    return False
