"""What things cost, as ratios and peaks measured in one run: ``make bench``. Not a test."""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from factory import evaluation, head

from reportgen.evaluation.accumulate import ClassificationAccumulator
from reportgen.evaluation.records import Decision
from reportgen.inputs.labels import Labels
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.schema import CalibrationOptions
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.schema import PerformanceOptions


def main() -> None:
    """Analyze a million predictions of ten classes."""
    n, k = 1_000_000, 10
    generator = np.random.default_rng(0)
    logits = (generator.normal(size=(n, k)) * 3).astype(np.float32)
    labels = np.where(generator.random(n) < 0.8, logits.argmax(axis=1), generator.integers(0, k, n)).astype(np.int32)
    accumulator = ClassificationAccumulator(Labels(labels, None, Decision("integers", ""), ()), k, "logits", 0)
    start = time.perf_counter()
    for row in range(0, n, 256):
        accumulator.add(logits[row : row + 256])
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
