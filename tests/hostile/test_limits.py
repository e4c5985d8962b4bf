"""`[limits]` of a spec: what takes more ends in one sentence at the key, with nothing written and nothing left running."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile.archives import archive, config, dense
from hostile.test_surroundings import COMPILED, SPEC, built, project

from reportgen.errors import InputError
from reportgen.evaluation.watchdog import Watchdog, memory_of
from reportgen.spec.tables.output import LimitsSpec

if sys.platform != "linux":
    pytest.skip("memory is watched on Linux", allow_module_level=True)

HUNGRY = """\
import keras
class Hungry(keras.layers.Layer):
    def call(self, x):
        import numpy as np
        self.kept = []
        while True:
            self.kept.append(np.ones(2**22))
"""
ENDLESS = HUNGRY.replace("self.kept.append(np.ones(2**22))", "pass")
__all__ = ["project"]


def process(code: str) -> subprocess.Popen[str]:
    """Start a program that does something, then sleeps."""
    return subprocess.Popen([sys.executable, "-c", f"{code}\nimport time\ntime.sleep(60)"], text=True)


@pytest.mark.parametrize(
    ("code", "limits", "key", "words"),
    [
        (
            "kept = b'a' * 2**28",
            LimitsSpec(evaluation_memory=0.1),
            "evaluation_memory",
            "0.1 GiB of memory, while working",
        ),
        ("", LimitsSpec(evaluation_seconds=0.3), "evaluation_seconds", "0.3 s, while working"),
    ],
)
def test_a_process_above_a_limit_is_ended(code: str, limits: LimitsSpec, key: str, words: str) -> None:
    """Soon, and the error names the key."""
    with process(code) as started:
        watchdog = Watchdog(started, limits)
        assert started.wait(30) == -9
    with pytest.raises(InputError, match=words) as error:
        watchdog.require_within("working")
    assert error.value.location == ("limits", key)


def test_a_process_within_its_limits_is_left_alone() -> None:
    """Addresses that are reserved, as TensorFlow does, are not memory."""
    with process("import mmap\nkept = mmap.mmap(-1, 2**33, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)") as started:
        watchdog = Watchdog(started, LimitsSpec(evaluation_memory=0.5, evaluation_seconds=60))
        time.sleep(1)
        assert started.poll() is None
        assert 0 < memory_of(started.pid) < 2**28
        watchdog.stop()
        watchdog.require_within("working")
        started.kill()
    assert memory_of(started.pid) == 0


@pytest.mark.hostile
@pytest.mark.keras
@pytest.mark.parametrize(
    ("code", "limit", "words"),
    [
        (HUNGRY, "evaluation_memory = 1.5", "the evaluation took more than 1.5 GiB of memory, while "),
        (ENDLESS, "evaluation_seconds = 15", "the evaluation took more than 15 s, while "),
    ],
)
def test_a_model_that_takes_too_much(
    project: Path, monkeypatch: pytest.MonkeyPatch, code: str, limit: str, words: str
) -> None:
    """A call that takes all memory, or never ends: the sentence at the key, exit 3, an empty temporary folder, no process."""
    (project / "mine.py").write_text(code, "utf-8")
    own = {"module": "mine", "class_name": "Hungry", "config": {"name": "own"}, "registered_name": "Hungry"}
    archive(project / "m.keras", config=config(dense(), own, **COMPILED))
    named = SPEC.replace('"m.keras"', '"m.keras"\noutputs = "logits"\ncustom_objects = ["./mine.py:Hungry"]')
    (project / "spec.toml").write_text(f"{named}[limits]\n{limit}\n", "utf-8")
    code_, err = built(project, monkeypatch)
    assert code_ == 3, err
    key = limit.partition(" ")[0]
    assert f"limits.{key}: {words}" in err
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("evaluation_memory = 0", "must be greater than 0"),
        ('evaluation_memory = "1"', "limits.evaluation_memory"),
        ("evaluation_seconds = true", "limits.evaluation_seconds"),
        ("pdf_seconds = 1e999", "limits.pdf_seconds"),
        ("pages = 3", "limits.pages"),
    ],
)
def test_a_limit_is_a_positive_number(limit: str, words: str) -> None:
    """Others are refused."""
    from reportgen.plan.make import make
    from reportgen.spec import source
    from reportgen.spec.errors import SpecError

    with pytest.raises(SpecError, match=words):
        make(source.parse(f"{SPEC}[limits]\n{limit}\n", "a.toml", "toml"), Path("/nowhere"))
