"""The spec that ``reportgen init`` writes."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

from reportgen.cli.commands import cli
from reportgen.spec import source
from reportgen.spec.starter import _keys, write_spec

if TYPE_CHECKING:
    from pathlib import Path

EVIL = 'a"\n[[sections]]\nkind = "evil.py:S'
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)


def written(folder: Path) -> dict[str, Any]:
    """Write a spec into a folder and read it as reportgen does."""
    (file,) = write_spec(folder).files
    text = file.read_text("utf-8")
    assert source.parse(text, "report.toml", "toml").data == tomllib.loads(text)
    return tomllib.loads(text)


def touch(folder: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_models_of_one_file_name_get_keys_of_their_own(tmp_path: Path) -> None:
    """By the folders around them, as many as tell them apart."""
    touch(tmp_path, "runs/1/model.keras", "runs/2/model.keras", "best.keras")
    models = written(tmp_path)["models"]
    assert {key: one["path"] for key, one in models.items()} == {
        "best": "best.keras",
        "1-model": "runs/1/model.keras",
        "2-model": "runs/2/model.keras",
    }


@given(st.sets(st.lists(st.sampled_from(["a", "b", "a-b", "-", ".", "a.keras"]), min_size=1, max_size=4).map("/".join)))
def test_no_two_models_have_one_key(files: set[str]) -> None:
    """Whatever their files are called."""
    keys = _keys([f"{file}.keras" for file in sorted(files)])
    assert len(set(keys)) == len(keys) == len(files)
    assert all(keys)


@pytest.mark.parametrize("name", [EVIL, "back\\slash", "quo'te\"s", "tab\tbed", "\x01\x7f", "[m]", "é", "a = 1 # b"])
def test_a_name_is_never_more_than_a_name(tmp_path: Path, name: str) -> None:
    """No file's name becomes a section, a key or a comment's end."""
    touch(tmp_path, f"{name}.keras", f"{name}.npz")
    found = written(tmp_path)
    assert found["models"] == {name: {"path": f"{name}.keras"}}
    assert found["data"]["path"] == f"{name}.npz"
    assert [one["kind"] for one in found["sections"]] == [one["kind"] for one in starter()["sections"]]


@given(NAMES)
def test_every_name_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """As it is on the disk, or it is left out with a reason."""
    folder = tmp_path_factory.mktemp("names")
    touch(folder, f"{name}.keras")
    result = write_spec(folder)
    paths = {one["path"] for one in tomllib.loads(result.files[0].read_text("utf-8"))["models"].values()}
    left_out = {one for one, _ in result.unnamed}
    assert (paths, left_out) in (({f"{name}.keras"}, set()), ({"model.keras"}, {f"{name}.keras"}))
    assert ("*" in name) == bool(left_out)


def test_what_cannot_be_named_is_told(tmp_path: Path) -> None:
    """A name that is not UTF-8, or would be a pattern, is left out with a sentence."""
    touch(tmp_path, "good.keras", "x*.keras", os.fsdecode(b"b\xff.keras"))
    result = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert result.exit_code == 0
    assert "b\\udcff.keras: its name is not UTF-8; rename it to have it in the spec" in result.stderr
    assert "x*.keras: its name has a *" in result.stderr
    assert set(tomllib.loads((tmp_path / "report.toml").read_text("utf-8"))["models"]) == {"good"}


def test_comments_come_along(tmp_path: Path) -> None:
    """Those of the starter, and what else a model may say."""
    touch(tmp_path, "runs/m.keras")
    write_spec(tmp_path)
    text = (tmp_path / "report.toml").read_text("utf-8")
    assert '# history = "runs/m_history.json"' in text
    assert '# class_names = ["cat", "dog"]   # in the order of the model\'s outputs' in text
    assert "# [[checks]]" in text


def starter() -> dict[str, Any]:
    """Return the starter as it ships."""
    from reportgen.resources import share

    return tomllib.loads((share("specs") / "starter.toml").read_text("utf-8"))
