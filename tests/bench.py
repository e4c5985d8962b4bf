"""What things cost, as ratios and peaks measured in one run: ``make bench``. Not a test."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import pages
from factory import evaluation, head

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels
from reportgen.metrics import cka, spectrum
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.schema import CalibrationOptions
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.schema import PerformanceOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
SECTIONS = ("overview", "performance", "calibration", "weights", "information_flow")
ONE_BY_ONE = ("overview", "calibration", "weights", "information_flow")
MANY = (6, 24, 42)
TESTS = Path(__file__).parent
SPECS = TESTS.parent / "specs"
EXAMPLES = ("release.toml", "sweep.yaml", "quick.toml")


def main() -> None:
    """Measure one thing after the other."""
    spectra()
    alignment()
    classification()
    with tempfile.TemporaryDirectory() as folder:
        documents(Path(folder))
        mobilenet(Path(folder))
        memory(Path(folder))
        many_models(Path(folder))


def documents(folder: Path) -> None:
    """Build the reports of the example specs, and look how long they are; render one again."""
    for one in EXAMPLES:
        command = [sys.executable, "-m", "reportgen", "build", SPECS / one, "-o", folder / one, "-q"]
        subprocess.run(command, check=False, env=QUIET, capture_output=True)
        print(f"{one}: {pages.measured(folder / one / 'report.pdf')}")
    results = folder / EXAMPLES[0] / "results.json"
    for formats in ("html,json,markdown", "html,json,markdown,pdf"):
        command = [sys.executable, "-m", "reportgen", "render", results, "-o", folder / "again", "-q"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--format", formats], check=False, env=QUIET, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{EXAMPLES[0]} rendered again, {formats}: {seconds:.1f} s of CPU")


def resnet50() -> list[tuple[int, ...]]:
    """Return the shapes of the 54 kernels of ResNet50."""
    shapes: list[tuple[int, ...]] = [(7, 7, 3, 64)]
    for inputs, width, blocks in ((64, 64, 3), (256, 128, 4), (512, 256, 6), (1024, 512, 3)):
        shapes.append((1, 1, inputs, 4 * width))
        for block in range(blocks):
            shapes += [
                (1, 1, inputs if block == 0 else 4 * width, width),
                (3, 3, width, width),
                (1, 1, width, 4 * width),
            ]
    return [*shapes, (2048, 1000)]


def spectra() -> None:
    """Compute the whole spectrum of every kernel of ResNet50."""
    generator = np.random.default_rng(0)
    kernels = [generator.normal(size=shape).astype(np.float32) for shape in resnet50()]
    start = time.perf_counter()
    for kernel in kernels:
        spectrum.spectrum(spectrum.as_matrix(kernel, range(kernel.ndim - 1), (kernel.ndim - 1,)))
    seconds = time.perf_counter() - start
    print(f"spectra of the {len(kernels)} kernels of ResNet50: {seconds:.2f} s")


def alignment() -> None:
    """Compare two models of 50 layers, as wide as ResNet50's blocks, layer by layer on 1,024 examples."""
    generator = np.random.default_rng(0)
    widths = [64] * 6 + [256] * 8 + [128] * 8 + [512] * 10 + [1024] * 12 + [2048] * 6
    layers = [[generator.normal(size=(1024, width)).astype(np.float32) for width in widths] for _ in range(2)]
    start = time.perf_counter()
    cka.align(*(cka.grams(model) for model in layers))
    seconds = time.perf_counter() - start
    print(f"CKA of two models of {len(widths)} layers, 64 to 2,048 wide, 1,024 examples: {seconds:.2f} s")


def build(folder: Path, text: str) -> tuple[float, float]:
    """Build a report of a spec, JSON alone; return the seconds and the peak memory of its largest process in MB."""
    (folder / "spec.toml").write_text(text, "utf-8")
    start = time.perf_counter()
    command = ["-m", "reportgen", "build", folder / "spec.toml", "-o", folder / "out", "-q", "--format", "json"]
    ran = subprocess.run(
        [sys.executable, "-c", _PEAK, sys.executable, *command], check=True, env=QUIET, capture_output=True
    )
    return time.perf_counter() - start, float(ran.stdout)


_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3)"
)


def spec(model: str, data: str, sections: Sequence[str] = SECTIONS) -> str:
    """Return a spec with some sections, by default every one that runs on a single model without a history."""
    kinds = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in sections)
    head = 'schema_version = 1\n[report]\ntitle = "Bench"\n'
    return f'{head}[models.m]\npath = "{model}"\n[data]\npath = "{data}"\n{kinds}'


def mobilenet(folder: Path) -> None:
    """Compare a report on MobileNetV2 with a bare predict of the same thousand images."""
    command = [sys.executable, TESTS / "bench_models.py", folder]
    bare = float(subprocess.run(command, check=True, env=QUIET, capture_output=True, text=True).stdout)
    seconds, peak = build(folder, spec("mobilenet.keras", "images.npz"))
    print(
        f"MobileNetV2, 96 x 96, 1,000 images, {len(SECTIONS)} sections: {seconds:.1f} s, peak {peak:,.0f} MB; a bare predict "
        f"takes {bare:.1f} s, 1.6 times that leaves {seconds - 1.6 * bare:.1f} s for start, load and tracing"
    )


def memory(folder: Path) -> None:
    """Compare the peaks of reports on a thousand and on a hundred thousand rows of the digits."""
    digits = TESTS.parent / "specs" / "digits"
    with np.load(digits / "test.npz") as file:
        x, y = file["x"], file["y"]
    for n in (1_000, 100_000):
        rows = np.arange(n) % len(x)
        np.savez(folder / f"{n}.npz", x=x[rows], y=y[rows])
        seconds, peak = build(folder, spec(str(digits / "cnn.keras"), f"{n}.npz"))
        print(f"digits CNN, {n:,} rows: {seconds:.1f} s, peak {peak:,.0f} MB")


def many_models(folder: Path) -> None:
    """Compare what a further model costs among few and among many: copies of the digits CNN, JSON, the fastest of three runs.

    Once with sections that look at one model at a time, and once with those that also compare every pair.
    """
    digits = TESTS.parent / "specs" / "digits"
    for count in MANY:
        (folder / f"runs-{count}").mkdir()
        for index in range(count):
            shutil.copy(digits / "cnn.keras", folder / f"runs-{count}" / f"m{index}.keras")
    for what, kinds in (("one by one", ONE_BY_ONE), ("with all pairs", (*SECTIONS, "similarity"))):
        runs = {
            count: [build(folder, spec(f"runs-{count}/*.keras", str(digits / "test.npz"), kinds)) for _ in range(3)]
            for count in MANY
        }
        seconds = {count: min(run[0] for run in found) for count, found in runs.items()}
        fewest, some, most = MANY
        few = (seconds[some] - seconds[fewest]) / (some - fewest)
        many = (seconds[most] - seconds[some]) / (most - some)
        print(
            f"models {what}: {', '.join(f'{count} take {seconds[count]:.1f} s' for count in MANY)}: a further model costs "
            f"{few:.2f} s among few and {many:.2f} s among many, ratio {many / few:.2f}; "
            f"peaks {', '.join(f'{max(run[1] for run in runs[count]):,.0f}' for count in MANY)} MB"
        )


def classification() -> None:
    """Analyze a million predictions of ten classes."""
    n, k = 1_000_000, 10
    generator = np.random.default_rng(0)
    logits = (generator.normal(size=(n, k)) * 3).astype(np.float32)
    labels = np.where(generator.random(n) < 0.8, logits.argmax(axis=1), generator.integers(0, k, n)).astype(np.int32)
    encoded = Labels(labels, None, Decision("integers", ""), ())
    accumulator = ClassificationAccumulator(HeadRows(n, k, "logits"), encoded)
    start = time.perf_counter()
    for row in range(0, n, 256):
        batch = logits[row : row + 256]
        accumulator.add(batch, np.arange(row, row + len(batch)))
    gathered = time.perf_counter() - start
    made = evaluation(head(accumulator.result()))
    print(f"gathering {n:,} x {k} in batches of 256: {gathered:.2f} s")
    for name, analyzer in (
        ("calibration", CalibrationAnalyzer(CalibrationOptions())),
        ("performance", PerformanceAnalyzer(PerformanceOptions())),
    ):
        start = time.perf_counter()
        analyzer.analyze(made)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        analyzer.analyze(made)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"{name}: {seconds:.2f} s, {seconds / gathered:.2f} of the gathering, peak {peak:,.0f} MB above the arrays"
        )


if __name__ == "__main__":
    main()
