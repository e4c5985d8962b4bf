"""Archives that are no Keras model, read without Keras: one sentence, at once, and nothing unpacked."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hostile.archives import METADATA, archive, claiming, config, damaged, dense, flagged, layer, members, weights

from reportgen.errors import InputError
from reportgen.inputs.archive import config_of
from reportgen.inputs.given import Files
from reportgen.inputs.models import load
from reportgen.spec.tables.models import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def bomb(path: Path) -> Path:
    """Write an archive of a few kB whose directory claims 20 GB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members().items():
            made.writestr(name, content)
        made.filelist[-1].file_size = 20 * 10**9
    return path


def claiming_weights(path: Path, size: int) -> Path:
    """Claim a size for the weights."""
    return claiming(path, "model.weights.h5", size)


def twice(path: Path) -> Path:
    """Write an archive with two configurations."""
    archive(path)
    with zipfile.ZipFile(path, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("config.json", json.dumps(config(dense(5))))
    return path


def cut(path: Path) -> Path:
    """Write half an archive."""
    path.write_bytes(archive(path).read_bytes()[:-200])
    return path


def sparse(path: Path, end: bytes = b"") -> None:
    """Write 50 GB of nothing, and what is at its end."""
    path.touch()
    os.truncate(path, 50 * 2**30)
    with path.open("ab") as file:
        file.write(end)


def nested(depth: int) -> bytes:
    """Return a configuration with lists in lists."""
    return b'{"class_name": "Sequential", "config": ' + b"[" * depth + b"]" * depth + b"}"


def changed(**changes: Any) -> Callable[[Path], Path]:
    """Write an archive with other members."""
    return lambda path: archive(path, **changes)


def in_class_name(value: Any) -> Callable[[Path], Path]:
    """Write an archive with a class name that is not text."""
    return changed(config=config(layer(value)))


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "nothing": (lambda path: path.write_bytes(b""), "is not a readable Keras archive"),
    "no archive": (lambda path: path.write_bytes(b"this is no archive"), "is not a readable Keras archive"),
    "half an archive": (cut, "is not a readable Keras archive"),
    "a folder": (lambda path: path.mkdir(), "is a folder, and not that of a SavedModel"),
    "a sparse file of 50 GB": (sparse, "is not a readable Keras archive (File is not a zip file)"),
    "50 GB before an archive": (
        lambda path: sparse(path, archive(path).read_bytes()),
        "is a malformed archive (50.0 GiB are in none of its files)",
    ),
    "an empty archive": (lambda path: zipfile.ZipFile(path, "w").close(), "config.json is missing"),
    "no config": (changed(config=None), "is an incomplete Keras archive (config.json is missing)"),
    "no metadata": (changed(metadata=None), "is an incomplete Keras archive (metadata.json is missing)"),
    "no weights": (changed(weights=None), "is an incomplete Keras archive (model.weights.h5 is missing)"),
    "encrypted": (lambda path: flagged(path, 1), "is an encrypted archive (metadata.json)"),
    "strongly encrypted": (lambda path: flagged(path, 65), "is an encrypted archive"),
    "patched data": (lambda path: flagged(path, 32), "is not a readable Keras archive"),
    "two configurations": (twice, "it contains config.json 2 times"),
    "deflate errors": (damaged, "is not a readable Keras archive"),
    "LZMA that is none": (lambda path: damaged(path, 14), "is corrupt (the checksum of metadata.json"),
    "BZIP2 that is none": (lambda path: damaged(path, 12), "is not a readable Keras archive"),
    "an unknown method": (lambda path: damaged(path, 99), "is not a readable Keras archive"),
    "stored that is deflated": (lambda path: damaged(path, 0), "is corrupt (the checksum of metadata.json"),
    "a 20 GB weights file": (bomb, "unpacks 0.0 MiB to 18.6 GiB, which no Keras model does"),
    "a 4 GB weights file": (lambda path: claiming_weights(path, 2**32 - 2), "to 4.0 GiB, which no Keras model does"),
    "a 2 GB weights file": (lambda path: claiming_weights(path, 2**31), "to 2.0 GiB, which no Keras model does"),
    "a 2 GB config": (lambda path: claiming(path, "config.json", 2**31), "has a config.json of more than 64 MB"),
    "2 GB of metadata": (lambda path: claiming(path, "metadata.json", 2**31), "has a metadata.json of more than 64 MB"),
    "less than there is": (lambda path: claiming_weights(path, 10), "is corrupt (the checksum of model.weights.h5"),
    "UTF-16": (changed(config=json.dumps(config()).encode("utf-16")), "is not a readable Keras archive"),
    "UTF-16 without a mark": (
        changed(config=json.dumps(config()).encode("utf-16-le")),
        "is not a readable Keras archive",
    ),
    "UTF-32": (changed(config=json.dumps(config()).encode("utf-32")), "is not a readable Keras archive"),
    "a byte order mark": (changed(config=b"\xef\xbb\xbf{}"), "is not a readable Keras archive"),
    "Latin-1": (changed(config='{"class_name": "Süß"}'.encode("latin-1")), "is not a readable Keras archive"),
    "no JSON": (changed(config=b"config"), "is not a readable Keras archive"),
    "an empty config": (changed(config=b""), "is not a readable Keras archive"),
    "metadata in UTF-16": (changed(metadata=json.dumps(METADATA).encode("utf-16")), "is not a readable Keras archive"),
    "a list": (changed(config=[]), "(config.json is not an object)"),
    "a number": (changed(config=3), "(config.json is not an object)"),
    "null": (changed(config=b"null"), "(config.json is not an object)"),
    "nested lists": (changed(config=nested(100_000)), "has a config.json that is nested too deeply"),
    "a class_name that is a list": (in_class_name(["Dense"]), "(class_name in config.json is not text)"),
    "a class_name that is a dict": (in_class_name({"class_name": "Dense"}), "(class_name in config.json is not text)"),
    "a class_name that is null": (in_class_name(None), "(class_name in config.json is not text)"),
    "a class_name that is a number": (in_class_name(3), "(class_name in config.json is not text)"),
    "a module that is a list": (changed(config=config(module=["keras"])), "(module in config.json is not text)"),
    "a registered_name that is a dict": (
        changed(config=config(registered_name={"a": 1})),
        "(registered_name in config.json is not text)",
    ),
    "a compile_config that is a list": (
        changed(config=config(compile_config=["mse"])),
        "(compile_config in config.json is not an object)",
    ),
    "a compile_config that is text": (
        changed(config=config(compile_config="mse")),
        "(compile_config in config.json is not an object)",
    ),
    "a compile_config that is a number": (
        changed(config=config(compile_config=0)),
        "(compile_config in config.json is not an object)",
    ),
}


@pytest.mark.parametrize(("write", "words"), WRONG.values(), ids=WRONG)
def test_an_archive_that_is_wrong(
    tmp_path: Path, write: Callable[[Path], Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and Keras is not even imported."""
    write(tmp_path / "m.keras")
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(InputError) as refused:
        load("m", ModelSpec(path="m.keras"), tmp_path)
    assert words in str(refused.value)
    assert str(refused.value).startswith("models.m.path: m.keras: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("end", [b"", b"archive"])
def test_a_large_file_that_is_no_model_is_not_digested(tmp_path: Path, end: bytes) -> None:
    """Neither for the report nor for the store; a small one is, so that a report says which file it was."""
    path = tmp_path / "m.keras"
    sparse(path, archive(path).read_bytes() if end else b"")
    assert Files(tmp_path).identity("m", ModelSpec(path="m.keras")) == ("m.keras", None, None)
    path.write_bytes(end)
    digest = hashlib.sha256(end).hexdigest()
    assert Files(tmp_path).identity("m", ModelSpec(path="m.keras")) == ("m.keras", digest, len(end))


def test_an_archive_that_is_right(tmp_path: Path) -> None:
    """Stored and compressed."""
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = archive(tmp_path / "m.keras", compression)
        assert config_of(path, ("models", "m", "path"), "m.keras") == config()


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([layer("Lambda", name="evil", function={})], "contains a Lambda layer (evil)"),
        ([layer("Lambda")], "contains a Lambda layer (unnamed)"),
        ([dense(kernel_initializer={"class_name": "__lambda__", "config": {}})], "contains a Lambda layer (unnamed)"),
        ([{"module": "os", "class_name": "system", "config": {}}], "needs system, which is not part of Keras"),
        ([{"module": "builtins.evil", "class_name": "x", "registered_name": "p>x"}], None),
        ([{"module": "subprocess", "class_name": "Popen", "config": {"args": "id"}}], "needs Popen, which is not part"),
    ],
    ids=["lambda", "unnamed lambda", "lambda inside", "os.system", "builtins", "Popen"],
)
def test_gadgets(tmp_path: Path, layers: list[dict[str, Any]], words: str | None) -> None:
    """Code in an archive, and modules other than Keras' own, are refused before anything is loaded."""
    archive(tmp_path / "m.keras", config=config(*layers))
    if words is None:
        assert config_of(tmp_path / "m.keras", (), "")
        return
    with pytest.raises(InputError) as refused:
        load("m", ModelSpec(path="m.keras"), tmp_path)
    assert words in str(refused.value)


def test_the_members_are_those_of_keras() -> None:
    """What is made by hand here has the names that Keras writes."""
    assert set(members()) == {"metadata.json", "config.json", "model.weights.h5"}
    assert weights()[:4] == b"\x89HDF"
