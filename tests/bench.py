"""What things cost, as ratios and peaks measured in one run: ``make bench``. Not a test."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import pages
from bench_cache import jobs, store
from bench_runs import QUIET, built, ran, spec
from factory import evaluation, head

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels
from reportgen.metrics import cka, spectrum
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.schema import CalibrationOptions
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.schema import PerformanceOptions

SECTIONS = ("overview", "performance", "calibration", "weights", "information_flow")
ONE_BY_ONE = ("overview", "calibration", "weights", "information_flow")
MANY = (6, 24, 42)
SAVES, LONGEST = 5, 60.0
ROWS = (10**4, 10**5, 10**6)
TESTS = Path(__file__).parent
SPECS = TESTS.parent / "specs"
EXAMPLES = ("release.toml", "sweep.yaml", "quick.toml")


def main() -> None:
    """Measure one thing after the other."""
    spectra()
    alignment()
    classification()
    joining()
    with tempfile.TemporaryDirectory() as folder:
        for what in (documents, watched, rows, store, jobs, mobilenet, segmentation, many_models):
            what(Path(folder))


def documents(folder: Path) -> None:
    """Build the reports of the example specs, and look how long they are; render one again, and verify it."""
    for one in EXAMPLES:
        ran("build", SPECS / one, "-o", folder / one, "-q")
        print(f"{one}: {pages.measured(folder / one / 'report.pdf')}")
    results = folder / EXAMPLES[0] / "results.json"
    for formats in ("html,json,markdown", "html,json,markdown,pdf"):
        cost = ran("render", results, "-o", folder / "again", "-q", "--format", formats)
        print(f"{EXAMPLES[0]} rendered again, {formats}: {cost.cpu:.1f} s of CPU")
    for name in ("report.pdf", "report.html"):
        cost = ran("verify", folder / EXAMPLES[0] / name, "--inputs", SPECS)
        print(f"{EXAMPLES[0]}, verify {name}: {cost.cpu:.1f} s of CPU")


def watched(folder: Path) -> None:
    """Save a spec that is watched, with another description, several times; look how soon the served page has it."""
    spec_file, words = folder / "watched.toml", "Saved {0} times"
    text = (SPECS / EXAMPLES[0]).read_text("utf-8").replace('"digits/', f'"{SPECS}/digits/')
    spec_file.write_text(text, "utf-8")
    environment = QUIET | {"REPORTGEN_CACHE": str(folder / "cache of watched"), "REPORTGEN_NO_CACHE": ""}
    options = ("-o", str(folder / "watch"), "--format", "html", "--watch")
    command = [sys.executable, "-m", "reportgen", "build", str(spec_file), *options]
    seconds = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        try:
            port = next(found[1] for line in program.stdout or () if (found := re.search(r"127.0.0.1:(\d+)/", line)))
            for count in range(SAVES):
                said = words.format(count)
                spec_file.write_text(text.replace("[report]", f'[report]\ndescription = "{said}"', 1), "utf-8")
                start = time.perf_counter()
                while said not in _page(int(port)):
                    if time.perf_counter() - start > LONGEST:
                        raise TimeoutError(said)
                    time.sleep(0.01)
                seconds.append(time.perf_counter() - start)
        finally:
            program.terminate()
    told = ", ".join(f"{one:.2f}" for one in seconds)
    print(
        f"{EXAMPLES[0]} watched: the page has a saved change after {statistics.median(seconds):.2f} s (median of {told})"
    )


def _page(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode("utf-8")
    finally:
        connection.close()


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


def rows(folder: Path) -> None:
    """Compare the evaluation of a model of 50 layers with a bare predict, and the memory of builds, on more and more rows."""
    _made("deep", folder)
    peaks = []
    for n in ROWS:
        built_of = spec("deep.keras", f'x = "x{n}.npy"\ny = "y{n}.npy"', SECTIONS)
        (folder / "spec.toml").write_text(built_of, "utf-8")
        warm, from_file, whole = map(float, _made("evaluation", folder).split())
        peaks.append(built(folder, built_of).peak)
        print(
            f"50 layers, {n:,} rows: evaluation {n / whole:,.0f} rows/s, bare predict from the file {n / from_file:,.0f}, "
            f"{whole / from_file:.2f} times; once warm {n / warm:,.0f}, {whole / warm:.2f} times; anonymous memory of the build {peaks[-1]:,.0f} MB, {peaks[-1] / peaks[0]:.2f} of the first"
        )


def mobilenet(folder: Path) -> None:
    """Compare a report on MobileNetV2 with a bare predict of the same thousand images."""
    bare = float(_made("mobilenet", folder))
    cost = built(folder, spec("mobilenet.keras", 'path = "images.npz"', SECTIONS))
    left = cost.seconds - 1.6 * bare
    print(
        f"MobileNetV2, 96 x 96, 1,000 images, {len(SECTIONS)} sections: {cost.seconds:.1f} s, {cost.peak:,.0f} MB; a bare predict "
        f"takes {bare:.1f} s, 1.6 times that leaves {left:.1f} s for start, load and tracing"
    )


def segmentation(folder: Path) -> None:
    """Build a report on a small U-Net."""
    _made("segmentation", folder)
    cost = built(folder, spec("unet.keras", 'x = "pictures.npy"\ny = "classes.npy"', SECTIONS))
    print(f"segmentation, 200 images of 256 x 256: {cost.seconds:.1f} s, {cost.peak:,.0f} MB")


def _made(what: str, folder: Path) -> str:
    """Run one of the functions of ``bench_models.py`` in a process of its own; return what it prints."""
    command = [sys.executable, TESTS / "bench_models.py", what, folder]
    return subprocess.run(command, check=True, env=QUIET, capture_output=True, text=True).stdout


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
            count: [
                built(folder, spec(f"runs-{count}/*.keras", f'path = "{digits / "test.npz"}"', kinds)) for _ in range(3)
            ]
            for count in MANY
        }
        seconds = {count: min(run.seconds for run in found) for count, found in runs.items()}
        fewest, some, most = MANY
        few = (seconds[some] - seconds[fewest]) / (some - fewest)
        many = (seconds[most] - seconds[some]) / (most - some)
        print(
            f"models {what}: {', '.join(f'{count} take {seconds[count]:.1f} s' for count in MANY)}: a further model costs "
            f"{few:.2f} s among few and {many:.2f} s among many, ratio {many / few:.2f}; "
            f"peaks {', '.join(f'{max(run.peak for run in runs[count]):,.0f}' for count in MANY)} MB"
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


def joining() -> None:
    """Put the pieces of a hundred workers together to ten million rows of ten classes."""
    pieces, size, k = 100, 100_000, 10
    generator = np.random.default_rng(0)
    logits = (generator.normal(size=(size, k)) * 3).astype(np.float32)
    labels = np.tile(generator.integers(0, k, size).astype(np.int32), pieces)
    encoded = Labels(labels, None, Decision("integers", ""), ())
    head_rows = HeadRows(pieces * size, k, "logits")
    part, whole = (ClassificationAccumulator(head_rows, encoded) for _ in range(2))
    part.gathered.only(np.arange(size))
    part.add(logits, np.arange(size))
    part.gathered.end_block()
    found = part.gathered.piece()
    piece = replace(found, columns={**found.columns, "logits": logits})
    start = time.perf_counter()
    for index in range(pieces):
        whole.gathered.merge(piece, np.arange(index * size, (index + 1) * size))
    seconds = time.perf_counter() - start
    print(f"joining {pieces} pieces of {size:,} rows of {k} classes: {seconds / pieces / size * 1e9:.0f} ns a row")


if __name__ == "__main__":
    main()
