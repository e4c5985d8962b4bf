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
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reportgen.contract.figures import Drawn, Part
from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
from reportgen.contract.records.pieces import ModelPiece
from reportgen.errors import InputError, Interrupted, ReportgenError
from reportgen.evaluation import array_store
from reportgen.evaluation.executors.local import LocalProcesses
from reportgen.evaluation.process import EvaluationProcess, of_all
from reportgen.evaluation.processes import EvaluationProcesses, OneByOne
from reportgen.evaluation.software import software
from reportgen.inputs import digest
from reportgen.inputs.archive import is_read
from reportgen.inputs.folders import FolderError
from reportgen.inputs.sources.registry import source_of
from reportgen.pipeline.store import key
from reportgen.plan.files import named_files
from reportgen.plan.registry import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.evaluation.executors.interface import Executor
    from reportgen.evaluation.executors.transport import Transport
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.pipeline.run import Cluster, Run, Workers
    from reportgen.pipeline.store import Store
    from reportgen.plan.plan import Plan
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.models import ModelSpec
    from reportgen.spec.tables.output import LimitsSpec

    Worker = EvaluationProcess | EvaluationProcesses

_Unit = TypeVar("_Unit")

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
    """Those of models that must not be kept are not here."""
    files: tuple[tuple[str, str], ...]
    """The files of the data with their SHA-256 digests."""
    training: tuple[tuple[str, str], ...]
    """Those of the training data."""
    splits: Mapping[str, tuple[tuple[str, str], ...]]
    """Those of the further splits that models are evaluated on."""
    digests: Mapping[str, str]
    """SHA-256 digest of the file of each of these models."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """The keys of the failures of these models, which also rest on the limits of the spec."""
    complete: bool = True
    """Whether they are of all models; otherwise what rests on the whole evaluation is not kept."""

    @property
    def all(self) -> str:
        """The key of what rests on the whole evaluation."""
        return key(["all", self.data, list(self.models.items())])


def keys_of(plan: Plan, workers: Workers = "one") -> Keys | None:
    """Return the keys of the evaluation of a plan; None if it must not be kept, or if a file cannot be read.

    Hollow files are left to the worker, which looks into a file before it reads all of it: 50 GB of nothing take a minute.
    """
    spec, request = plan.spec, plan.request
    if request.timing is not None or (spec.data is not None and spec.data.runs_code):
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
    except (OSError, ReportgenError, FolderError):
        return None
    models, digests, failures = {}, {}, {}
    for name, model in spec.models.items():
        with suppress(OSError, ReportgenError, FolderError):
            digests[name] = _digest(plan.folder / model.origin, spec.limits)
            own = model.model_dump(mode="json", exclude={"role", "note", "params", "params_from"})
            models[name] = key(["model", [name, own, digests[name]], _beside(model, plan.folder), rows_key])
            failures[name] = key(["failure", models[name], spec.limits.model_dump(mode="json")])
    return Keys(data_key, models, files, training, splits, digests, failures, len(models) == len(spec.models))


def _digest(path: Path, limits: LimitsSpec) -> str:
    if not is_read(path, limits):
        raise ReportgenError("the worker will refuse it before it is read")
    return digest.of_path(path)


def _slices(spec: ReportSpec) -> list[Any]:
    """Return what the slices of the rows rest on, beside the rows."""
    columns = {} if spec.data is None or not spec.slices else spec.data.columns
    return [columns, [one.model_dump(mode="json") for one in spec.slices]]


def _beside(model: ModelSpec, folder: Path) -> list[Any]:
    """Return the digests of the other files of a model; with custom objects also all packages that are installed.

    Raises
    ------
    ReportgenError
        The model must not be kept: not all that it rests on can be known.
    """
    if model.function is not None:
        raise ReportgenError("a function returns what it likes")
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
    with run.part("evaluation", "digests of the inputs"):
        keys = None if store is None else keys_of(plan, run.workers)
    known: dict[str, Path] = {}
    if store is not None and keys is not None:
        data = store.fetch("data", keys.data, _data)
        kept, known, keys = _found(store, keys)
        found = store.fetch("examples", keys.all, _examples) if keys.complete else None
        if data is not None and found is not None and len(kept) == len(plan.spec.models):
            (described, splits, versions), (examples, others) = data, found
            made = Evaluation(kept, described, versions, examples=examples, splits=splits, split_examples=others)
            return _some(made), keys
    if not run.evaluates:
        raise NotEvaluatedError(
            "models, data or what is measured of them changed: `reportgen build` evaluates them again"
        )
    with _worker(plan, known, run, keys) as worker:
        meanwhile()
        several = isinstance(worker, EvaluationProcesses)
        progress = run.progress if several else OneByOne(run.progress, len(plan.spec.models) - len(known))
        early = None if store is None or keys is None else _Early(store, keys, worker, known)
        try:
            evaluation = worker.result(progress if early is None else early.following(progress))
        except (ReportgenError, Interrupted):
            if early is not None:
                early.keep()
            raise
        finally:
            run.parts.update({("evaluation", what): time for what, time in worker.seconds.items()})
        if store is None or keys is None or early is None:
            return _some(evaluation), keys
        kept_keys = _keep(store, keys, evaluation, worker)
        if kept_keys is None:
            early.forget()
    return _some(evaluation), kept_keys


def _found(store: Store, keys: Keys) -> tuple[tuple[ModelEvaluation, ...], dict[str, Path], Keys]:
    """Return the models that the store has, their places, and the keys with those of the failures that it has."""
    models, places, own = [], {}, dict(keys.models)
    for name, kept in keys.models.items():
        failed = store.look("failure", keys.failures[name], _model)
        found = failed or store.fetch("model", kept, _model)
        if failed is not None:
            own[name] = keys.failures[name]
        if found is not None:
            models.append(found)
            places[name] = store.place("model" if failed is None else "failure", own[name]) / _RECORD
    return tuple(models), places, replace(keys, models=own)


def _some(evaluation: Evaluation) -> Evaluation:
    """Return an evaluation, unless all of its models failed.

    Raises
    ------
    InputError
        What is wrong with them.
    """
    failures = {model.name: InputError(*model.failure) for model in evaluation.models if model.failure is not None}
    if failures and len(failures) == len(evaluation.models):
        raise of_all(failures)
    return evaluation


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
        if run.store is None or keys is None or model not in keys.models:
            return None
        own = _piece_key(keys, model, part)
        found = run.store.fetch("piece", own, _piece)
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


class _Early:
    """Keeps models, and parts of them, as soon as they are evaluated: however a run ends, the next one goes on there."""

    def __init__(self, store: Store, keys: Keys, worker: Worker, known: Iterable[str]) -> None:
        self._store, self._keys, self._worker, self._known = store, keys, worker, set(known)
        self._seen = set(worker.pieces.values() if isinstance(worker, EvaluationProcesses) else ())
        self._made: list[tuple[str, str]] = []

    def following(self, progress: ProgressCallback) -> ProgressCallback:
        """Return a function that passes a step on, and keeps what is new."""

        def tell(what: str, done: int, total: int) -> None:
            self.keep()
            progress(what, done, total)

        return tell

    def keep(self) -> None:
        """Keep what was evaluated since."""
        for name, place in self._new(self._worker.finished):
            self._put("model", name, self._keys.models.get(name), place)
        if isinstance(self._worker, EvaluationProcesses):
            for (name, part), place in self._new(self._worker.pieces):
                own = _piece_key(self._keys, name, part) if name in self._keys.models else None
                self._put("piece", name, own, place)

    def forget(self) -> None:
        """Take back what was kept: the data changed while the worker was at work."""
        for kind, own in self._made:
            self._store.forget(kind, own)

    def _new(self, finished: Mapping[_Unit, Path]) -> list[tuple[_Unit, Path]]:
        new = [(unit, place) for unit, place in finished.items() if place not in self._seen]
        self._seen.update(place for _, place in new)
        return new

    def _put(self, kind: str, name: str, own: str | None, place: Path) -> None:
        if own is None or name in self._known:
            return
        found = array_store.read(place)
        if found.failure is None and found.sha256 == self._keys.digests[name]:
            self._store.keep(kind, own, _copy(place))
            self._made.append((kind, own))


def _keep(store: Store, keys: Keys, evaluation: Evaluation, worker: Worker) -> Keys | None:
    """Keep what a worker found, unless a file changed while it was at work; return the keys of what could be kept."""
    data = evaluation.data
    if data is not None and (data.files, data.training.files if data.training else ()) != (keys.files, keys.training):
        return None
    if {name: one.files for name, one in evaluation.splits.items()} != dict(keys.splits):
        return None
    kept = {}
    for model in evaluation.models:
        if model.name in keys.models and model.sha256 == keys.digests[model.name] and not model.passing:
            failed = model.failure is not None
            kept[model.name] = (keys.failures if failed else keys.models)[model.name]
            store.keep("failure" if failed else "model", kept[model.name], _copy(worker.file_of("model", model.name)))
    store.keep("data", keys.data, _copy(worker.file_of("data")))
    found = replace(keys, models=kept, complete=len(kept) == len(evaluation.models))
    if found.complete:
        store.keep("examples", found.all, _copy(worker.file_of("examples")))
    return found


def _copy(file: Path) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for suffix in (".json", ".npz"):
            shutil.copyfile(file.with_suffix(suffix), (folder / _RECORD).with_suffix(suffix))

    return write


def _model(folder: Path) -> ModelEvaluation:
    return array_store.read_as(ModelEvaluation, folder / _RECORD)


def _piece(folder: Path) -> ModelPiece:
    return array_store.read_as(ModelPiece, folder / _RECORD)


def _data(folder: Path) -> tuple[Any, Any, Any]:
    described, splits, versions = array_store.read_as(tuple, folder / _RECORD)
    return described, splits, versions


def _examples(folder: Path) -> tuple[Any, Any]:
    own, others = array_store.read_as(tuple, folder / _RECORD)
    return own, others


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
        """Return the key of a figure of a section, drawn for the page or for phones; None if it must not be kept."""
        shown = self._results.sections if record.manifest.on_front_page else (record,)
        if not all(is_own(one.manifest) for one in shown):
            return None
        return key(["figure", self._common, [self._content(one) for one in shown], figure, phone])

    def found(self, own: str) -> tuple[Drawn, ...] | None:
        """Return what an earlier run drew."""
        return None if self._store is None else self._store.fetch("figure", own, _read_drawn)

    def made(self, own: str) -> tuple[Drawn, ...] | None:
        """Return what this run drew."""
        return None if self._store is None else self._store.look("figure", own, _read_drawn)

    def keep(self, own: str, drawn: tuple[Drawn, ...]) -> None:
        """Keep what was drawn."""
        if self._store is not None:
            self._store.keep("figure", own, lambda folder: _write_drawn(drawn, folder))

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


def _write_drawn(drawn: tuple[Drawn, ...], folder: Path) -> None:
    for index, one in enumerate(drawn):
        (folder / f"{index}.svg").write_text(one.svg, "utf-8")
    places = [{**asdict(one), "svg": f"{index}.svg"} for index, one in enumerate(drawn)]
    (folder / _TEXT).write_text(json.dumps(places), "utf-8")


def _read_drawn(folder: Path) -> tuple[Drawn, ...]:
    return tuple(
        Drawn(
            (folder / one["svg"]).read_text("utf-8"),
            one["width"],
            one["height"],
            tuple(Part(**part) for part in one["parts"]),
        )
        for one in json.loads((folder / _TEXT).read_text("utf-8"))
    )
