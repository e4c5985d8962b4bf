"""The action, the hook, the image and the recipes of the documentation: what they name is there, what they type is right."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from reportgen.cli.commands import cli

TOP = Path(__file__).parents[1]
SETUP = (TOP / "scripts" / "setup.sh").read_text("utf-8")
LIBRARIES = set(re.findall(r'^LIBRARIES="(.*)"$', SETUP, re.MULTILINE)[0].split())
"""What WeasyPrint needs, as the setup installs it."""
PAGE = (TOP / "docs" / "releases.md").read_text("utf-8")


def loaded(text: str) -> Any:
    """Parse YAML; a key that is there twice is an error."""
    return YAML(typ="safe", pure=True).load(text)


def parsed(words: list[str]) -> dict[str, Any]:
    """Parse a call of reportgen, as the program does."""
    assert words[0] == "reportgen"
    command = cli.commands[words[1]]
    context = click.Context(command, info_name=words[1])
    command.parse_args(context, words[2:])
    return context.params


# ------------------------------------------------------------------------------------------------ GitHub's action

ACTION = loaded((TOP / "action.yml").read_text("utf-8"))
STEPS = {step.get("name", step.get("id")): step for step in ACTION["runs"]["steps"]}


def test_the_action_is_one() -> None:
    """Keys as GitHub defines them; a shell for every script; nobody's input in the text of a script."""
    assert set(ACTION) == {"name", "description", "inputs", "outputs", "runs"}
    assert ACTION["runs"]["using"] == "composite"
    for one in ACTION["inputs"].values():
        assert set(one) <= {"description", "required", "default"}
        assert one.get("required") or "default" in one
    for step in STEPS.values():
        assert set(step) <= {"id", "name", "uses", "with", "shell", "env", "run"}
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"
        assert "${{" not in step.get("run", "")
    text = (TOP / "action.yml").read_text("utf-8")
    ids = {step["id"] for step in STEPS.values() if "id" in step}
    assert set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text)) == set(ACTION["inputs"])
    assert set(re.findall(r"\$\{\{ steps\.([\w-]+)\.", text)) == ids


def test_the_action_installs_what_the_setup_does() -> None:
    """The libraries, and the pinned packages."""
    script = STEPS["Install reportgen"]["run"]
    (line,) = [line for line in script.splitlines() if "apt-get install" in line]
    assert {word for word in line.split() if word.startswith("lib")} == LIBRARIES
    assert "--constraint" in script
    assert (TOP / "constraints.txt").exists()


def build_step(folder: Path, code: int = 0, **environment: str) -> tuple[int, list[str], str]:
    """Run the script of the last step with a program that notes its arguments; return exit code, arguments, outputs."""
    program = folder / "reportgen" / "bin" / "reportgen"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" > "$RUNNER_TEMP/typed"\nexit {code}\n', "utf-8")
    program.chmod(0o755)
    step = STEPS["Build the report"]
    assert set(environment) == set(step["env"])
    (folder / "output").touch()
    paths = {
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    found = subprocess.run(bash, env={"PATH": os.environ["PATH"], **paths, **environment}, check=False)
    return (
        found.returncode,
        (folder / "typed").read_text("utf-8").split("\0")[:-1],
        (folder / "output").read_text("utf-8"),
    )


def test_the_action_builds(tmp_path: Path) -> None:
    """What it types is a call of reportgen, whatever is in the inputs; its exit code is that of the step."""
    hostile = 'report.title=a "b" $(touch gone); c'
    code, typed, output = build_step(
        tmp_path,
        1,
        SPEC="specs/my release.toml",
        OUTPUT="build/my report",
        FORMAT=ACTION["inputs"]["format"]["default"],
        SET=f"report.version=1\n\n{hostile}\n",
    )
    assert code == 1
    assert output == "directory=build/my report\n"
    found = parsed(["reportgen", *typed])
    assert found["spec"] == Path("specs/my release.toml")
    assert found["output_dir"] == Path("build/my report")
    assert found["formats"] == ("html", "pdf", "json", "markdown", "junit")
    assert found["overrides"] == ("report.version=1", hostile)
    assert found["appended"] == tmp_path / "summary"
    assert not Path("gone").exists()


def test_the_action_without_more(tmp_path: Path) -> None:
    """The defaults are a call too."""
    values = {name: one.get("default", "s.toml") for name, one in ACTION["inputs"].items()}
    names = {"SPEC": "spec", "OUTPUT": "output-dir", "FORMAT": "format", "SET": "set"}
    code, typed, _ = build_step(tmp_path, **{key: values[name] for key, name in names.items()})
    assert code == 0
    assert parsed(["reportgen", *typed])["overrides"] == ()


# ------------------------------------------------------------------------------------------------ pre-commit


def test_the_hook(tmp_path: Path) -> None:
    """It is a command that takes all the files that it is given at once, and finds the mistake in any."""
    (hook,) = loaded((TOP / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert set(hook) == {"id", "name", "description", "entry", "language", "files"}
    assert hook["language"] == "python"
    specs = sorted(path.relative_to(TOP).as_posix() for path in (TOP / "specs").iterdir() if path.is_file())
    chosen = [path for path in specs if re.search(hook["files"], path)]
    assert chosen == [path for path in specs if path.endswith((".toml", ".yaml"))]
    assert not re.search(hook["files"], "specs/digits/pyproject.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("schema_version = 1\n", "utf-8")
    entry = shlex.split(hook["entry"])
    for names, code in (
        ([TOP / "specs" / "quick.toml", TOP / "specs" / "release.toml"], 0),
        ([wrong, TOP / "specs" / "quick.toml"], 2),
        ([TOP / "specs" / "quick.toml", wrong, tmp_path / "gone.toml"], 2),
    ):
        found = subprocess.run(
            [sys.executable, "-m", *entry, *map(str, names)], capture_output=True, text=True, check=False, cwd=TOP
        )
        assert (found.returncode, found.stdout) == (code, ""), found.stderr
        assert all((path.name in found.stderr) == (path.parent == tmp_path) for path in names)


# ------------------------------------------------------------------------------------------------ the image

IMAGE = re.sub(r"\\\n\s*", "", (TOP / "Containerfile").read_text("utf-8"))
LINES = [line.split(None, 1) for line in IMAGE.splitlines() if line and not line.startswith("#")]
INSTRUCTIONS = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}


def test_the_image_has_what_the_setup_installs() -> None:
    """On Debian's Python and Pango, with the pinned packages, not as root."""
    assert {word for word, _ in LINES} == INSTRUCTIONS
    assert LINES[0] == ["FROM", "docker.io/library/debian:bookworm-slim"]
    (install,) = [rest for word, rest in LINES if word == "RUN" and "apt-get install" in rest]
    packages = install.partition("--no-install-recommends ")[2].partition(" &&")[0].split()
    assert set(packages) == LIBRARIES | {"python3", "python3-venv"}
    assert any(word == "RUN" and "--constraint /src/constraints.txt /src" in rest for word, rest in LINES)
    words = [word for word, _ in LINES]
    assert words.index("USER") < words.index("ENTRYPOINT")
    (entry,) = [loaded(rest) for word, rest in LINES if word == "ENTRYPOINT"]
    assert entry == ["reportgen"]


def test_the_image_copies_all_that_the_package_needs(tmp_path: Path) -> None:
    """A wheel can be built of the copied files alone, and has the templates and the examples."""
    source = tmp_path / "src"
    for word, rest in LINES:
        if word == "COPY":
            *names, target = rest.split()
            place = tmp_path / target.lstrip("/")
            for name in names:
                if target.endswith("/"):
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy(TOP / name, place)
                else:
                    shutil.copytree(TOP / name, place, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "dist")]
    subprocess.run(build, cwd=source, capture_output=True, text=True, check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "reportgen/cli/mail.py",
        "reportgen/_share/templates/mail.html.j2",
        "reportgen/_share/specs/release.toml",
    } <= inside


# ------------------------------------------------------------------------------------------------ the documentation

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RECIPES = {next(iter(loaded(text))): loaded(text) for kind, text in BLOCKS if kind == "yml"}


def test_the_recipe_of_the_action() -> None:
    """Its inputs and outputs are those of the action."""
    steps = RECIPES["jobs"]["jobs"]["report"]["steps"]
    (own,) = [step for step in steps if "reportgen" in step.get("uses", "")]
    assert set(own["with"]) <= set(ACTION["inputs"])
    assert {name for name, one in ACTION["inputs"].items() if one.get("required")} <= set(own["with"])
    used = re.findall(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", str(steps))
    assert used == [(own["id"], next(iter(ACTION["outputs"])))]


def test_the_recipes_of_gitlab() -> None:
    """What is typed is right; what is kept, uploaded and linked is what was written, in jobs that are there."""
    job = RECIPES["report"]["report"]
    (script,) = job["script"]
    found = parsed(shlex.split(script))
    (kept,) = job["artifacts"]["paths"]
    assert found["output_dir"] == Path(kept)
    assert "junit" in found["formats"]
    assert job["artifacts"]["reports"]["junit"] == f"{kept}/junit.xml"
    jobs = RECIPES["upload"]
    assert set(jobs["release"]["needs"]) <= {"report", *jobs}
    (upload,) = jobs["upload"]["script"]
    subprocess.run(["bash", "-n", "-c", upload], check=True)
    links = jobs["release"]["release"]["assets"]["links"]
    base = re.findall(r'"(\$CI_API_V4_URL[^"]+)/\$file"', upload)[0]
    assert [one["url"] for one in links] == [f"{base}/{one['name']}" for one in links]
    assert [one["name"] for one in links] == upload.partition("for file in ")[2].partition(";")[0].split()
    assert jobs["release"]["release"]["description"] == f"{kept}/summary.md"


def test_the_recipe_of_the_hook() -> None:
    """It names the hook."""
    (hook,) = loaded((TOP / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [one["id"] for repo in RECIPES["repos"]["repos"] for one in repo["hooks"]] == [hook["id"]]


@pytest.mark.parametrize("script", [text for kind, text in BLOCKS if kind == "sh"])
def test_the_scripts_of_the_documentation(script: str) -> None:
    """They are shell; calls of hf are ones of its library; files of a report have their names."""
    subprocess.run(["bash", "-n", "-c", script], check=True)
    for line in re.sub(r"\\\n\s*", "", script).splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "hf":
            call = words[1 : next(index for index, word in enumerate(words) if "/" in word)]
            help_of = subprocess.run(
                [Path(sys.executable).with_name("hf"), *call, "--help"],
                env={**os.environ, "HF_HUB_OFFLINE": "1"},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert f"Usage: hf {' '.join(call)} " in help_of
            assert all(word in help_of for word in words if word.startswith("--"))
        elif words[0] == "podman" and words[1] == "run":
            parsed(words[words.index("reportgen") :])
        for word in words:
            if word.startswith("build/release/"):
                assert word.removeprefix("build/release/") in {
                    "summary.md", "report.pdf", "report.html", "results.json", "model_card.md",
                }  # fmt: skip
