"""What a report of very many rows, parts and models costs, with synthetic pieces and models: ``make scale``. Not a test.

``python scale.py WHAT …`` measures one thing in a process of its own, so that peaks of memory are its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from bench_runs import QUIET, anonymous, built, spec
from factory import evaluation, head, outputs
from handmade import made_plan

from reportgen.analysis import analyze as analysis
from reportgen.analysis.results_file import load
from reportgen.contract.params import Params
from reportgen.contract.records.architecture import Architecture
from reportgen.contract.records.heads import Decision
from reportgen.evaluation import array_store
from reportgen.evaluation.parts import RowsPart
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels
from reportgen.pipeline.present import present
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store, key
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.pieces import HeadPiece

PARTS, BATCH = 100, 256
ROWS = (3 * 10**6, 3 * 10**7, 10**8)
WIDTHS = (8, 24)
MODELS = (1_000, 10_000)
CLASSES = 10
LABELED = 200
"""Rows that the synthetic models are measured on."""
FREE = 20
"""GB of disk below which the larger merge is left out."""
IMAGES = 407_000
_EVERY = 0.05


def main() -> None:
    """Measure one thing after the other, each in a process of its own."""
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    for n in ROWS:
        if n < max(ROWS) or free > FREE:
            _alone("merge", n)
    for count in MODELS:
        _alone("models", count)
    with tempfile.TemporaryDirectory() as folder:
        images(Path(folder))


def _alone(what: str, count: int) -> None:
    subprocess.run([sys.executable, __file__, what, str(count)], check=True, env=QUIET)


# ------------------------------------------------------------------------------------------------ rows


def merge(n: int) -> None:
    """Gather :data:`PARTS` parts of n rows of ten classes, and join them as they come from workers: read from a file, one at a time."""
    labels = np.tile(np.arange(CLASSES, dtype=np.int32), n // CLASSES)
    encoded, head_rows = Labels(labels, None, Decision("integers", ""), ()), HeadRows(n, CLASSES, "logits")
    gathering = joining = 0.0
    largest = 0
    with tempfile.TemporaryDirectory() as folder, _Sampled() as memory:
        whole, file = ClassificationAccumulator(head_rows, encoded), Path(folder) / "piece"
        before = anonymous("self")
        for index in range(PARTS):
            blocks = RowsPart(index, PARTS).blocks(n, BATCH)
            start = time.process_time()
            array_store.write(_piece(blocks, encoded, head_rows), file)
            gathering += time.process_time() - start
            largest = max(largest, sum(one.stat().st_size for one in Path(folder).iterdir()))
            start = time.process_time()
            whole.gathered.merge(array_store.read(file), np.arange(blocks[0].start, blocks[-1].stop))
            joining += time.process_time() - start
    print(
        f"{n:,} rows of {CLASSES} classes in {PARTS} parts: gathered and written in {gathering / n * 1e9:.0f} ns a row, joined in {joining:.1f} s of CPU, "
        f"{joining / n * 1e9:.0f} ns a row; the largest answer has {largest / 1e6:,.0f} MB, {largest * PARTS / n:.0f} bytes a row of an even share; "
        f"anonymous memory grew by {memory.peak - before:,.0f} MB at most"
    )


def _piece(blocks: list[range], encoded: Labels, head_rows: HeadRows) -> HeadPiece:
    """Return the piece of some blocks of rows."""
    part = ClassificationAccumulator(head_rows, encoded)
    part.gathered.only(np.arange(blocks[0].start, blocks[-1].stop))
    generator = np.random.default_rng(blocks[0].start)
    for block in blocks:
        for start in range(block.start, block.stop, 2**14):
            rows = np.arange(start, min(start + 2**14, block.stop))
            part.add((generator.standard_normal((len(rows), CLASSES), np.float32) * 3), rows)
        part.gathered.end_block()
    return part.gathered.piece()


# ------------------------------------------------------------------------------------------------ models


@dataclass(frozen=True)
class _Timed:
    """Prints how much of the processor something takes, and the most anonymous memory that the process has meanwhile."""

    count: int

    def __call__(self, what: str, work: Callable[[], object]) -> None:
        start = time.process_time()
        with _Sampled() as memory:
            work()
        seconds = time.process_time() - start
        print(
            f"{self.count:,} models, {what}: {seconds:.1f} s of CPU, {seconds / self.count * 1e3:.2f} ms a model; {memory.peak:,.0f} MB at most"
        )


def models(count: int) -> None:
    """Keep synthetic models under their keys in a store and find them again; analyze them with a sweep; write, read and render the results."""
    timed = _Timed(count)
    with tempfile.TemporaryDirectory() as folder:
        home, made = Path(folder), _sweep(count)
        store = Store(home / "store", 10**12)
        timed("kept in a store", lambda: [_keep(store, one) for one in made.models])
        timed("found in it", lambda: [_found(store, one.name) for one in made.models])
        timed("store trimmed", store.trim)
        for one in made.models:
            (home / one.file).touch()
        plan = made_plan(home, _text(made))
        results = []
        timed(
            "analyzed (sweep, performance)",
            lambda: results.append(analysis.analyze(plan, made, "2026-01-02T03:04:05+00:00", keep_going=False)),
        )
        file = home / "results.json"
        timed("results.json written", lambda: file.write_text(results[0].to_json(), "utf-8"))
        timed("results.json read", lambda: load(file, Registry()))
        pages = []
        timed(
            "page rendered", lambda: pages.append(present(results[0], ("html",), Run(drawers=1)).files["report.html"])
        )
        print(
            f"{count:,} models: results.json has {file.stat().st_size / 1e6:,.0f} MB, the page {len(pages[0]) / 1e6:.1f} MB"
        )


def _sweep(count: int) -> Evaluation:
    """Return models of three parameters, which get a share of the same rows right."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, LABELED)
    heads, values, names = [], {}, tuple(f"m{index}" for index in range(count))
    for name in names:
        lr, width = float(10 ** generator.uniform(-4, -1)), int(generator.choice(WIDTHS))
        share = 0.9 - 0.1 * abs(np.log10(lr) + 2.5) - 0.05 * (width == min(WIDTHS))
        right = generator.random(LABELED) < share
        heads.append(
            head(outputs(4.0 * np.eye(3, dtype=np.float32)[np.where(right, labels, (labels + 1) % 3)], labels))
        )
        values[name] = {"lr": lr, "width": width, "kind": str(generator.choice(["cnn", "mlp"]))}
    found = evaluation(*heads, names=names)
    none = dict.fromkeys(Architecture.__dataclass_fields__)
    sized = (
        replace(
            one,
            architecture=Architecture(**{**none, "parameters": 1000 * int(values[one.name]["width"]), "layers": ()}),
        )  # type: ignore[arg-type]
        for one in found.models
    )
    return replace(found, models=tuple(sized), params=Params(values))


def _text(made: Evaluation) -> str:
    """Return the spec of a sweep."""
    lines = ["schema_version = 1", "[report]", 'title = "Scale"', "[data]", 'path = "test.npz"']
    for one in made.models:
        given = ", ".join(f"{name} = {json.dumps(value)}" for name, value in made.params.values[one.name].items())
        lines += [f"[models.{one.name}]", f'path = "{one.name}.keras"', f"params = {{ {given} }}"]
    return "\n".join([*lines, *(f'[[sections]]\nkind = "{kind}"' for kind in ("summary", "sweep", "performance"))])


def _keep(store: Store, one: ModelEvaluation) -> None:
    store.keep("model", key(["model", one.name]), lambda folder: array_store.write(one, folder / "record"))


def _found(store: Store, name: str) -> ModelEvaluation | None:
    found: ModelEvaluation | None = store.fetch(
        "model", key(["model", name]), lambda folder: array_store.read(folder / "record")
    )
    if found is None:
        raise ValueError(name)
    return found


# ------------------------------------------------------------------------------------------------ images


def images(folder: Path) -> None:
    """Evaluate 5 GB of images that are mapped, holes of a sparse file, with a small convolution."""
    subprocess.run([sys.executable, Path(__file__).parent / "bench_models.py", "images", folder], check=True, env=QUIET)
    wide = np.lib.format.open_memmap(folder / "x.npy", mode="w+", dtype=np.uint8, shape=(IMAGES, 64, 64, 3))
    size = wide.nbytes
    del wide
    np.save(folder / "y.npy", np.arange(IMAGES) % CLASSES)
    cost = built(folder, spec("images.keras", 'x = "x.npy"\ny = "y.npy"', ("overview", "performance", "calibration")))
    print(
        f"{IMAGES:,} mapped images of 64 x 64, {size / 1e9:.1f} GB: {cost.seconds:.0f} s, {cost.peak:,.0f} MB of anonymous memory "
        "of the program and its workers at most"
    )


class _Sampled:
    """Looks at the anonymous memory of this process while something runs; ``peak`` is in MB."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._end = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, anonymous("self"))
            if self._end.wait(_EVERY):
                return


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"merge": merge, "models": models}[sys.argv[1]](int(sys.argv[2]))
    else:
        main()
