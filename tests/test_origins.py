"""Every source of data that the documentation lists: a build of three at once, as named splits, against scikit-learn on the model's predictions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import warm
from origins import SPECS, SPLITS, spec

TOP = Path(__file__).parents[1]


def test_the_documentation_lists_every_source() -> None:
    """Every row of the table is backed by a source in a split, and every source is in a row."""
    text = (TOP / "docs" / "spec.md").read_text("utf-8")
    table = text.partition("| your data | write |\n| --- | --- |\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (.+?) \|", table, re.MULTILINE)) == {
        origin.row for _, _, origins in SPECS.values() for origin in origins
    }


@pytest.mark.matrix
@pytest.mark.keras
def test_every_source(tmp_path: Path) -> None:
    """The rows are the same, and so are the numbers, whichever source and split they come from."""
    warm.python(TOP / "tests" / "origins.py", tmp_path).check_returncode()
    expected = json.loads((tmp_path / "expected.json").read_text("utf-8"))
    for name, (model, *_) in SPECS.items():
        (tmp_path / f"{name}.toml").write_text(spec(name), "utf-8")
        built = warm.python(
            "-P", "-m", "reportgen", "build", f"{name}.toml", "-o", name, "--format", "json", "-q", cwd=tmp_path
        )
        assert built.returncode == 0, built.stderr
        said = warm.python("-P", "-m", "reportgen", "metrics", f"{name}/results.json", "--format", "json", cwd=tmp_path)
        found = {(row["section"], row["metric"], row["subject"]): row["value"] for row in json.loads(said.stdout)}
        for split in SPLITS:
            for metric, subject, value in expected[model]:
                assert found[f"on_{split}", metric, subject] == pytest.approx(value, rel=1e-5), (name, split, metric)
