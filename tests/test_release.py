"""A whole release played through: two versions in a repository, a gate that fails, the fix, the card, the mail, and forgeries that are found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import trustme
import warm
from huggingface_hub import ModelCard
from postbox import encrypted, server

pytestmark = pytest.mark.keras
DIGITS = Path(__file__).parents[1] / "specs" / "digits"
SPEC = """\
schema_version = 1
[report]
title = "Digits"
version = "1.0.0"
[models.classifier]
path = "classifier.keras"
[card]
intended_use = "Reads single digits of scanned forms."
[data]
path = "test.npz"
split = "test"
[[sections]]
kind = "performance"
[[sections]]
kind = "calibration"
[[checks]]
metric = "performance.accuracy"
at_least = 0.95
[output]
predictions = true
formats = ["html", "pdf", "json", "markdown"]
"""
SECOND = (
    SPEC.replace('"1.0.0"', '"1.1.0"')
    + """\
[decision]
baseline = { results = "releases/1.0.0/results.json" }
[[checks]]
metric = "performance.accuracy"
not_worse_by = 0.01
[[checks]]
metric = "changes.errors_new"
at_most = 0.02
"""
)
ISOLATED = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "PYTHONPATH": os.pathsep.join((str(DIGITS.parents[1]), os.environ.get("PYTHONPATH", ""))),
    "SOURCE_DATE_EPOCH": "1767225600",
}


class Project:
    """The folder of a team: a spec, a model, data, and earlier releases under version control."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(DIGITS / "test.npz", folder)
        (folder / ".gitignore").write_text("build/\n", "utf-8")
        self._git("init", "-q")

    def commit(self, message: str, *, spec: str = "", model: str = "") -> str:
        """Commit everything, with another spec or model; return the commit."""
        if spec:
            (self.folder / "release.toml").write_text(spec, "utf-8")
        if model:
            shutil.copy(DIGITS / f"{model}.keras", self.folder / "classifier.keras")
        self._git("add", "--all")
        self._git("-c", "user.name=ci", "-c", "user.email=ci@example.org", "commit", "-q", "-m", message)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=ISOLATED, capture_output=True, text=True, check=True
        )
        return done.stdout

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run reportgen in the folder; return its exit code and what it printed."""
        done = warm.python("-m", "reportgen", *arguments, cwd=self.folder, env=ISOLATED)
        return done.returncode, done.stdout + done.stderr

    def results(self, folder: str) -> Any:
        """Read the results in a folder."""
        return json.loads((self.folder / folder / "results.json").read_text("utf-8"))

    def changed(self, file: str, *more: str) -> list[str]:
        """Return what `verify` finds changed in a file, which decides its exit code."""
        code, out = self.run("verify", file, *more)
        found = [" ".join(line.split()) for line in out.splitlines() if line.startswith("changed ")]
        assert code == bool(found), out
        return found


def first_version(project: Project) -> None:
    """Build what passes, and commit its results for the next one."""
    commit = project.commit("the first version", spec=SPEC, model="mlp")
    assert project.run("build", "release.toml", "-o", "releases/1.0.0", "--format", "json", "-q") == (0, "")
    files = {path.name for path in (project.folder / "releases/1.0.0").iterdir()}
    assert files == {"predictions.parquet", "results.json"}
    origin = project.results("releases/1.0.0")["origin"]
    assert (origin["commit"], origin["dirty"]) == (commit, False)


def worse_version(project: Project) -> None:
    """Build what passes the check of the first: only the gates against the release before fail."""
    project.commit("release 1.0.0, and a second version", spec=SECOND, model="cnn")
    formats = ("--format", "json,junit", "--summary", "summary.md")
    code, out = project.run("build", "release.toml", "-o", "build", *formats, "-q")
    assert code == 1, out
    checks = {one["title"]: one["state"] for one in project.results("build")["checks"]}
    assert checks == {"Accuracy": "PASS", "Accuracy change": "FAIL", "Errors new": "FAIL"}
    assert len(ET.parse(project.folder / "build/junit.xml").findall(".//failure")) == 2
    assert "× FAIL −3.0 points" in (project.folder / "summary.md").read_text("utf-8")
    (project.folder / "summary.md").unlink()
    code, out = project.run("diff", "releases/1.0.0/results.json", "build/results.json")
    assert code == 0
    assert "16 new" in out


def fixed_version(project: Project) -> None:
    """Build what passes every check; page one answers a release manager, and the card is one of the Hub."""
    commit = project.commit("the fix", model="cnn_dropout")
    assert project.run("build", "release.toml", "-o", "build", "-q") == (0, "")
    found = project.results("build")
    assert (found["origin"]["commit"], found["origin"]["dirty"]) == (commit, False)
    assert {one["state"] for one in found["checks"]} == {"PASS"}
    front = front_page((project.folder / "build/report.html").read_text("utf-8"))
    assert [answer for answer in ANSWERS if answer not in front] == []
    card = ModelCard.load(project.folder / "build/model_card.md")
    values = {one.metric_type: one.metric_value for one in card.data.eval_results}
    assert values["accuracy"] == pytest.approx(591 / 600)
    assert "Reads single digits of scanned forms." in card.text
    assert "Not stated" in card.text


def mailed(project: Project, outside: Path) -> None:
    """Send it over TLS; the PDF that the reviewer gets agrees with itself and with the repository."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(outside / "ca.pem")
    with server(**encrypted(authority)) as (received, address):
        addresses = ("--to", "reviewer@example.org", "--from", "ci@example.org")
        sent = ("--smtp", address, "--starttls", "--ca-file", outside / "ca.pem")
        code, out = project.run("mail", "build", *addresses, *sent)
    assert code == 0, out
    (envelope,) = received.mails
    mail: Any = message_from_bytes(envelope.content, policy=default)
    assert mail["Subject"] == "Digits 1.1.0: classifier passes its checks"
    (pdf,) = mail.iter_attachments()
    assert pdf.get_content() == (project.folder / "build/report.pdf").read_bytes()
    (outside / "received.pdf").write_bytes(pdf.get_content())
    code, out = project.run("verify", outside / "received.pdf", "--strict")
    assert code == 0, out
    rows = [line.split() for line in out.splitlines()]
    for file in ("classifier.keras", "test.npz", "release.toml", "releases/1.0.0/results.json"):
        assert any(row[0] == "unchanged" and file in row for row in rows), file


def edited(project: Project) -> None:
    """Edit the results file, then the page: each disagrees with the rest."""
    results, page = project.folder / "build/results.json", project.folder / "build/report.html"
    assert project.changed("build/report.html") == []
    original = results.read_text("utf-8")
    assert original.count('"value": 0.985,') > 1
    results.write_text(original.replace('"value": 0.985,', '"value": 0.995,'), "utf-8")
    beside = ["changed results beside the report results.json"]
    assert project.changed("build/report.html") == project.changed("build/report.pdf") == beside
    results.write_text(original, "utf-8")
    page.write_text(page.read_text("utf-8").replace("98.5", "99.5"), "utf-8")
    sentence, rest = project.changed("build/report.html")
    assert sentence.startswith("changed sentences of page one report.html does not say: 591 of 600 right (98.5 %")
    assert rest.startswith("changed page but for its figures report.html")


def test_a_whole_release(tmp_path: Path) -> None:
    """From the first version to the mail of the second, and to whoever edits it."""
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project")
    first_version(project)
    worse_version(project)
    fixed_version(project)
    mailed(project, tmp_path)
    edited(project)


ANSWERS = (
    "classifier passes its checks",  # may it ship?
    "candidate classifier, would replace classifier of 1.0.0 (2026-01-01, releases/1.0.0/results.json)",  # for which?
    "581 of 600 right then, 591 of 600 right now: +1.7 points [0.4, 3.2], unlikely to be luck",  # or is it luck?
    "Weakest class: 8, 56 of 58 found",  # where is it weak?
    "600 rows of the test split",  # on which data?
    "No warnings about classifier.",  # what must be done?
)
"""What page one says on the questions of a release manager."""


def front_page(page: str) -> str:
    """Return the text of page one."""
    section = page[page.index('<section class="front"') :]
    return " ".join(re.sub(r"<[^>]*>", "", section[: section.index("</section>")]).split())
