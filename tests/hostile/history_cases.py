"""Histories that are none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hostile.readers import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP = 3000
NO_LIST = "'loss' is not a list of numbers"


def content(text: str | bytes, name: str) -> Callable[[Path], object]:
    """Write a history."""
    return lambda folder: (folder / name).write_bytes(
        text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    )


JSON: dict[str, tuple[str | bytes, str | None]] = {
    "empty": ("", "is not a training history"),
    "null": ("null", "expected an object"),
    "a list": ("[1]", "expected an object"),
    "no metrics": ("{}", "it has no metrics"),
    "no list": ('{"loss": 1}', NO_LIST),
    "text": ('{"loss": "abc"}', NO_LIST),
    "null curve": ('{"loss": null}', NO_LIST),
    "true": ('{"loss": [true]}', NO_LIST),
    "table": ('{"loss": [{}]}', NO_LIST),
    "words": ('{"loss": ["high"]}', NO_LIST),
    "ragged": ('{"loss": [[1, 2], [3]]}', NO_LIST),
    "half nested": ('{"loss": [[1, [2]], [3, 4]]}', NO_LIST),
    "nested": ('{"loss": ' + "[" * DEEP + "]" * DEEP + "}", "it is nested too deeply"),
    "deep vectors": ('{"loss": ' + "[" * 100 + "1" + "]" * 100 + "}", NO_LIST),
    "nested key": ('{"a":' * DEEP + "1" + "}" * DEEP, "it is nested too deeply"),
    "digits": ('{"loss": [' + "9" * 6000 + "]}", "is not a training history"),
    "too large": ('{"loss": [1e999]}', None),
    "a huge whole number": ('{"loss": [' + "9" * 400 + "]}", NO_LIST),
    "epochs that are not whole": (
        '{"history": {"loss": [1]}, "epoch": [0.5]}',
        "'epoch' is not a list of whole numbers",
    ),
    "epochs in tables": ('{"history": {"loss": [1]}, "epoch": [{}]}', "'epoch' is not a list of numbers"),
    "epochs of vectors": ('{"history": {"loss": [1]}, "epoch": [[1]]}', "'epoch' is not a list of whole numbers"),
    "an epoch without end": ('{"history": {"loss": [1]}, "epoch": [1e999]}', "'epoch' is not a list of whole numbers"),
    "Latin-1": (b'{"loss": "\xe9"}', "is not UTF-8"),
    "UTF-16": ('{"loss": [1]}'.encode("utf-16"), "is not UTF-8"),
    "surrogate": ('{"\\ud800": [1]}', "the name of a metric must be UTF-8"),
    "NUL": ('{"a\\u0000": [1]}', "the name of a metric must not contain the character NUL"),
    "good": ('{"loss": [1, null, "NA", "0.5"]}', None),
}
CSV: dict[str, tuple[str | bytes, str | None]] = {
    "empty": ("", "it has no metrics"),
    "head only": ("epoch,loss\n", "it has no metrics"),
    "words": ("epoch,loss\n0,x\n", NO_LIST),
    "wide row": ("epoch,loss\n0,1,2\n", "more cells than the first one"),
    "decimal commas": ("epoch,loss\n0,1,5\n1,1,2\n", "more cells than the first one"),
    "long field": ("loss\n" + "1" * 200_000 + "\n", "is not a training history"),
    "open quote": ('loss\n"1\n', None),
    "zeros": (b"\0" * 1000, "it has no metrics"),
    "UTF-16": ("epoch,loss\n0,1\n".encode("utf-16"), "is not UTF-8"),
    "UTF-16 without a mark": ("epoch,loss\n0,1\n".encode("utf-16-le"), "must not contain the character NUL"),
    "NUL in a cell": ("epoch,loss\n0,1\x002\n", NO_LIST),
    "NUL in a name": ("epoch,lo\0ss\n0,1\n", "must not contain the character NUL"),
    "a cell of megabytes": ("epoch,loss\n0," + "9" * 2**24 + "\n", "is not a training history"),
    "a name of megabytes": ("epoch," + "l" * 2**24 + "\n0,1\n", "is not a training history"),
    "a thousand columns without values": (",".join(f"c{one}" for one in range(1000)) + "\n" + "," * 999 + "\n", None),
    "good": ("epoch,loss\n0,1.5\n1,NA\n", None),
}


def logged(name: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Make a file in a folder of event files."""

    def write(folder: Path) -> None:
        (folder / "logs" / "train").mkdir(parents=True)
        make(folder / "logs" / "train" / name)

    return write


NAME = "events.out.tfevents.1.v2"
EVENTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "another file": (logged("notes.txt", Path.touch), "the folder has no event files"),
    "text": (logged(NAME, lambda path: path.write_text("loss 1", "utf-8")), "record 0 is cut off"),
    "exabytes": (logged(NAME, lambda path: path.write_bytes(b"\xff" * 16)), "record 0 should have"),
    "cut off": (logged(NAME, lambda path: path.write_bytes(bytes([9, *[0] * 15]))), "record 0 should have 9 bytes"),
    "a JSON history": (
        logged(NAME, lambda path: path.write_text('{"loss": [1, 2, 3]}', "utf-8")),
        "record 0 should have",
    ),
    "a pipe": (logged(NAME, os.mkfifo), "is not a regular file"),
    "a link": (logged(NAME, lambda path: path.symlink_to("/etc/passwd")), "is a link that leaves the folder"),
    "a link to a folder": (logged("up", lambda path: path.symlink_to("..")), "is a link to a folder"),
    "sparse": (
        logged(NAME, lambda path: (path.touch(), os.truncate(path, 50 * 2**30))),
        "the event files are larger than 1,024 MB",
    ),
}

NO_EPOCH = "the epoch of row 0 is no number"
MAPPED: dict[str, tuple[str, str]] = {
    "a table as a value": ('{"epoch": [0, 1], "train_loss": [{}, 2]}', NO_LIST),
    "true as a value": ('{"epoch": [0, 1], "train_loss": [true, 2]}', NO_LIST),
    "a huge value": ('{"epoch": [0, 1], "train_loss": [' + "9" * 400 + ", 2]}", NO_LIST),
    "true as an epoch": ('{"epoch": [true, 1], "train_loss": [1, 2]}', NO_EPOCH),
    "a list as an epoch": ('{"epoch": [[0], 1], "train_loss": [1, 2]}', NO_EPOCH),
    "a table as an epoch": ('{"epoch": [{}, 1], "train_loss": [1, 2]}', NO_EPOCH),
    "a word as an epoch": ('{"epoch": ["first", 1], "train_loss": [1, 2]}', NO_EPOCH),
    "a huge epoch": ('{"epoch": [' + "9" * 400 + '], "train_loss": [1]}', NO_EPOCH),
    "no epoch": ('{"epoch": [null], "train_loss": [1]}', "row 0 has values, but no epoch"),
    "epochs without end": (
        '{"epoch": [1e999], "train_loss": [1]}',
        "'epoch' is not a list of whole numbers",
    ),
    "long and ragged": (
        '{"key": ["train_loss"], "value": [1, 2], "step": [0]}',
        "its columns key, value, step have different numbers of rows",
    ),
}
"""Read with :data:`MAPPING`."""
MAPPING = {"loss": "train_loss"}
CASES = [
    *(Reading(f"JSON: {name}", content(text, "h.json"), "h.json", says) for name, (text, says) in JSON.items()),
    *(Reading(f"CSV: {name}", content(text, "h.csv"), "h.csv", says) for name, (text, says) in CSV.items()),
    Reading("no file", lambda _: None, "h.json", "no such file"),
    Reading("pipe", lambda folder: os.mkfifo(folder / "h.json"), "h.json", "is not a regular file"),
    Reading("pipe for a table", lambda folder: os.mkfifo(folder / "h.csv"), "h.csv", "is not a regular file"),
    Reading("folder for a table", lambda folder: (folder / "h.csv").mkdir(), "h.csv", "the folder has no event files"),
    Reading("device", lambda folder: (folder / "h.csv").symlink_to("/dev/zero"), "h.csv", "is not a regular file"),
    Reading("folder", lambda folder: (folder / "h.json").mkdir(), "h.json", "the folder has no event files"),
    *(Reading(f"events: {name}", write, "logs", says) for name, (write, says) in EVENTS.items()),
    Reading("long name", lambda _: None, "h" * 300, "File name too long"),
    Reading("NUL in the name", lambda _: None, "h\0.json", "is not a valid file name"),
    Reading(
        "sparse",
        lambda folder: ((folder / "h.json").touch(), os.truncate(folder / "h.json", 50 * 2**30)),
        "h.json",
        "is larger than 64 MB",
    ),
]
