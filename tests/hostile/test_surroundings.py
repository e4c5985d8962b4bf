"""What lies around the program: files named like modules, configurations, missing packages, killed processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hostile.archives import archive, config
from hostile.test_launch import REPORTGEN, TOP, ends, run, started

from reportgen import resources
from reportgen.render import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.hostile

SPEC = """\
schema_version = 1
[report]
title = "T"
[models.m]
path = "m.keras"
[data]
path = "data.npz"
[[sections]]
kind = "performance"
"""
COMPILED = {"compile_config": {"loss": "sparse_categorical_crossentropy"}}
MODULES = ("json", "mmap", "numpy", "keras", "tensorflow", "matplotlib", "weasyprint", "reportgen", "click", "pydantic")
CUSTOMIZED = ("sitecustomize", "usercustomize")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Provide a folder with a small project, and a temporary folder that is empty afterwards."""
    (tmp_path / "temporary").mkdir()
    archive(tmp_path / "m.keras", config=config(**COMPILED))
    np.savez(tmp_path / "data.npz", x=np.eye(8, 4, dtype=np.float32), y=np.arange(8) % 3)
    (tmp_path / "spec.toml").write_text(SPEC, "utf-8")
    yield tmp_path
    assert not list((tmp_path / "temporary").iterdir())


def built(project: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[int, str]:
    """Build with further variables: exit code and standard error."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, _, err = run(project, "build", "spec.toml", "-o", "out", "-q")
    return code, err


def numbers(project: Path) -> dict[str, Any]:
    """Return the results without the time."""
    found: dict[str, Any] = json.loads((project / "out" / "results.json").read_text("utf-8"))
    return found | {"created": None}


@pytest.mark.keras
def test_files_and_variables_change_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is the same beside modules, configurations and variables of every kind, none of which is run or read."""
    assert built(project, monkeypatch)[0] == 0
    expected = numbers(project)
    marker = f"open({str(project / 'marker')!r}, 'a').write(__file__ + '\\n')\n"
    for name in (*MODULES, *CUSTOMIZED):
        (project / f"{name}.py").write_text(marker, "utf-8")
        (project / name).mkdir()
        (project / name / "__init__.py").write_text(marker, "utf-8")
    (project / "matplotlibrc").write_bytes(b"\xff\xfe axes.facecolor: red")
    (project / "keras.json").write_text('{"floatx": "float16", "backend": "none"}', "utf-8")
    surroundings = {
        "KERAS_HOME": str(project),
        "KERAS_BACKEND": "none",
        "KERAS_MAX_EPOCHS": "none",
        "KERAS_FLOATX": "float16",
        "MPLBACKEND": "no_such_backend",
        "MATPLOTLIBRC": str(project),
        "MPLCONFIGDIR": str(project / "matplotlibrc"),
        "XLA_FLAGS": "--no_such_flag",
        "TF_XLA_FLAGS": "--no_such_flag",
        "TF_USE_LEGACY_KERAS": "1",
        "PYTHONSTARTUP": str(project / "json.py"),
    }
    code, err = built(project, monkeypatch, **surroundings)
    assert (code, err) == (0, "")
    assert numbers(project) == expected
    assert not (project / "marker").exists()


@pytest.mark.keras
def test_the_folder_of_the_spec_is_there_for_custom_objects_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of custom objects imports its neighbors; the standard library and the program's packages come first."""
    marker = f"open({str(project / 'marker')!r}, 'a').write(__name__)\n"
    (project / "json.py").write_text(marker, "utf-8")
    (project / "helping.py").write_text("FACTOR = 2\n", "utf-8")
    (project / "mine.py").write_text(
        "import sys\nimport json\nimport keras\nfrom helping import FACTOR\nassert sys.path[-1] == '.' or True\n"
        "class Doubling(keras.layers.Layer):\n    def call(self, x):\n        return FACTOR * x\n"
        "    def build(self, shape):\n        import importlib.util\n        assert importlib.util.find_spec('late') is None\n",
        "utf-8",
    )
    (project / "late.py").write_text(marker, "utf-8")
    own = {"module": "mine", "class_name": "Doubling", "config": {"name": "own"}, "registered_name": "Doubling"}
    from hostile.archives import dense

    archive(project / "m.keras", config=config(dense(activation="linear"), own, **COMPILED))
    for module in ("mine", "./mine.py"):
        text = SPEC.replace(
            'path = "m.keras"', f'path = "m.keras"\noutputs = "logits"\ncustom_objects = ["{module}:Doubling"]'
        )
        (project / "spec.toml").write_text(text, "utf-8")
        code, err = built(project, monkeypatch)
        assert (code, err) == (0, "")
    assert not (project / "marker").exists()


# ------------------------------------------------------------------------------------------------ packages


@pytest.mark.parametrize(
    ("package", "code", "words"),
    [
        (
            "keras",
            "raise ModuleNotFoundError(\"No module named 'keras'\")",
            "keras cannot be loaded (ModuleNotFoundError: ",
        ),
        (
            "tensorflow",
            "raise ImportError('libtensorflow.so: no such file')",
            "tensorflow cannot be loaded (ImportError: ",
        ),
        ("tensorflow", "1 / 0", "tensorflow cannot be loaded (ZeroDivisionError: division by zero)"),
    ],
)
def test_a_package_that_cannot_be_loaded(
    project: Path, monkeypatch: pytest.MonkeyPatch, package: str, code: str, words: str
) -> None:
    """Which, and what to type."""
    folder = project / "packages"
    folder.mkdir()
    (folder / f"{package}.py").write_text(code, "utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{TOP}")
    command = [*REPORTGEN, "build", "spec.toml", "-o", "out", "-q"]
    environment = {**os.environ, "TMPDIR": str(project / "temporary")}
    found = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (3, "", 1), found.stderr
    assert words in found.stderr
    assert f"to install it, type `pip install --force-reinstall {package}`" in found.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "raise ModuleNotFoundError(\"No module named 'weasyprint'\")",
            "WeasyPrint cannot be loaded (ModuleNotFoundError: ",
        ),
        ("raise SyntaxError('damaged')", "WeasyPrint cannot be loaded (SyntaxError: damaged)"),
        ("raise OSError(\"cannot load library 'libpango-1.0-0'\")", "apt install libpango-1.0-0"),
        ("import os; os._exit(0)", "the process ended with exit code 0"),
        ("import os; os.kill(os.getpid(), 9)", "the process was killed (signal 9), perhaps out of memory"),
    ],
)
def test_weasyprint_that_cannot_be_loaded(project: Path, code: str, words: str) -> None:
    """The other files are written, exit 3, and one line says what to type."""
    from handmade import results

    folder = project / "packages"
    folder.mkdir()
    (folder / "weasyprint.py").write_text(code, "utf-8")
    (project / "results.json").write_text(results().to_json(), "utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOP}", "TMPDIR": str(project / "temporary")}
    command = [*REPORTGEN, "render", "results.json", "-o", "out", "-q"]
    found = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, len(found.stderr.splitlines())) == (3, 1), found.stderr
    assert "report.pdf was not written: " in found.stderr
    assert words in found.stderr
    assert {path.name for path in (project / "out").iterdir()} == {"report.html", "model_card.md"}


@pytest.mark.keras
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ModuleNotFoundError(\"No module named 'weasyprint'\")", "pip install --force-reinstall weasyprint"),
        ("raise OSError(\"cannot load library 'libpango-1.0-0'\")", "apt install libpango-1.0-0"),
    ],
)
def test_a_build_says_first_that_there_will_be_no_pdf(project: Path, code: str, words: str) -> None:
    """Before the models are loaded; the other files are written, exit 3."""
    folder = project / "packages"
    folder.mkdir()
    (folder / "weasyprint.py").write_text(code, "utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOP}", "TMPDIR": str(project / "temporary")}
    command = [*REPORTGEN, "build", "spec.toml", "-o", "out"]
    found = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    lines = found.stderr.splitlines()
    assert found.returncode == 3
    assert lines[0].startswith("reportgen: no PDF will be written: WeasyPrint cannot ")
    assert words in lines[0]
    assert "loading m ..." in lines
    assert lines[-1].startswith("reportgen: report.pdf was not written: WeasyPrint cannot ")
    assert {path.name for path in (project / "out").iterdir()} == {"report.html", "model_card.md", "results.json"}


# ------------------------------------------------------------------------------------------------ killed processes

STAGES = ("reading the data", "loading m", "evaluating m", "rendering")


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(one) for one in children.read_text("utf-8").split()] if children.exists() else []
    return [*found, *(one for child in found for one in _descendants(child))]


def _at(project: Path, stage: str) -> subprocess.Popen[str]:
    """Start a build and return it when it says that it is at a stage."""
    process = started(project, "build", "spec.toml", "-o", "out", stdout=subprocess.DEVNULL)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(stage):
            return process
    pytest.fail(f"never at {stage!r}")


@pytest.mark.keras
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("victim", ["parent", "program"])
def test_kill_9(project: Path, stage: str, victim: str) -> None:
    """Whichever is killed, every process ends, the temporary folder is empty, and no report is half written."""
    with _at(project, stage) as process:
        others = _descendants(process.pid)
        time.sleep(0.3 if stage == "rendering" else 0.0)
        others += [one for one in _descendants(process.pid) if one not in others]
        os.kill(process.pid if victim == "parent" else others[0], signal.SIGKILL)
        process.wait(timeout=20)
        for one in others:
            ends(one)
    assert process.returncode == (-9 if victim == "parent" else 3)
    assert not list(project.glob("out/*.*"))


@pytest.mark.keras
@pytest.mark.parametrize("delay", [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0])
@pytest.mark.parametrize("victim", ["parent", "program", "both"])
def test_kill_9_at_any_time(project: Path, delay: float, victim: str) -> None:
    """Every process ends; the next run removes what is left."""
    with started(project, "build", "spec.toml", "-o", "out", "-q") as process:
        time.sleep(delay)
        others = _descendants(process.pid)
        for one in {"parent": [process.pid], "program": others[:1], "both": [process.pid, *others[:1]]}[victim]:
            os.kill(one, signal.SIGKILL)
        process.wait(timeout=300)  # of a whole build, if there was no program yet to kill
        for one in others:
            ends(one)
    assert process.returncode in {-9, 3, 0}
    left = [path for path in (project / "temporary").iterdir() if not path.name.startswith("matplotlib-")]
    assert all((path / "lock").exists() for path in left if path.name.startswith("reportgen-"))
    if left:
        assert run(project, "build", "spec.toml", "-o", "again", "-q", "--format", "json")[0] == 0


@pytest.mark.keras
@pytest.mark.parametrize("jobs", [(), ("--jobs", 2)])
def test_kill_9_again_and_again_with_a_store(
    project: Path, jobs: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a killed run left in the store, the next ones end with the results of a run without one, and with all figures."""
    command = ("build", "spec.toml", "-q", "--format", "json,html", *jobs)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert run(project, *command, "-o", "expected")[0] == 0
    monkeypatch.setenv("REPORTGEN_NO_CACHE", "")
    monkeypatch.setenv("REPORTGEN_CACHE", str(project / "cache"))
    for delay in (0.3, 1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0):
        with started(project, *command, "-o", "out") as process:
            time.sleep(delay)
            others = _descendants(process.pid)
            for one in [process.pid, *others]:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            process.wait(timeout=20)
            for one in others:
                ends(one)
    for _ in range(2):
        assert run(project, *command, "-o", "out")[0] == 0
        for file in ("results.json", "report.html"):
            assert (project / "out" / file).read_bytes() == (project / "expected" / file).read_bytes()


@pytest.mark.keras
@pytest.mark.parametrize("size", [5 * 10**9, 300_000])
def test_two_builds_at_once_with_one_store(project: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both end with the results of a run without one, also where there is room for less than one of them keeps."""
    command = ("build", "spec.toml", "-q", "--format", "json,html", "--jobs", 2)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert run(project, *command, "-o", "expected")[0] == 0
    monkeypatch.setenv("REPORTGEN_NO_CACHE", "")
    monkeypatch.setenv("REPORTGEN_CACHE", str(project / "cache"))
    monkeypatch.setenv("REPORTGEN_CACHE_SIZE", str(size))
    for _ in range(2):
        with started(project, *command, "-o", "a") as one, started(project, *command, "-o", "b") as other:
            said = [process.communicate(timeout=300)[1] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
        for file in ("results.json", "report.html"):
            wanted = (project / "expected" / file).read_bytes()
            assert [(project / made / file).read_bytes() for made in "ab"] == [wanted] * 2


@pytest.mark.keras
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_at_every_stage(project: Path, stage: str, number: int, code: int) -> None:
    """Every process ends, the temporary folder is empty, nothing is written."""
    with _at(project, stage) as process:
        others = _descendants(process.pid)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        for one in others:
            ends(one)
    assert process.returncode == code
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("interrupted")
    assert not list(project.glob("out/*.*"))


def test_sigint_from_the_first_line_on(project: Path) -> None:
    """Before our first lines Python ends by itself, after them it is 130 and one word."""
    codes = set()
    for delay in np.linspace(0, 0.4, 30):
        with started(project, "check", "spec.toml") as process:
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        codes.add(process.returncode)
        assert err == {130: "interrupted\n", 0: ""}.get(process.returncode, err)
        assert process.returncode in {130, 0} or "processes.py" not in err
    assert 130 in codes


def test_a_model_that_is_killed_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What killed runs left is removed by the next one; what is in use, or another's, stays."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "reportgen-stale").mkdir()
    (tmp_path / "reportgen-stale" / "lock").touch()
    (tmp_path / "reportgen-others").mkdir()
    target = tmp_path / "precious"
    target.mkdir()
    (target / "lock").touch()
    (tmp_path / "reportgen-link").symlink_to(target)
    with resources.private_folder() as first:
        with resources.private_folder() as second:
            assert {first.name, second.name, "precious", "reportgen-others", "reportgen-link"} == {
                path.name for path in tmp_path.iterdir()
            }
        assert not second.exists()
    assert not first.exists()


def test_the_pdf_process_ends_with_the_program(project: Path) -> None:
    """After ``kill -9`` it does not go on, and removes its folder."""
    code = (
        "import sys, time\nfrom reportgen.render.pdf import PdfProcess\nprocess = PdfProcess()\n"
        "print(process._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(TOP), "TMPDIR": str(project / "temporary")}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        time.sleep(1)
        process.kill()
        ends(pid)


# ------------------------------------------------------------------------------------------------ system calls

READ = (
    str(TOP),
    sys.prefix,
    sys.base_prefix,
    "/usr",
    "/lib",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/var/cache/fontconfig",
    "/opt",
    str(Path.home() / ".cache"),
    str(Path.home() / ".config"),
    str(Path.home() / ".fonts"),
    str(Path.home() / ".local"),
    str(Path.home() / ".gitconfig"),
)
"""Where a build may read beside its project: code, libraries, fonts, the system's tables."""
_OPENED = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", ([A-Z_|]+)')
_CHANGED = re.compile(
    r'(?:mkdir|unlink|rename|rmdir|link|symlink|truncate)(?:at)?2?\((?:AT_FDCWD, )?"([^"]+)"(?:[^"]*"([^"]+)")?'
)
"""Calls with a path; those within an open folder are not needed, because the folder was opened."""


def _whole(log: str) -> Iterator[str]:
    """Yield the calls of a log of strace; what another process did in the middle of one parts it in two."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        process, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif (found := re.match(r" *<\.\.\. \w+ resumed>", call)) and process in begun:
            yield begun.pop(process) + call[found.end() :]
        else:
            yield line
    yield from begun.values()


def test_calls_that_strace_parts_are_whole() -> None:
    """By process; what never ends counts as done."""
    log = (
        '1  mkdir("/a", 0777 <unfinished ...>\n2  unlink("/b") = 0\n3  rmdir("/c" <unfinished ...>\n'
        "1  <... mkdir resumed>)            = -1 EEXIST (File exists)"
    )
    assert list(_whole(log)) == [
        '2  unlink("/b") = 0',
        '1  mkdir("/a", 0777 )            = -1 EEXIST (File exists)',
        '3  rmdir("/c" ',
    ]


@pytest.mark.keras
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_system_calls(project: Path) -> None:
    """A build writes to the output, temporary and cache folders alone, opens no socket of the internet, and reads its inputs and code."""
    log = project / "strace"
    traced = "trace=openat,open,creat,socket,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,rmdir,link,linkat,symlink,truncate"
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", traced, *REPORTGEN, "build", "spec.toml", "-o", "out", "-q"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "TMPDIR": str(project / "temporary"),
        "REPORTGEN_NO_CACHE": "",
        "REPORTGEN_CACHE": str(project / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    found = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert found.returncode == 0, found.stderr
    calls = [line for line in _whole(log.read_text("utf-8", "replace")) if " = -1 E" not in line]
    log.unlink()
    assert len(calls) > 1000
    assert not [line for line in calls if "AF_INET" in line]
    ours = (
        str(project / "out"),
        str(project / "temporary"),
        str(project / "cache"),
        "/dev/null",
        str(Path.home() / ".cache" / "fontconfig"),
    )
    written, read = set(), set()
    for line in calls:
        for path, flags in _OPENED.findall(line):
            (written if re.search("O_WRONLY|O_RDWR|O_CREAT", flags) else read).add(path)
        written |= {path for pair in _CHANGED.findall(line) for path in pair if path}
    absolute = {os.path.normpath(project / path) for path in written if not path.startswith("/proc/")}
    assert not {path for path in absolute if not path.startswith(ours)}
    strange = {os.path.normpath(project / path) for path in read}
    above = {str(folder) for path in READ for folder in Path(path).parents}
    assert not {path for path in strange if not path.startswith((*READ, str(project)))} - above


def test_what_the_pdf_process_is_given() -> None:
    """Its environment is that of every child."""
    assert "MPLBACKEND" not in pdf._environment(Path("fonts.conf"))
