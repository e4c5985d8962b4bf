"""Files that are none, wherever a spec names one: the key, in one sentence, before anything is computed. Logos are in ``look.py``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hostile.case import Case
from hostile.specs import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Named(NamedTuple):
    """A key that names a file: the file, the lines of the model, of the data and of the rest, with ``{}`` where the name stands."""

    file: str
    model: str = ""
    data: str = 'path = "d.npz"'
    more: str = ""


BASELINE = 'baseline = {{ results = "{}" }}'
SPLITS = '[data.test]\npath = "d.npz"\n[data.{}]\n'
KEYS = {
    "models.m.params_from": Named("t.csv", model='params_from = {{ path = "{}", columns = ["a"] }}'),
    "models.m.params_from (a trial)": Named("t.json", model='params_from = "{}"'),
    "models.m.history": Named("h.csv", model='history = "{}"'),
    "models.m.custom_objects[0]": Named("l.py", model='custom_objects = ["./{}:Layer"]'),
    "models.n.function": Named("l.py", more='[models.n]\nfunction = "./{}:make"'),
    "data.function": Named("l.py", data='function = "./{}:make"'),
    "data.preprocess": Named("l.py", data='path = "d.npz"\npreprocess = "./{}:make"'),
    "data.path": Named("e.npz", data='path = "{}"'),
    "data.x": Named("x.npy", data='x = "{}"\ny = false'),
    "data.mask": Named("m.npy", data='x = "g.npy"\ny = false\nmask = "{}"'),
    "data.test.path": Named("e.csv", data='[data.test]\npath = "{}"'),
    "data.test.group": Named("g2.npy", data='[data.test]\nx = "g.npy"\ny = false\ngroup = "{}"'),
    "data.validation.path": Named("e.h5", data=SPLITS.format("validation") + 'path = "{}"'),
    "data.validation.weight": Named("w.npy", data='[data.validation]\nx = "g.npy"\ny = false\nweight = "{}"'),
    "data.validation.columns.c": Named("c.npy", data='[data.validation]\nx = "g.npy"\ny = false\ncolumns.c = "{}"'),
    "data.validation.function": Named("l.py", data=SPLITS.format("validation") + 'function = "./{}:f"'),
    "data.train.path": Named("e.parquet", data=SPLITS.format("train") + 'path = "{}"'),
    "data.train.y": Named("y.npy", data='[data.test]\nx = "g.npy"\ny = false\n[data.train]\nx = "g3.npy"\ny = "{}"'),
    "data.train.function": Named("l.py", data=SPLITS.format("train") + 'function = "./{}:f"'),
    "decision.baseline.results": Named("r.json", more=f"[decision]\n{BASELINE}"),
    "trend.results": Named("r.json", more='[decision]\ncandidate = "m"\n[trend]\nresults = "{}"'),
}
"""By the key, to which a word in brackets may be added."""
HARMS: dict[str, tuple[Callable[[Path], object] | str, str]] = {
    "no file": (lambda _: None, "no such file"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "a folder": (Path.mkdir, "is a folder, not a file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "cannot be read (Too many levels of symbolic links)"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "no such file"),
    "a long name": ("n" * 300, "cannot be read (File name too long)"),
    "NUL in the name": ("a\\u0000b", "must not contain the character NUL"),
    "a name that rings": ("a\\u0007b", "no such file"),
}
"""What is in the place of a file, or a name, and what is said of it."""
UNMATCHED = "trend.results: no file matches (found "
OTHERWISE = {
    ("models.m.history", "a folder"): "ok",
    ("models.m.params_from", "NUL in the name"): "models.m.params_from.path: must not contain the character NUL",
    ("trend.results", "a long name"): "trend.results: cannot be searched (File name too long)",
    **{
        ("trend.results", harm): UNMATCHED
        for harm in ("no file", "a pipe", "a device", "a folder", "a name that rings")
    },
    **{("trend.results", f"a link to {where}"): UNMATCHED for where in ("itself", "nothing")},
}
"""A history may be a folder of event files, which the build opens; a trend is a pattern, which only files match."""
CONTENT: dict[str, tuple[bytes | None, str, str, str]] = {
    "sparse": (None, "is larger than 64 MB", "is larger than 64 MB", "is larger than 2048 MB"),
    "empty": (b"", "is empty", "is not valid JSON", "is not JSON (Expecting value"),
    "Latin-1": (b"\xe9,a\n", "is not UTF-8 (byte 0)", "is not UTF-8 (byte 0)", "is not JSON ('utf-8' codec"),
    "UTF-16": ("model,a\n".encode("utf-16"), "is not UTF-8 (byte 0)", "is not UTF-8", "is not JSON ('utf-8' codec"),
    "a pickle": (b"\x80\x04K\x01.", "is not UTF-8 (byte 0)", "is not UTF-8 (byte 0)", "is not JSON ('utf-8' codec"),
    "zeros": (bytes(5000), "has no rows", "is not valid JSON", "is not JSON (Expecting value"),
    "nested": (b"[" * 5000, "has no rows", "is not valid JSON", "is nested too deeply"),
    "digits": (b'{"a": ' + b"9" * 6000 + b"}", "has no rows", "is not valid JSON", "is not JSON"),
    "a wide line": (b"model,a\nm" + b"," * 2**20, "has 1048577 cells in line 2", "is not valid JSON", "is not JSON"),
    "a long cell": (b"model,a\nm," + b"1" * 200_000, "is not valid CSV (field larger", "is not valid JSON", "is not JSON"),
}  # fmt: skip
"""What is in a file that ``check`` reads, and what is said of it as a table, as a trial and as results."""
READ = ("models.m.params_from", "models.m.params_from (a trial)", "decision.baseline.results", "trend.results")


def checked(named: Named, harm: Callable[[Path], object] | str) -> Callable[[Path], Sequence[str]]:
    """Check a spec in which a key names what is no file."""

    def write(folder: Path) -> Sequence[str]:
        import numpy as np

        for name in ("g", "g3"):
            np.save(folder / f"{name}.npy", np.zeros((4, 2)) + len(name))
        name = named.file
        if isinstance(harm, str):
            name = f"{harm}{Path(name).suffix}"
        else:
            harm(folder / name)
        model, data, more = (
            text.format(name) if "{" in text else text for text in (named.model, named.data, named.more)
        )
        fill(folder, model=model, data=data, more=more)
        return ["check", "a.toml"]

    return write


def content(given: bytes | None) -> Callable[[Path], object]:
    """Return what writes a file; 50 GB of nothing for None."""

    def write(path: Path) -> None:
        path.write_bytes(given or b"")
        if given is None:
            os.truncate(path, 50 * 2**30)

    return write


def cases() -> Iterator[Case]:
    """Yield a case for each key and harm."""
    for key, named in KEYS.items():
        for harm, (what, says) in HARMS.items():
            said = OTHERWISE.get((key, harm), f"{key.partition(' ')[0]}: {says}")
            yield Case(f"{key}: {harm}", checked(named, what), 0 if said == "ok" else 2, said)
    for key in READ:
        index = 2 if key.endswith("results") else int(key.endswith(")"))
        for name, (given, *says) in CONTENT.items():
            file = f"{KEYS[key].file}: " if index == 2 else ""
            said = f"{key.partition(' ')[0]}: {file}{says[index]}"
            yield Case(f"{key}: {name}", checked(KEYS[key], content(given)), 2, said)


CASES = list(cases())
