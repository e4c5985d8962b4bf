"""The documentation is true: commands, exit codes, options and schema are what the program has."""

from __future__ import annotations

import ast
import html
import importlib.util
import json
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from factory import analyzed, produced
from handmade import made_evaluation
from ruamel.yaml import YAML

from reportgen import __version__, section as contract
from reportgen.cli.commands import cli
from reportgen.contract.base import descriptions
from reportgen.figures import svg
from reportgen.figures.style import theme
from reportgen.plan.json_schema import spec_schema
from reportgen.plan.registry import GROUP, Registry
from reportgen.text.formatting import direction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text("utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "templates/README.md")
PAGES = sorted([*(TOP / name for name in DOCUMENTS), *(TOP / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEAST: dict[str, Any] = {
    "schema_version": 1,
    "report": {"title": "Least"},
    "models": {"m": {"path": "m.keras"}},
    "sections": [{"kind": "summary"}],
}


def loaded(path: str) -> ModuleType:
    """Import a file that belongs to no package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, TOP / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE = loaded("docs/examples/my_section.py")


@cache
def generated() -> dict[str, str]:
    """Return the pages that the documentation is built with, by their paths."""
    pages: dict[str, str] = loaded("docs/reference.py").pages()
    return pages


def blocks(*languages: str) -> list[Any]:
    """Return the code blocks of some languages in all documents, each with a name."""
    found = []
    for path in PAGES:
        for place, match in enumerate(_BLOCK.finditer(path.read_text("utf-8"))):
            if match[1] in languages:
                found.append(pytest.param(match[2], id=f"{path.relative_to(TOP)}:{place}"))
    return found


def commands(text: str) -> list[list[str]]:
    """Return the calls of reportgen in a console block, without what the shell does with them."""
    lines = [line.removeprefix("$ ").split(" #")[0] for line in text.splitlines() if line.startswith("$ ")]
    words = [shlex.split(re.split(r" (?:>|\|\|) ", line)[0]) for line in lines]
    return [line[1:] for line in words if line[0] == "reportgen"]


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_the_readme_names_every_command(command: str) -> None:
    """No command is undocumented."""
    assert f"reportgen {command}" in README


def test_the_readme_names_every_exit_code() -> None:
    """0, 1, 2, 3 and 130 are in its table."""
    assert {"0", "1", "2", "3", "130"} <= set(re.findall(r"^\| \*\*(\d+)\*\* \|", README, re.MULTILINE))


def test_the_links_of_the_documents_lead_somewhere() -> None:
    """Relative links point to files that are there, or to pages that are generated."""
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists() or target in generated(), f"{path}: {target}"


def test_make_targets_of_the_documents_exist() -> None:
    """What they say to type is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE))
    for path in PAGES:
        said = set(re.findall(r"(?:^    |\$ |`)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE))
        assert said <= targets, path


def test_the_schema_is_current() -> None:
    """``make schema`` was run."""
    assert (TOP / "specs" / "reportgen.schema.json").read_text("utf-8") == spec_schema(Registry())


@cache
def validator() -> Any:
    """Return what validates a spec by its schema, which is a valid one."""
    import jsonschema

    schema = json.loads(spec_schema(Registry()))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.mark.parametrize("path", sorted((TOP / "specs").glob("*.toml")), ids=lambda path: path.name)
def test_example_specs_keep_to_the_schema(path: Path) -> None:
    """The committed schema accepts the committed specs (the starter once it has a model)."""
    spec = tomllib.loads(path.read_text("utf-8"))
    spec["models"] = spec["models"] or {"m": {"path": "m.keras"}}
    validator().validate(spec)


def spec_of(text: str) -> dict[str, Any]:
    """Read a piece of a spec as TOML, or as YAML; what is missing is filled in."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        data = YAML(typ="safe").load(text)
    return data if "schema_version" in data else LEAST | data


@pytest.mark.parametrize("text", [one for one in blocks("toml", "yaml") if "[project]" not in one.values[0]])
def test_specs_of_the_documents_keep_to_the_schema(text: str) -> None:
    """Every spec, and every piece of one, is valid; the options of the example section by its own model."""
    spec = spec_of(text)
    kinds = {EXAMPLE.SECTION.name, "./my_section.py:SECTION"}
    own = [section for section in spec["sections"] if section["kind"] in kinds]
    for section in own:
        EXAMPLE.MyOptions.model_validate({key: value for key, value in section.items() if key != "kind"})
    spec["sections"] = [section for section in spec["sections"] if section not in own] or LEAST["sections"]
    validator().validate(spec)
    for check in spec.get("checks", ()):
        if "preset" in check:
            continue
        section, _, metric = check["metric"].partition(".")
        assert (EXAMPLE.SECTION if own else Registry().find(section)).metric(metric)


def test_an_entry_point_in_the_documents_is_of_our_group() -> None:
    """The package of the walk-through registers the example."""
    (text,) = [one.values[0] for one in blocks("toml") if "[project]" in one.values[0]]
    entries = tomllib.loads(text)["project"]["entry-points"]
    assert entries == {GROUP: {EXAMPLE.SECTION.name: "my_section:SECTION"}}


@pytest.mark.parametrize("text", blocks("console", "sh", "bash"))
def test_commands_of_the_documents_exist(text: str) -> None:
    """The command is there, with those flags and as many arguments."""
    for name, *arguments in commands(text):
        command = cli.commands[name]
        context = click.Context(command, info_name=name)
        command.parse_args(
            context, [word for word in arguments if "my-templates" not in word and word != "--templates"]
        )


@pytest.mark.parametrize("text", [one for one in blocks("python") if "--8<--" not in one.values[0]])
def test_python_of_the_documents_can_be_imported(text: str) -> None:
    """It compiles, and what it imports of reportgen is there."""
    compile(text, "block", "exec")
    for module, names in re.findall(r"^from (reportgen[\w.]*) import (.+)$", text, re.MULTILINE):
        for name in names.split(", "):
            exec(f"from {module} import {name}", {})  # noqa: S102


def test_the_schema_refuses_an_unknown_key() -> None:
    """An option of another section is an error."""
    spec = tomllib.loads((TOP / "specs" / "quick.toml").read_text("utf-8"))
    spec["sections"][0]["bins"] = 15
    assert not validator().is_valid(spec)


def test_the_changelog_has_this_version() -> None:
    """The version of the package stands in the changelog."""
    assert f"## {__version__}" in (TOP / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", Registry().names)
def test_every_section_declares_itself_wholly(name: str) -> None:
    """Definitions and sources are there, codes are unique, headlines are declared, the template exists."""
    section = Registry().find(name)
    assert section.name == name
    assert section.question.endswith("?")
    for metric in section.metrics:
        assert metric.definition.endswith(".")
        assert metric.source
        assert metric.difference is None or section.metric(metric.difference).per in {"pair", metric.per}
    assert all(section.metric(headline) for headline in section.headlines)
    assert section.template is None or (TOP / "templates" / section.template).is_file()
    assert descriptions(section.options).keys() == section.options.model_fields.keys()


def test_rule_codes_are_unique() -> None:
    """No two rules share a code."""
    codes = [rule.code for name in Registry().names for rule in Registry().find(name).rules]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", code) for code in codes)


# ------------------------------------------------------------------------------------------------ the site


@pytest.mark.parametrize("name", Registry().names)
def test_the_site_has_all_of_a_section(name: str) -> None:
    """Its options, metrics, figures and rules stand on its page, with definitions and sources."""
    section, page = Registry().find(name), generated()[f"sections/{name}.md"]
    reference = generated()["reference/spec.md"].partition(f"{{ #kind-{name} }}")[2].partition("\n### ")[0]
    for option in section.options.model_fields:
        assert f"| `{option}` |" in page
        assert f"| `{option}` |" in reference
    for metric in section.metrics:
        entry = page.partition(f"{{ #{metric.name} }}")[2].partition("\n#")[0].replace("\\", "")
        assert f"`{name}.{metric.name}`" in entry
        assert metric.source.replace("&", "&amp;") in entry
        assert direction(metric) in entry
    for rule in section.rules:
        assert f"| [`{rule.code}`](../rules/{rule.code}.md){{ #{rule.code.lower()} }} | {rule.severity} |" in page
    for figure in section.figures:
        assert f"| `{figure.name}`{{" in page


@pytest.mark.parametrize("name", Registry().names)
def test_the_site_has_a_page_of_every_rule(name: str) -> None:
    """With every part of its explanation, and a line in the list."""
    for rule in Registry().find(name).rules:
        page = generated()[f"rules/{rule.code}.md"].replace("\\", "")
        assert page.startswith(f"# {rule.code}: {rule.title}\n")
        assert rule.explanation is not None
        assert all(
            f"## {heading}\n\n{html.escape(text, quote=False)}\n" in page for heading, text in rule.explanation.parts
        )
        assert f"| [`{rule.code}`](../rules/{rule.code}.md) | {rule.severity} |" in generated()["rules/index.md"]


def test_the_site_has_every_key_of_a_spec() -> None:
    """With nothing left out of the schema."""
    page = generated()["reference/spec.md"]
    schema = json.loads(spec_schema(Registry()))
    tables = [schema, *(schema["$defs"][name] for name in schema["$defs"])]
    assert all(f"| `{key}` |" in page for table in tables for key in table.get("properties", ()))


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_site_has_every_flag(name: str) -> None:
    """Of every command."""
    part = generated()["reference/commands.md"].partition(f"{{ #{name} }}")[2].partition("\n## ")[0]
    flags = [flag for option in cli.commands[name].params if isinstance(option, click.Option) for flag in option.opts]
    assert all(flag in part for flag in flags)


def test_the_page_of_the_contract_has_every_class_of_it() -> None:
    """But those that only the program itself uses."""
    page = (TOP / "docs" / "contract.md").read_text("utf-8")
    public = {name for name in contract.__all__ if isinstance(getattr(contract, name), type)}
    documented = set(re.findall(r"^::: reportgen\.section\.(\w+)$", page, re.MULTILINE))
    records = {"Evaluation", "ModelEvaluation", "HeadEvaluation", "ClassificationOutputs", "ClassPredictions"}
    records |= {"Example", "Examples"}
    assert public - documented == records | {"Request"}


def test_the_example_section_works() -> None:
    """It measures, draws and finds what it declares, and says why there is no number."""
    section = EXAMPLE.SECTION
    result = analyzed(section, made_evaluation())
    assert produced(result) == {metric.name for metric in section.metrics}
    assert result.find("my_score", "c").status == "not_applicable"
    sure = result.model_copy(update={"measurements": (EXAMPLE.MY_SCORE.measure("a", 0.96),)})
    assert [finding.code for rule in section.rules for finding in rule.apply(sure)] == ["MYS101"]
    look = theme("publication", ["a", "b", "c"])
    figures = list(section.visualizer(look).figures(result))
    assert [figure.name for figure in figures] == [figure.name for figure in section.figures]
    assert svg.to_svg(figures[0], look, "example").svg


# ------------------------------------------------------------------------------------------------ words

STILTED = (
    "grave",
    "gravest",
    "anew",
    "of one's own",
    "at one's line",
    "puts out",
    "holds for",
    "stand twice",
    "stands twice",
    "where classes part",
    "what became of",
    "one run at several times",
    "which models no other beats",
    "how sure they are",
    "does all the set-up",
    "the call is wrong",
    "wanted at least",
    "tell nothing but mistakes",
    "tell more",
    "these sections alone",
    "a visible box",
    "say optional = true",
    "neither end is better",
    "neither end of it is better",
    "holds no row",
    "takes rows of shape",
    "found out where",
    "who answers for",
    "did not go through",
    "speaks against",
    "to be weighed",
    "ruled by one direction",
    "single large weights",
    "farthest from initial rms",
    "a class is mostly missed",
    "the best model is not alone",
    "taken for",
    "taken at their word",
    "what one parameter recovers",
    "beside them:",
    "on all alike",
    "rows lost",
    "rows won",
    "how much is much",
    "decide alike",
    "standing minds",
    "nothing speaks for it",
    "claims more than it keeps",
    "vanishes or explodes",
    "golden documents are renewed",
    "let it decide",
)
"""What the first version said, and no engineer would say to a colleague."""


def texts_of_code(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string literal and docstring of a module with its line; values within a string are left out."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    formats = {node.format_spec for node in inside if isinstance(node, ast.FormattedValue)}
    for node in ast.walk(tree):
        if node in formats:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.lineno, node.value


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return what a reader may see, each with its place, in lower case and with single spaces."""
    files = [TOP / name for name in ("README.md", "CONTRIBUTING.md", "Makefile", "mkdocs.yml", "scripts/setup.sh")]
    for folder, suffixes in {
        "docs": {".md", ".py", ".css"},
        "templates": {".md", ".j2", ".css"},
        "specs": {".md", ".py", ".toml", ".yaml", ".json"},
    }.items():
        files += [path for path in sorted((TOP / folder).rglob("*")) if path.suffix in suffixes]
    found = [
        (f"{path.relative_to(TOP)}:{line}", text)
        for path in files
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
    ]
    for path in sorted((TOP / "reportgen").rglob("*.py")):
        found += [(f"{path.relative_to(TOP)}:{line}", text) for line, text in texts_of_code(path)]
    return tuple((place, " ".join(text.lower().replace("’", "'").split())) for place, text in found)


@pytest.mark.parametrize("phrase", STILTED)
def test_words_are_plain(phrase: str) -> None:
    """No document, template, example or message says it in the old way."""
    whole = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
    assert [place for place, text in texts() if whole.search(text)] == []


def test_words_of_code_are_found(tmp_path: Path) -> None:
    """Docstrings, plain strings, and strings with values in them; not names."""
    module = tmp_path / "module.py"
    module.write_text('"""One."""\ngrave = f"two {1:.1f} three"\nfour = "five"\n', "utf-8")
    assert list(texts_of_code(module)) == [(1, "One."), (2, "two {} three"), (3, "five")]
