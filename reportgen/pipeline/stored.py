"""What a run takes from the store, and what it keeps there: evaluations of models, and drawn figures.

A key is made from everything that the numbers depend on: the bytes of models, data and histories, the keys of the spec that the
worker reads, what the sections ask for, the program's own code, the libraries, and the machine. What the program
cannot know all about is never kept: times that are measured, sections of others, what functions that a spec names return, what rests on an earlier release.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.contract.figures import Drawn, Part
from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import Interrupted, ReportgenError
from reportgen.evaluation import array_store
from reportgen.evaluation.executors.local import LocalProcesses
from reportgen.evaluation.process import EvaluationProcess
from reportgen.evaluation.processes import EvaluationProcesses
from reportgen.evaluation.software import software
from reportgen.inputs import digest
from reportgen.inputs.archive import is_read
from reportgen.inputs.folders import FolderError
from reportgen.inputs.sources.registry import source_of
from reportgen.pipeline.store import key
from reportgen.plan.files import named_files
from reportgen.plan.registry import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.evaluation.executors.interface import Executor
    from reportgen.evaluation.executors.transport import Transport
    from reportgen.evaluation.parts import RowsPart
    from reportgen.pipeline.run import Cluster, Run, Workers
    from reportgen.pipeline.store import Store
    from reportgen.plan.plan import Plan
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.models import ModelSpec

    Worker = EvaluationProcess | EvaluationProcesses
    Both = tuple[Drawn, tuple[Drawn, ...]]

_RECORD = "record"
"""Name of the files of an entry."""
_TEXT = "content.json"
_OTHER_SPLITS = {"columns", "test", "validation", "train"}
"""Keys of the data that its own rows do not depend on."""
_LARGEST = 2**31
"""Bytes of a history: no limit of a spec allows more."""
_CPU = Path("/proc/cpuinfo")
_OF_A_CPU = ("model name", "flags", "Features", "CPU part")
_SET = ("TF_", "OMP_", "CUDA_", "MKL_", "OPENBLAS_")
"""Beginnings of variables of the environment that can change the last digits of a number."""


@dataclass(frozen=True)
class Keys:
    """The keys of an evaluation: of its data, of each model, and of the examples of all models."""

    data: str
    models: Mapping[str, str]
    files: tuple[tuple[str, str], ...]
    """The files of the data with their SHA-256 digests."""
    training: tuple[tuple[str, str], ...]
    """Those of the training data."""
    splits: Mapping[str, tuple[tuple[str, str], ...]]
    """Those of the further splits that models are evaluated on."""
    digests: Mapping[str, str]
    """SHA-256 digest of the file of each model; empty for one that is refused before it is read."""
    complete: bool = True
    """Whether they are of all models; otherwise there are no keys of those that could not be evaluated, or that changed meanwhile."""

    @property
    def all(self) -> str:
        """The key of what rests on the whole evaluation."""
        return key(["all", self.data, list(self.models.items())])


def keys_of(plan: Plan, workers: Workers = "one") -> Keys | None:
    """Return the keys of the evaluation of a plan; None if it must not be kept, or if a file cannot be read.

    Hollow files are left to the worker, which looks into a file before it reads all of it: 50 GB of nothing take a minute.
    """
    spec, request = plan.spec, plan.request
    made = any(model.function is not None for model in spec.models.values())
    if made or request.timing is not None or (spec.data is not None and spec.data.runs_code):
        return None
    asked = {**request.model_dump(mode="json"), "needs": sorted(need.value for need in request.needs)}
    try:
        if any(digest.is_hollow(plan.folder / file) for _, file in named_files(spec)):
            return None
        files = () if spec.data is None else source_of(spec.data, plan.folder).digest()
        data = None if spec.data is None else spec.data.model_dump(mode="json", exclude=_OTHER_SPLITS)
        further = {} if spec.data is None else {name: spec.data.further[name] for name in request.splits}
        splits = {name: source_of(one, plan.folder).digest() for name, one in further.items()}
        tables = [one.model_dump(mode="json", exclude=_OTHER_SPLITS) for one in further.values()]
        rows_key = key(["data", data, files, tables, list(splits.items()), asked, _surroundings(), workers])
        found = None if spec.data is None else spec.data.training
        training = () if found is None else source_of(found, plan.folder).digest()
        compared = [found and found.model_dump(mode="json"), training, spec.output.gallery is None]
        data_key = key(["rows", _slices(spec), compared, rows_key])
        models, digests = {}, {}
        for name, model in spec.models.items():
            path = plan.folder / model.origin
            digests[name] = digest.of_path(path) if is_read(path, spec.limits) else ""
            content = [
                name,
                model.model_dump(mode="json", exclude={"role", "note", "params", "params_from"}),
                digests[name],
            ]
            models[name] = key(["model", content, _beside(model, plan.folder), rows_key])
    except (OSError, ReportgenError, FolderError):
        return None
    return Keys(data_key, models, files, training, splits, digests)


def _slices(spec: ReportSpec) -> list[Any]:
    """Return what the slices of the rows rest on, beside the rows."""
    columns = {} if spec.data is None or not spec.slices else spec.data.columns
    return [columns, [one.model_dump(mode="json") for one in spec.slices]]


def _beside(model: ModelSpec, folder: Path) -> list[Any]:
    """Return the digests of the other files of a model; with custom objects also all packages that are installed."""
    history = None if model.history is None else folder / model.history
    if history is not None and history.stat().st_size > _LARGEST:
        raise ReportgenError("the worker will refuse it")
    files = [] if history is None else [digest.of_path(history)]
    named = dict.fromkeys(item.rpartition(":")[0] for item in model.custom_objects)
    if not named:
        return files
    if not all(module.endswith(".py") for module in named):
        raise ReportgenError("a module by its name can be anywhere")
    installed = sorted(f"{one.metadata['Name']} {one.version}" for one in distributions())
    return [*files, *(digest.sha256(folder / module) for module in named), installed]


@cache
def _surroundings() -> dict[str, Any]:
    """Return the program, the libraries and the machine, as far as they can change a number."""
    cpu = []
    try:
        lines = _CPU.read_text("utf-8", "replace").partition("\n\n")[0].splitlines()
        cpu = [line for line in lines if line.startswith(_OF_A_CPU)]
    except OSError:
        pass
    return {
        "software": software(),
        "machine": [platform.system(), platform.machine(), platform.processor(), cpu],
        "set": sorted([name, value] for name, value in os.environ.items() if name.startswith(_SET)),
    }


# ------------------------------------------------------------------------------------------------ evaluations


class NotEvaluatedError(ReportgenError):
    """An evaluation would be needed, and the run must not make one."""


def evaluate(plan: Plan, run: Run, meanwhile: Callable[[], None]) -> tuple[Evaluation, Keys | None]:
    """Return the evaluation of a plan: what the store has of it, and the rest from a worker.

    Parameters
    ----------
    plan, run
        The plan, and the context.
    meanwhile
        Called while the worker starts; not if there is none.

    Returns
    -------
    Evaluation, Keys or None
        None if what rests on the evaluation must not be kept.

    Raises
    ------
    NotEvaluatedError
        A worker is needed, but the run must not evaluate.
    """
    store = run.store
    keys = None if store is None else keys_of(plan, run.workers)
    known: dict[str, Path] = {}
    if store is not None and keys is not None:
        data = store.fetch("data", keys.data, _read)
        own = {name: store.fetch("model", one, _read) for name, one in keys.models.items()}
        found = store.fetch("examples", keys.all, _read)
        kept = {name: model for name, model in own.items() if model is not None}
        if data is not None and found is not None and len(kept) == len(own):
            (described, splits, versions), (examples, others) = data, found
            made = Evaluation(
                tuple(kept.values()), described, versions, examples=examples, splits=splits, split_examples=others
            )
            return made, keys
        known = {name: store.place("model", keys.models[name]) / _RECORD for name in kept}
    if not run.evaluates:
        raise NotEvaluatedError(
            "models, data or what is measured of them changed: `reportgen build` evaluates them again"
        )
    with _worker(plan, known, run, keys) as worker:
        meanwhile()
        try:
            evaluation = worker.result(run.progress)
        except (ReportgenError, Interrupted):
            if store is not None and keys is not None:
                _keep_finished(store, keys, worker)
            raise
        if store is not None and keys is not None:
            keys = _keep(store, keys, evaluation, worker, known)
    return evaluation, keys


def _worker(plan: Plan, known: Mapping[str, Path], run: Run, keys: Keys | None) -> Worker:
    """Start the workers for what is not known."""
    if run.cluster is None and not run.jobs:
        return EvaluationProcess(plan.spec, plan.folder, plan.request, known)
    executor: Executor
    if run.cluster is not None:
        from reportgen.evaluation.executors.cluster import ClusterExecutor

        executor = ClusterExecutor(_transport(run.cluster))
    else:
        executor = LocalProcesses(run.jobs)

    def kept(model: str, part: RowsPart) -> Path | None:
        if run.store is None or keys is None:
            return None
        own = _piece_key(keys, model, part)
        found = run.store.fetch("piece", own, _read)
        return None if found is None else run.store.place("piece", own) / _RECORD

    return EvaluationProcesses(plan.spec, plan.folder, plan.request, known, executor, kept)


def _transport(cluster: Cluster) -> Transport:
    if cluster.kind == "dask":
        from reportgen.evaluation.executors.dask_transport import DaskTransport

        return DaskTransport(cluster.address)
    from reportgen.evaluation.executors.ray_transport import RayTransport

    return RayTransport(cluster.address)


def _piece_key(keys: Keys, model: str, part: RowsPart) -> str:
    return key(["piece", keys.models[model], part.index, part.of])


def _keep_finished(store: Store, keys: Keys, worker: Worker) -> None:
    """Keep the models and parts that were evaluated before a worker ended without a result: the next run goes on there."""
    for name, place in worker.finished.items():
        model = array_store.read(place)
        if model.reason is None and model.sha256 == keys.digests[name]:
            store.keep("model", keys.models[name], _copy(place))
    pieces = worker.pieces if isinstance(worker, EvaluationProcesses) else {}
    for (name, part), place in pieces.items():
        piece = array_store.read(place)
        if piece.failure is None and piece.sha256 == keys.digests[name]:
            store.keep("piece", _piece_key(keys, name, part), _copy(place))


def _keep(
    store: Store,
    keys: Keys,
    evaluation: Evaluation,
    worker: Worker,
    known: Mapping[str, Path],
) -> Keys | None:
    """Keep what a worker found, unless a file changed while it was at work; return the keys of what could be kept."""
    data = evaluation.data
    if data is not None and (data.files, data.training.files if data.training else ()) != (keys.files, keys.training):
        return None
    if {name: one.files for name, one in evaluation.splits.items()} != dict(keys.splits):
        return None
    sound = {
        model.name: keys.models[model.name]
        for model in evaluation.models
        if model.reason is None and model.sha256 == keys.digests[model.name]
    }
    for name, own in sound.items():
        if name not in known:
            store.keep("model", own, _copy(worker.file_of("model", name)))
    store.keep("data", keys.data, _copy(worker.file_of("data")))
    complete = len(sound) == len(evaluation.models)
    if complete:
        store.keep("examples", keys.all, _copy(worker.file_of("examples")))
    return replace(keys, models=sound, complete=complete)


def _copy(file: Path) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for suffix in (".json", ".npz"):
            shutil.copyfile(file.with_suffix(suffix), (folder / _RECORD).with_suffix(suffix))

    return write


def _read(folder: Path) -> Any:
    return array_store.read(folder / _RECORD)


# ------------------------------------------------------------------------------------------------ figures


class KeptFigures:
    """The drawn figures of a report.

    Parameters
    ----------
    results
        What is drawn.
    store
        None: every figure is drawn.
    """

    def __init__(self, results: Results, store: Store | None) -> None:
        self._results, self._store = results, store
        self._contents: dict[str, str] = {}

    def key_of(self, record: SectionRecord, figure: str, *, phone: bool) -> str | None:
        """Return the key of a figure of a section, drawn for the page and perhaps for phones; None if it is not kept."""
        shown = self._results.sections if record.manifest.on_front_page else (record,)
        if self._store is None or not all(is_own(one.manifest) for one in shown):
            return None
        return key(["figure", self._common, [self._content(one) for one in shown], figure, phone])

    def found(self, own: str) -> Both | None:
        """Return what an earlier run drew."""
        return None if self._store is None else self._store.fetch("figure", own, _read_drawn)

    def made(self, own: str) -> Both | None:
        """Return what this run drew."""
        return None if self._store is None else self._store.look("figure", own, _read_drawn)

    def keep(self, own: str, both: Both) -> None:
        """Keep what was drawn."""
        if self._store is not None:
            self._store.keep("figure", own, lambda folder: _write_drawn(both, folder))

    @cached_property
    def _common(self) -> list[Any]:
        """What all figures rest on."""
        results = self._results
        focus = () if results.focus is None else results.focus.models
        return [results.output.style, [model.name for model in results.models], focus, _surroundings()]

    def _content(self, record: SectionRecord) -> str:
        """Return the digest of all that the figures of a section show."""
        if record.id not in self._contents:
            view = self._results.view_of(record.id)
            result = "" if record.result is None else record.result.model_dump_json()
            content = [record.id, record.kind, record.options, result, view.decision.model_dump(mode="json")]
            self._contents[record.id] = key([*content, dict(view.limits)])
        return self._contents[record.id]


def _write_drawn(both: Both, folder: Path) -> None:
    whole, narrow = both
    for index, one in enumerate((whole, *narrow)):
        (folder / f"{index}.svg").write_text(one.svg, "utf-8")
    places = [{**asdict(one), "svg": f"{index}.svg"} for index, one in enumerate((whole, *narrow))]
    (folder / _TEXT).write_text(json.dumps(places), "utf-8")


def _read_drawn(folder: Path) -> Both:
    whole, *narrow = (
        Drawn(
            (folder / one["svg"]).read_text("utf-8"),
            one["width"],
            one["height"],
            tuple(Part(**part) for part in one["parts"]),
        )
        for one in json.loads((folder / _TEXT).read_text("utf-8"))
    )
    return whole, tuple(narrow)
