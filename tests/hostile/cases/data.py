"""Data that a build cannot use: the line of the spec, exit code 3, and no folder. The readers' own table is ``data_cases.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hostile import data_cases
from hostile.case import Case
from hostile.specs import fill

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.data_cases import Write
    from hostile.specs import Arguments


def built(write: Write, data: str, more: str = "") -> Arguments:
    """Build a report on this data; the model is never looked at."""

    def prepare(folder: Path) -> list[str]:
        fill(folder, data=data, more=more)
        write(folder)
        return ["build", "a.toml"]

    return prepare


def arrays(**changed: Any) -> Write:
    """Write good data but for some arrays."""
    return data_cases.npz({"x": data_cases.X, "y": data_cases.Y, **changed})


RECORD = 'path = "d.tfrecord"\nfeatures = { x = { shape = [2] }, y = { dtype = "int64" } }'
IMAGES = 'path = "images"\nimages = { size = [8, 8], range = [0, 1] }'
FUNCTION = 'function = "./d.py:f"'
NPZ, CSV = 'path = "d.npz"', 'path = "d.csv"\nx = ["a", "b"]\ny = "kind"'

CASES = [
    Case(
        "above the limit of the spec",
        built(arrays(), NPZ, "[limits]\ndata_memory = 1e-8"),
        3,
        "data.x: d.npz: 'x' cannot be read (has 0.000 GiB of values, more than limits.data_memory = 1e-08)",
        slow=True,
    ),
    Case(
        "NaN labels",
        built(arrays(y=np.full(4, np.nan)), NPZ),
        3,
        "data.y: d.npz: has NaN or infinite labels",
        slow=True,
    ),
    Case(
        "NaN labels of a further split, beside those of the default one",
        built(
            arrays(y=np.full(4, np.nan)),
            '[data.test]\npath = "d.npz"\n[data.validation]\npath = "d.npz"\nx = "y"',
            '[[sections]]\nkind = "performance"\nid = "again"\nsplit = "validation"',
        ),
        3,
        "data.validation.y: d.npz: has NaN or infinite labels",
        slow=True,
    ),
    Case(
        "dates as labels",
        built(arrays(y=data_cases.DATES), NPZ),
        3,
        "data.y: d.npz: must be numbers or text",
        slow=True,
    ),
    Case(
        "labels of no column", built(arrays(y=np.zeros((4, 0))), NPZ), 3, "data.y: d.npz: has rows without", slow=True
    ),
    Case(
        "other rows",
        built(arrays(y=np.zeros(3)), NPZ),
        3,
        "data.x: d.npz: the arrays have different numbers of rows: x has 4, y has 3",
        slow=True,
    ),
    Case(
        "no archive",
        built(data_cases.raw("d.npz", b"x" * 50), NPZ),
        3,
        "a.toml:8:8: data.path: d.npz: cannot be read",
        slow=True,
    ),
    Case(
        "decimal commas",
        built(data_cases.csv("a,b,kind\n1,5,2,x\n"), CSV),
        3,
        "data.path: d.csv: cannot be read as csv (line 2",
        slow=True,
    ),
    Case(
        "a record of exabytes",
        built(data_cases.raw("d.tfrecord", data_cases.frame(2**62, b"")), RECORD),
        3,
        "a.toml:8:8: data.path: d.tfrecord: cannot be read as TFRecord (record 0 should have",
        slow=True,
    ),
    Case(
        "a link out of a folder of images",
        built(data_cases.filled("images", ("cat/c.png", lambda path: path.symlink_to("/etc/passwd"))), IMAGES),
        3,
        "data.path: images: cannot be read as a folder of images (cat/c.png is a link that leaves the folder",
        slow=True,
    ),
    Case(
        "images that are none",
        built(data_cases.filled("images"), IMAGES),
        3,
        "data.path: images: cannot be read as a folder of images (ValueError: cat/a.png is not a PNG",
        slow=True,
    ),
    Case(
        "a saved data set of nothing",
        built(data_cases.filled("saved"), 'path = "saved"'),
        3,
        "data.path: saved: cannot be read as a saved tf.data data set",
        slow=True,
    ),
    *(
        Case(f"a function that {name}", built(data_cases.raw("d.py", code.encode()), FUNCTION), 3, says, slow=True)
        for name, code, says in (
            ("leaves", "def f(): raise SystemExit(0)", "data.function: ./d.py:f: cannot be used (SystemExit: 0)"),
            ("ends the process", "import os\ndef f(): os._exit(0)", "the evaluation process ended"),
            ("is not there", "", "data.function: ./d.py:f: cannot be imported (AttributeError"),
            (
                "cannot be imported",
                "raise SystemExit(0)",
                "data.function: ./d.py:f: cannot be imported (SystemExit: 0)",
            ),
            (
                "returns nothing",
                "def f(): return None",
                "it must return arrays, a tf.data.Dataset or a keras.utils.PyDataset (it is NoneType)",
            ),
        )
    ),
    *(
        Case(name, built(arrays(extra=extra), f'{NPZ}\n{key} = "extra"'), 3, says, slow=True)
        for name, key, extra, says in (
            (
                "a mask of other numbers",
                "mask",
                np.full((4, 2), 2),
                "data.mask: d.npz: must be 0 or 1 for each position (found 2",
            ),
            (
                "a mask of other rows",
                "mask",
                np.ones((3, 2)),
                "data.mask: d.npz: the arrays have different numbers of rows: x has 4, y has 4, mask has 3",
            ),
            ("a mask of text", "mask", np.full((4, 2), "yes"), "data.mask: d.npz: must be 0 or 1 (found dtype <U3)"),
            ("a mask that is NaN", "mask", np.full((4, 2), np.nan), "must be 0 or 1 for each position (found nan"),
            (
                "a weight for each position",
                "weight",
                np.ones((4, 2)),
                "(found 4 × 2); one for each position is a mask: set mask instead",
            ),
        )
    ),
    Case(
        "no such mask",
        built(arrays(), f'{NPZ}\nmask = "other"'),
        2,
        "data.mask: d.npz has no such array or column (found 'other')",
    ),
    Case("no label to ignore", built(arrays(), f'{NPZ}\nignore_label = "void"'), 2, "data.ignore_label"),
    Case("no such function's file", built(lambda _: None, FUNCTION), 2, "data.function: no such file"),
    Case("a record without features", built(lambda _: None, 'path = "d.tfrecord"'), 2, "needs a table features"),
    Case("no such folder of images", built(lambda _: None, IMAGES), 2, "data.path: no such file"),
    Case(
        "not a saved data set",
        built(lambda folder: (folder / "e").mkdir(), 'path = "e"'),
        2,
        "dataset_spec.pb: no such",
    ),
]
