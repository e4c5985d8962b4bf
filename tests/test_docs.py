"""The documentation is true: commands, exit codes, options and schema are what the program has."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from reportgen import __version__, registry
from reportgen.cli import cli
from reportgen.json_schema import spec_schema

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text("utf-8")


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_the_readme_names_every_command(command: str) -> None:
    """No command is undocumented."""
    assert f"reportgen {command}" in README


def test_the_readme_names_every_exit_code() -> None:
    """0, 1, 2, 3 and 130 are in its table."""
    assert {"0", "1", "2", "3", "130"} <= set(re.findall(r"^\| \*\*(\d+)\*\* \|", README, re.MULTILINE))


def test_the_links_of_the_documents_lead_somewhere() -> None:
    """Relative links of the Markdown files point to files that are there."""
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (TOP / name).read_text("utf-8")):
            assert (TOP / target).exists(), f"{name}: {target}"


def test_make_targets_of_the_readme_exist() -> None:
    """What the README says to type is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


def test_the_schema_is_current() -> None:
    """``make schema`` was run."""
    assert (TOP / "specs" / "reportgen.schema.json").read_text("utf-8") == spec_schema()


@pytest.mark.parametrize("path", sorted((TOP / "specs").glob("*.toml")), ids=lambda path: path.name)
def test_example_specs_keep_to_the_schema(path: Path) -> None:
    """The committed schema accepts the committed specs (the starter once it is filled in)."""
    text = path.read_text("utf-8").replace("@MODELS@", '[models.m]\npath = "m.keras"')
    jsonschema.validate(tomllib.loads(text), json.loads(spec_schema()))


def test_the_schema_refuses_an_unknown_key() -> None:
    """An option of another section is an error."""
    spec = tomllib.loads((TOP / "specs" / "quick.toml").read_text("utf-8"))
    spec["sections"][0]["bins"] = 15
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, json.loads(spec_schema()))


def test_the_changelog_has_this_version() -> None:
    """The version of the package stands in the changelog."""
    assert f"## {__version__}" in (TOP / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", registry.names())
def test_every_section_declares_itself_wholly(name: str) -> None:
    """Definitions and sources are there, codes are unique, headlines are declared, the template exists."""
    section = registry.find(name)
    assert section.name == name
    assert section.question.endswith("?")
    for metric in section.metrics:
        assert metric.definition.endswith(".")
        assert metric.source
        assert metric.difference is None or section.metric(metric.difference).per == "pair"
    assert all(section.metric(headline) for headline in section.headlines)
    assert section.template is None or (TOP / "templates" / section.template).is_file()
    for field, model in ((field, section.options) for field in section.options.model_fields):
        assert model.model_fields[field].description, field


def test_rule_codes_are_unique() -> None:
    """No two rules share a code."""
    codes = [rule.code for name in registry.names() for rule in registry.find(name).rules]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", code) for code in codes)
