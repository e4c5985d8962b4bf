"""How often the report is wrong when it looks many times: stars, dominance, checkpoints, untrained weights.

``python -m scripts.simulate.looks`` prints one row per design: how often the rule speaks, its 99 % Monte Carlo interval
(Wilson), and how often it would without the correction. The rules are those of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.metric_table import Headline, MetricTable, TableRow
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, intervals
from reportgen.sections.checkpoints.findings import worse
from reportgen.sections.checkpoints.schema import ACCURACY_GAIN, CheckpointsOptions, CheckpointsResult, Series
from reportgen.sections.pareto.analyzer import ParetoAnalyzer
from reportgen.sections.pareto.schema import ParetoOptions
from reportgen.sections.performance import schema as performance
from reportgen.sections.summary.analyzer import SummaryAnalyzer
from reportgen.sections.summary.schema import SummaryOptions
from reportgen.sections.weights import findings, schema as weights
from reportgen.sections.weights.analyzer import WeightsAnalyzer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.weights.schema import TensorWeights, WeightsResult

    FloatArray = NDArray[np.float64]
    Generator = np.random.Generator

RUNS = 500
SEED = 13
ACCURACY = 0.9
NLL_SPREAD = 0.6
_NORMAL_99 = 2.5758293035489004
STARS = (performance.ACCURACY, performance.NLL)


@dataclass(frozen=True)
class Row:
    """How often a rule spoke in a design, with and without the correction for many looks."""

    design: str
    hits: int
    plain: int | None
    runs: int

    def __str__(self) -> str:
        """Return a line of the table."""
        share, z2 = self.hits / self.runs, _NORMAL_99**2 / self.runs
        half = _NORMAL_99 * np.sqrt(share * (1 - share) / self.runs + z2 / (4 * self.runs)) / (1 + z2)
        center = (share + z2 / 2) / (1 + z2)
        plain = "" if self.plain is None else f"{100 * self.plain / self.runs:6.1f} %"
        low, high = max(center - half, 0), min(center + half, 1)
        return f"{self.design:74} {100 * share:6.1f} %  [{100 * low:5.1f}, {100 * high:5.1f}] {plain:>12}"


def right(generator: Generator, accuracies: FloatArray, n: int) -> NDArray[np.bool_]:
    """Return which of n rows (models, n) are predicted correctly: models share how hard a row is."""
    from scipy.special import ndtri

    hard = generator.normal(size=n)
    own = generator.normal(size=(len(accuracies), n))
    mixed: NDArray[np.bool_] = np.sqrt(0.5) * (hard + own) < ndtri(accuracies)[:, None]
    return mixed


def measured(spec: MetricSpec, model: str, found: Estimate, subject: str | None = None) -> Measurement:
    """Return an estimate at its address."""
    ends = {"ci_low": found.low, "ci_high": found.high, "ci_method": found.method, "n": found.n}
    return spec.measure(model, found.value, subject=subject, **ends)


def table(correct: NDArray[np.bool_], nll: FloatArray, *, paired: bool = True) -> MetricTable:
    """Return accuracy and NLL of models, with the paired differences of all pairs, one way round."""
    names = tuple(f"m{place}" for place in range(len(correct)))
    n = correct.shape[1]
    rows: list[Measurement] = []
    for name, hits, losses in zip(names, correct, nll, strict=True):
        for spec, found in (
            (performance.ACCURACY, intervals.wilson(int(hits.sum()), n)),
            (performance.NLL, intervals.mean(losses)),
        ):
            if found is not None:
                rows.append(measured(spec, name, found))
    pairs = combinations(range(len(names)), 2) if paired else ()
    for one, other in pairs:
        part = Subject.of("vs", names[other])
        accuracy = comparison.accuracy_difference(comparison.discordance(correct[one], correct[other]))
        rows.append(measured(performance.ACCURACY_DIFFERENCE, names[one], accuracy, part))
        difference = comparison.mean_difference(nll[one], nll[other])
        if difference is not None:
            rows.append(measured(performance.NLL_DIFFERENCE, names[one], difference, part))
    specs = {f"performance.{spec.name}": spec for spec in STARS}
    headlines = tuple(Headline("performance", spec) for spec in STARS)
    return MetricTable(names, tuple(TableRow(section="performance", measurement=one) for one in rows), headlines, specs)


def drawn(generator: Generator, accuracies: FloatArray, n: int, *, paired: bool = True) -> MetricTable:
    """Draw models; their NLL varies with the same rows."""
    shared = generator.normal(size=n)
    nll = np.exp(NLL_SPREAD * (shared + generator.normal(size=(len(accuracies), n)))) / 10
    return table(right(generator, accuracies, n), nll, paired=paired)


def missed(made: MetricTable) -> tuple[list[bool], list[bool]]:
    """Return for each column whether some model is not marked as equal, and whether one has an interval without 0."""
    result = SummaryAnalyzer(SummaryOptions(max_models=100)).compare(made)
    corrected, plain = [], []
    for place, spec in enumerate(STARS):
        cells = {row.model: row.cells[place] for row in result.rows}
        best = next(model for model, cell in cells.items() if cell.best)
        corrected.append(any(not cell.best and not cell.tied for cell in cells.values()))
        found = made.find("performance", str(spec.difference))
        ends = [one.metric for one in found if best in {one.model, str(one.subject).removeprefix("vs ")}]
        plain.append(any((one.ci_low or 0) > 0 or (one.ci_high or 0) < 0 for one in ends))
    return corrected, plain


def stars(generator: Generator, runs: int) -> Iterator[Row]:
    """Yield how often a model that is as good as the best is not marked as equal; and one that is worse."""
    for n, counts in ((100, (3, 10)), (600, (3, 5, 10, 20))):
        for count in counts:
            found = np.array([missed(drawn(generator, np.full(count, ACCURACY), n)) for _ in range(runs)])
            for place, spec in enumerate(STARS):
                corrected, plain = (int(one) for one in found[:, :, place].sum(axis=0))
                yield Row(f"star: {count} equal models, {spec.title}, n {n}: one is not ≈", corrected, plain, runs)
    for gap in (0.03, 0.05):
        accuracies = np.array([ACCURACY, ACCURACY, ACCURACY, ACCURACY, ACCURACY - gap])
        found = np.array([missed(drawn(generator, accuracies, 2000)) for _ in range(runs)])
        corrected, plain = (int(one) for one in found[:, :, 0].sum(axis=0))
        yield Row(f"star: 1 of 5 models {100 * gap:g} points worse, n 2000: one is not ≈", corrected, plain, runs)


def dominated(generator: Generator, runs: int) -> Iterator[Row]:
    """Yield how often one of equal models is called dominated by accuracy and NLL; and one that is less accurate, but as good in NLL."""
    objectives = ("performance.accuracy", "performance.nll")
    analyzer = ParetoAnalyzer(ParetoOptions(objectives=objectives))

    def called(made: MetricTable) -> bool:
        return any(one.clearly_dominated_by for one in analyzer.compare(made).models)

    for paired in (True, False):
        words = "paired differences" if paired else "two intervals"
        for count in (2, 3, 5, 10):
            equal = np.full(count, ACCURACY)
            hits = sum(called(drawn(generator, equal, 600, paired=paired)) for _ in range(runs))
            yield Row(f"dominated: {count} equal models, n 600, {words}", hits, None, runs)
    for count in (2, 3, 5, 10):
        hits = sum(called(_bare(generator, count)) for _ in range(runs))
        yield Row(f"dominated: {count} equal models, no intervals", hits, None, runs)
    worse_one = np.array([ACCURACY, ACCURACY, ACCURACY - 0.06])
    hits = sum(called(drawn(generator, worse_one, 2000)) for _ in range(runs))
    yield Row("dominated: 1 of 3 models 6 points less accurate, NLL equal, n 2000", hits, None, runs)


def _bare(generator: Generator, count: int) -> MetricTable:
    names = tuple(f"m{place}" for place in range(count))
    rows = [
        TableRow(section="performance", measurement=spec.measure(name, float(generator.normal())))
        for name in names
        for spec in STARS
    ]
    return MetricTable(names, tuple(rows), (), {f"performance.{spec.name}": spec for spec in STARS})


def checkpoints(generator: Generator, runs: int) -> Iterator[Row]:
    """Yield how often one of equal checkpoints is called worse than the one before; and one that is."""
    for design, fall in (("30 equal checkpoints", 0.0), ("1 of 30 checkpoints 6 points worse", 0.06)):
        accuracies = np.full(30, ACCURACY)
        accuracies[20:] -= fall
        corrected = plain = 0
        for _ in range(runs):
            steps = [
                comparison.accuracy_difference(comparison.discordance(after, before))
                for before, after in pairwise(right(generator, accuracies, 600))
            ]
            names = tuple(f"c{place}" for place in range(30))
            rows = tuple(measured(ACCURACY_GAIN, name, one) for name, one in zip(names[1:], steps, strict=True))
            run = Series(name="run", models=names, layers=(), reason=None, heads=(None,))
            result = CheckpointsResult(
                measurements=rows, split="test", n=600, series=(run,), options=CheckpointsOptions()
            )
            corrected += any(True for _ in worse(result))
            plain += any((one.high or 0.0) < 0 for one in steps)
        yield Row(f"CKP201: {design}, n 600", corrected, plain, runs)


def untrained(generator: Generator, runs: int) -> Iterator[Row]:
    """Yield how often untrained weights are found, and trained ones are taken for untrained."""
    for shape, size in (((64, 32), 1500), ((256, 128), 300)):
        fresh = _analyzed([generator.normal(size=shape) for _ in range(size)])
        step = 0.3 * np.outer(np.ones(shape[0]), np.ones(shape[1]))
        moved = _analyzed([generator.normal(size=shape) + step for _ in range(100)])
        for count in (6, 30, 60, 150):
            for share in (0.0, 0.1, 1.0):
                trained = round(share * count)
                corrected = plain = 0
                for _ in range(runs):
                    chosen = [*_some(generator, fresh, count - trained), *_some(generator, moved, trained)]
                    result = fresh.model_copy(update={"tensors": tuple(chosen)})
                    corrected += any(True for _ in findings.untrained(result))
                    plain += all(one.matrix is not None and one.matrix.spikes == 0 for one in chosen)
                words = "untrained" if not trained else f"{trained} of them trained"
                yield Row(f"WGT301: {count} matrices of {shape[0]} × {shape[1]}, {words}", corrected, plain, runs)


def _analyzed(matrices: list[FloatArray]) -> WeightsResult:
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.weights import WeightTensor

    tensors = tuple(
        WeightTensor(
            name=f"layer_{place}/kernel",
            layer=f"layer_{place}",
            layer_type="Dense",
            kind="dense",
            values=values.astype(np.float32),
            inputs=(0,),
            outputs=(1,),
            groups=1,
            heads=None,
            strided=False,
            trainable=True,
            initializer="RandomNormal",
            initial_rms=1.0,
        )
        for place, values in enumerate(matrices)
    )
    model = ModelEvaluation("m", "m.keras", None, None, (), None, weights=tensors)
    return WeightsAnalyzer(weights.WeightsOptions()).analyze(Evaluation((model,), None, {}))


def _some(generator: Generator, pool: WeightsResult, count: int) -> list[TensorWeights]:
    return [pool.tensors[place] for place in generator.integers(len(pool.tensors), size=count)]


def main(runs: int = RUNS) -> None:
    """Print the table."""
    generator = np.random.default_rng(SEED)
    print(f"{'design':74} {'rule':>8}  {'99 % interval':>14} {'uncorrected':>12}")
    for rows in (stars, dominated, checkpoints, untrained):
        for one in rows(generator, runs):
            print(one, flush=True)


if __name__ == "__main__":
    main()
