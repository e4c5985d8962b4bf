"""What import-linter cannot see: single files that may import Keras, print, or catch everything; the shape of the root."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LINTER = Path(sys.executable).with_name("lint-imports")
PACKAGE = Path(__file__).parents[1] / "reportgen"
MODULES = sorted(PACKAGE.rglob("*.py"))

KERAS = {
    "inputs/events.py",
    "inputs/models.py",
    "inputs/saved_model.py",
    "inputs/sources/elements.py",
    "inputs/sources/function.py",
    "inputs/sources/pictures.py",
    "inputs/sources/saved_dataset.py",
    "inputs/sources/tfrecord.py",
    "evaluation/cost.py",
    "evaluation/layer_masks.py",
    "evaluation/run.py",
    "evaluation/logits.py",
    "evaluation/predictor.py",
    "evaluation/probing.py",
    "evaluation/reductions.py",
    "evaluation/times.py",
    "evaluation/tracing.py",
    "interface/callback.py",
}
BROAD_EXCEPT = {
    "cli/commands.py",
    "contract/foreign.py",
    "errors.py",
    "evaluation/process.py",
    "inputs/code.py",
    "interface/arguments.py",
    "interface/callback.py",
    "pipeline/ahead.py",
    "pipeline/warm.py",
    "render/environment.py",
    "render/pdf_process.py",
}
MOST_FOLDERS, MOST_FILES = 15, 5


def imported(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports at run time, anywhere in it."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(path: Path) -> str:
    """Return the path below the package."""
    return path.relative_to(PACKAGE).as_posix()


def test_root() -> None:
    """The root is a table of contents: few rooms, fewer files."""
    folders = [path for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]
    assert len(folders) <= MOST_FOLDERS
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_FILES


def test_contracts_hold() -> None:
    """The import contracts of pyproject.toml hold, and cover every room."""
    run = subprocess.run([LINTER], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) not in KERAS], ids=room)
def test_keras_is_known_to_few_files(path: Path) -> None:
    """Within their rooms, only these files import Keras or TensorFlow."""
    assert not {name.split(".")[0] for name in imported(path)} & {"keras", "tensorflow"}


@pytest.mark.parametrize("path", MODULES, ids=room)
def test_no_pyplot_and_no_print(path: Path) -> None:
    """Pyplot holds global state; only the command line prints."""
    assert not {name for name in imported(path) if "pyplot" in name}
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "print" not in calls or room(path) in {"pipeline/progress.py", "render/pdf_process.py"}


def is_broad(caught: ast.expr | None) -> bool:
    """Tell whether an except clause catches everything, by itself or as one of several."""
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"}) for name in names
    )


@pytest.mark.parametrize("path", MODULES, ids=room)
def test_broad_excepts(path: Path) -> None:
    """``except Exception`` guards models, sections, figures, training, what nobody waits for, and the exit code of a bug, nothing else."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    caught = [node.type for node in nodes if isinstance(node, ast.ExceptHandler)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    caught += [one for call in calls if call.func.id == "suppress" for one in call.args]
    broad = list(filter(is_broad, caught))
    assert not broad or room(path) in BROAD_EXCEPT


HEAVY = ("keras", "tensorflow", "matplotlib", "weasyprint", "sklearn", "pandas", "scipy.stats")


@pytest.mark.parametrize("arguments", [["--help"], ["check", "specs/release.toml"]], ids=["help", "check"])
def test_start_up_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and check are quick because nothing heavy is imported."""
    program = (
        "import sys\nfrom reportgen.cli.commands import run\nsys.argv = ['reportgen', *sys.argv[1:]]\n"
        "assert run() == 0\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "HEAVY []"
