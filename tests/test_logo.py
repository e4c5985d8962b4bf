"""A logo is an input: refused before anything is computed, hashed, verified, found by `rebuild`, watched; links do not lead out."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from handmade import SPEC, made_evaluation, made_plan
from PIL import Image

from reportgen.analysis import analyze as analysis, results_file
from reportgen.document.provenance import provenance
from reportgen.errors import InputError
from reportgen.inputs import logo
from reportgen.pipeline import flow, rebuild as rebuilding
from reportgen.pipeline.present import present
from reportgen.pipeline.rebuild import rebuild
from reportgen.pipeline.run import Run
from reportgen.pipeline.verify import verify
from reportgen.pipeline.watch import _watched
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.plan.plan import Plan

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path d="M0 0h2v1z"/></svg>'
THEME = '[output.theme]\nlogo = "look/logo.svg"\norganization = "Labs"\n'


def picture(form: str = "PNG", size: tuple[int, int] = (8, 4)) -> bytes:
    """Return an image."""
    written = io.BytesIO()
    Image.new("RGB", size, "#7a1f5c").save(written, form)
    return written.getvalue()


def planned(folder: Path, content: bytes = SVG, theme: str = THEME) -> Plan:
    """Plan a spec with a logo."""
    (folder / "look").mkdir(exist_ok=True)
    (folder / "look" / "logo.svg").write_bytes(content)
    return made_plan(folder, f"{SPEC}\n{theme}")


def analyzed(plan: Plan) -> Results:
    """Return the results of a plan."""
    return analysis.analyze(plan, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False)


@pytest.mark.parametrize(
    ("theme", "said"),
    [
        (
            'accent = "#f5c400"',
            "output.theme.accent: has a contrast of 1.53:1 with the ground of a box (#f5f7f9), less",
        ),
        ('accent = "blue"', "output.theme.accent: must be a color like '#1f4e8c'"),
        ('logo = "look/logo.svg"', "output.theme: a logo needs organization, its alternative text"),
        ('logo = "look/logo.png"\norganization = "Labs"', "output.theme.logo: no such file"),
        ('logo = "look"\norganization = "Labs"', "output.theme.logo: is a folder, not a file"),
        ('logo = "a.keras"\norganization = "Labs"', "output.theme.logo: is no SVG, PNG or JPEG image"),
        ('paper = "a5"', "output.theme.paper: must be one of 'a4' or 'letter'"),
        ('language = "fr"', "output.theme.language: must be one of 'en' or 'de'"),
        ('color = "#1f4e8c"', "output.theme.color"),
    ],
)
def test_a_theme_that_cannot_be_is_refused(tmp_path: Path, theme: str, said: str) -> None:
    """With the key, before anything is computed."""
    with pytest.raises(SpecError) as refused:
        planned(tmp_path, theme=f"[output.theme]\n{theme}\n")
    assert said in str(refused.value)


def test_all_mistakes_of_a_theme_come_at_once(tmp_path: Path) -> None:
    """A color, a paper and a language."""
    with pytest.raises(SpecError) as refused:
        planned(tmp_path, theme='[output.theme]\naccent = "#ffff00"\npaper = "a5"\nlanguage = "xx"\n')
    assert all(f"output.theme.{key}" in str(refused.value) for key in ("accent", "paper", "language"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture(size=(64, 64))[:60], "is damaged"),
        (picture("JPEG")[:300], "is damaged"),
        (b"\x89PNG\r\n\x1a\n", "is damaged"),
        (picture(size=(4001, 1000)), "has 4,001 × 1,000 pixels, more than 4,000,000"),
        (SVG.replace(b"<path", b"<script"), "has a <script> element"),
        (SVG + bytes(300_001), "is larger than"),
    ],
)
def test_what_is_no_logo_is_refused_at_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    """Damaged, enormous, or more than a drawing."""
    with pytest.raises(SpecError) as refused:
        planned(tmp_path, content)
    assert f"output.theme.logo: {said}" in str(refused.value)


@pytest.mark.parametrize("content", [SVG, picture(), picture("JPEG")])
def test_a_logo_is_part_of_the_results(tmp_path: Path, content: bytes) -> None:
    """Its content, its digest in the provenance and among the inputs; the results can be read again."""
    plan = planned(tmp_path, content)
    made = analyzed(plan)
    found = made.output.theme.logo
    assert found is not None
    assert ("logo", "look/logo.svg", found.sha256) in provenance(made)[0].rows
    raw = made.to_json().encode()
    assert ("logo", "look/logo.svg", found.sha256) in [
        (what, one.file, one.sha256) for what, one in results_file.inputs(raw, tmp_path).files
    ]
    assert results_file.read(raw, tmp_path, flow_registry()).output == made.output
    assert tmp_path / "look" / "logo.svg" in flow.inputs_of(plan)
    assert tmp_path / "look" / "logo.svg" in [*_watched(tmp_path / "spec.toml", plan)]


def flow_registry() -> Any:
    """Return the sections that are installed."""
    from reportgen.plan.registry import Registry

    return Registry()


def test_verify_compares_the_logo(tmp_path: Path) -> None:
    """Unchanged, changed, missing."""
    made = analyzed(planned(tmp_path))
    path = tmp_path / "results.json"
    path.write_text(made.to_json(), "utf-8")

    def state() -> str:
        return next(row.state for row in verify(path, tmp_path) if row.what == "logo")

    assert state() == "unchanged"
    (tmp_path / "look" / "logo.svg").write_bytes(SVG + b"\n")
    assert state() == "changed"
    (tmp_path / "look" / "logo.svg").unlink()
    assert state() == "missing"


def test_rebuild_finds_the_logo_by_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another name; what is laid out is a file, not a link."""
    made = analyzed(planned(tmp_path))
    models = tuple(one.model_copy(update={"sha256": digest(f"model {one.name}")}) for one in made.models)
    assert made.data is not None
    data = made.data.model_copy(
        update={"files": tuple(one.model_copy(update={"sha256": digest("data")}) for one in made.data.files)}
    )
    made = made.model_copy(update={"models": models, "data": data})
    inputs = tmp_path / "elsewhere"
    inputs.mkdir()
    for name in ("model a", "model b", "model c", "data"):
        (inputs / name.replace(" ", "-")).write_text(name, "utf-8")
    (tmp_path / "look" / "logo.svg").rename(inputs / "brand.img")
    path = tmp_path / "results.json"
    path.write_text(made.to_json(), "utf-8")
    seen: list[tuple[bool, bytes]] = []

    def compute(plan: Plan, _run: Run, created: str | None = None) -> Results:
        laid = plan.folder / "look" / "logo.svg"
        seen.append((laid.is_symlink(), laid.read_bytes()))
        return results_file.read(path.read_bytes(), path, flow_registry())

    monkeypatch.setattr(rebuilding.flow, "compute", compute)
    assert rebuild(path, inputs, Run(), allow_code=False).differences == ()
    assert seen == [(False, SVG)]
    (inputs / "brand.img").unlink()
    with pytest.raises(InputError, match=r"logo \(look/logo\.svg"):
        rebuild(path, inputs, Run(), allow_code=False)


def digest(text: str) -> str:
    """Return the digest of a text."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    """Neither a link to a file nor one to a folder; a name that says so itself leads out, and a link inside is followed."""
    home, other = tmp_path / "home", tmp_path / "other"
    for folder in (home / "look", other):
        folder.mkdir(parents=True)
        (folder / "logo.svg").write_bytes(SVG)
    (home / "out.svg").symlink_to(other / "logo.svg")
    (home / "folder").symlink_to(other)
    (home / "inside.svg").symlink_to("look/logo.svg")
    said = "is a link that leads out of its folder"
    for name in ("out.svg", "folder/logo.svg"):
        assert said in str(logo.unusable(name, home))
        with pytest.raises(InputError, match=said):
            logo.load(name, home)
    for name in ("look/logo.svg", "inside.svg", "../other/logo.svg", str(other / "logo.svg")):
        assert logo.unusable(name, home) is None
        assert logo.load(name, home).file == name
    (home / "again").symlink_to(home)
    assert logo.unusable("again/look/logo.svg", home) is None


def test_a_report_is_rendered_again_without_the_file(tmp_path: Path) -> None:
    """The results have all of it."""
    made = analyzed(planned(tmp_path))
    again = results_file.read(json.dumps(json.loads(made.to_json())).encode(), tmp_path, flow_registry())
    assert present(again, ("html",)).files == present(made, ("html",)).files
