"""SHA-256 of everything that is run: the program, sections, custom objects, templates."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from factory import evaluation, head, noisy, outputs
from handmade import SPEC, made_evaluation, made_plan

from reportgen.analysis import analyze as analysis
from reportgen.analysis.code import code
from reportgen.document.provenance import provenance
from reportgen.errors import InputError
from reportgen.inputs import code as libraries, digest
from reportgen.resources import share

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import CodeRecord

NOW = "2026-01-02T03:04:05+00:00"
SECTION = """\
from reportgen.section import BaseAnalyzer, Section, SectionResult, Strict

class Mine(BaseAnalyzer[Strict, SectionResult]):
    def analyze(self, evaluation):
        return SectionResult(measurements=())

SECTION = Section("mine", "Mine", "Whose?", Strict, SectionResult, Mine)
"""


def sha(text: bytes) -> str:
    """Return a digest."""
    return hashlib.sha256(text).hexdigest()


def ran(folder: Path, extra: str) -> list[tuple[str, str, str]]:
    """Plan the hand-made spec with something more; return the code that it runs, without the program itself."""
    planned = made_plan(folder, SPEC + extra)
    return [(one.what, one.file, one.sha256) for one in code(planned, made_evaluation().models)[1:]]


def test_the_program_itself(tmp_path: Path) -> None:
    """Its own code comes first, always, and is the only code of a plain spec."""
    (record,) = code(made_plan(tmp_path), made_evaluation().models)
    assert (record.what, record.file) == ("program", "reportgen")
    assert record.sha256 == digest.of_program()


@pytest.mark.parametrize("name", ["report.html.j2", "css/print.css", "languages/de.toml"])
def test_the_program_is_its_templates_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Styles and catalogs included: what they say is in every report."""
    shutil.copytree(share("templates"), tmp_path / "templates")
    monkeypatch.setattr(digest, "share", lambda folder: tmp_path / folder)
    before = digest.of_program.__wrapped__()
    assert before == digest.of_program()
    with (tmp_path / "templates" / name).open("a") as file:
        file.write("\n")
    assert digest.of_program.__wrapped__() != before


def test_a_section_file_is_digested_as_it_ran(tmp_path: Path) -> None:
    """What is written into it afterwards does not matter; two sections of one file are one entry."""
    (tmp_path / "mine.py").write_text(SECTION, "utf-8")
    entry = '[[sections]]\nkind = "./mine.py:SECTION"\n'
    planned = made_plan(tmp_path, f'{SPEC}{entry}{entry}id = "again"\n')
    (tmp_path / "mine.py").write_text("changed", "utf-8")
    records = code(planned, made_evaluation().models)[1:]
    assert [(one.what, one.file, one.sha256) for one in records] == [("section", "./mine.py", sha(SECTION.encode()))]


def test_a_section_that_is_left_out_ran_too(tmp_path: Path) -> None:
    """Its file was imported."""
    (tmp_path / "mine.py").write_text(SECTION, "utf-8")
    planned = made_plan(tmp_path, SPEC + '[[sections]]\nkind = "./mine.py:SECTION"\n', skip=["mine"])
    assert [one.file for one in code(planned, made_evaluation().models)] == ["reportgen", "./mine.py"]


def test_every_template_of_the_user(tmp_path: Path) -> None:
    """By its path from the spec, sorted; a change of one changes its digest."""
    folder = tmp_path / "look" / "sections"
    folder.mkdir(parents=True)
    (folder / "b.html.j2").write_text("b", "utf-8")
    (tmp_path / "look" / "a.j2").write_text("a", "utf-8")
    named = '[output]\ntemplates = "look/"\n'
    assert ran(tmp_path, named) == [
        ("template", "look/a.j2", sha(b"a")),
        ("template", "look/sections/b.html.j2", sha(b"b")),
    ]
    (tmp_path / "look" / "a.j2").write_text("A", "utf-8")
    assert ran(tmp_path, named)[0] == ("template", "look/a.j2", sha(b"A"))


def test_a_template_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with the spec's key."""
    (tmp_path / "look").mkdir()
    (tmp_path / "look" / "a.j2").touch()

    def refused(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    planned = made_plan(tmp_path, SPEC + '[output]\ntemplates = "look"\n')
    monkeypatch.setattr(digest, "sha256", refused)
    monkeypatch.setattr(digest, "of_program", lambda: "0" * 64)
    with pytest.raises(InputError, match=r"output\.templates: look/a\.j2: cannot be read \(Permission denied\)"):
        code(planned, made_evaluation().models)


def test_custom_objects_of_several_models_are_one_entry(tmp_path: Path) -> None:
    """The file that two models share is listed once, in the results and in the provenance."""
    from dataclasses import replace

    logits, labels = noisy(60, 3)
    made = evaluation(*(head(outputs(logits, labels)) for _ in "abc"))
    own = (("./layers.py", "1" * 64),)
    made = replace(made, models=tuple(replace(model, code=own) for model in made.models))
    results = analysis.analyze(made_plan(tmp_path), made, NOW, keep_going=False)
    listed = [("program", "reportgen", digest.of_program()), ("custom objects", "./layers.py", "1" * 64)]
    assert [(one.what, one.file, one.sha256) for one in results.code] == listed
    (files, *_) = provenance(results)
    assert list(files.rows[-2:]) == listed
    assert json.loads(results.to_json())["code"][1]["file"] == "./layers.py"


def test_a_digest_of_several_files(tmp_path: Path) -> None:
    """That of the lines which sha256sum prints, whatever order they come in."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name, "utf-8")
    expected = sha(f"{sha(b'a')}  a\n{sha(b'b')}  b\n".encode())
    assert digest.of_files([("b", tmp_path / "b"), ("a", tmp_path / "a")]) == expected


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Make a package ``shop`` in a namespace ``city``, and import it."""
    home = folder / "city" / "shop"
    home.mkdir(parents=True)
    for name, text in {"__init__": "", **files}.items():
        (home / f"{name}.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "city"]:
        monkeypatch.delitem(sys.modules, name)
    __import__("city.shop")


def test_a_package_is_digested_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of code in it counts, and nothing else; the namespace around it is not its own."""
    package(tmp_path, monkeypatch, layers="one = 1")
    name, before = digest.of_module("city.shop.layers") or ("", "")
    assert name == "city.shop"
    (tmp_path / "city" / "shop" / "notes.txt").touch()
    assert digest.of_module("city.shop") == (name, before)
    (tmp_path / "city" / "shop" / "more.py").touch()
    assert digest.of_module("city.shop") != (name, before)


def test_a_module_without_a_file_has_no_digest() -> None:
    """It is part of Python, whose version is in the results."""
    assert digest.of_module("sys") is None


def test_digests_are_the_same_again(tmp_path: Path) -> None:
    """Nothing of a digest depends on the folder that the project is in."""
    found: list[list[CodeRecord]] = []
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "look").mkdir(parents=True)
        (folder / "look" / "a.j2").touch()
        (folder / "mine.py").write_text(SECTION, "utf-8")
        text = f'{SPEC}[[sections]]\nkind = "./mine.py:SECTION"\n[output]\ntemplates = "look"\n'
        found.append(list(code(made_plan(folder, text), made_evaluation().models)))
    assert found[0] == found[1]
    assert str(tmp_path) not in str(found)


# ------------------------------------------------------------------------------------------------ libraries


def test_keras_is_loaded_without_what_it_does_not_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process is the program's own; the code of a user that comes after it finds all packages."""
    (tmp_path / "gallery.py").write_text("NAME = 'plots'\n", "utf-8")
    (tmp_path / "builder.py").write_text("try:\n    import gallery\nexcept ImportError:\n    gallery = None\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(libraries, "_LIBRARIES", ("builder",))
    monkeypatch.setattr(libraries, "_NOT_NEEDED", ("gallery",))
    for less in (True, False):
        for name in ("builder", "gallery"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        if less:
            libraries.load_less()
        libraries.load_libraries()
        import builder
        import gallery

        assert (builder.gallery is None) == less
        assert gallery.NAME == "plots"
        libraries.load_less()
        assert sys.modules["gallery"] is gallery, "what is loaded stays"
