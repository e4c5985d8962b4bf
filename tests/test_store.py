"""The store: what is whole is used, what is not is made again, and nothing that matters is left out of a key."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from handmade import made_evaluation, made_plan

from reportgen.analysis.analyze import analyze
from reportgen.cli import commands
from reportgen.errors import InputError
from reportgen.evaluation.attempts import Attempts
from reportgen.pipeline import flow, memory, rehearsal, stored, warm
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store, key
from reportgen.plan.registry import Registry
from reportgen.spec.tables.models import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("warm_processes")
SPECS = Path(__file__).parents[1] / "specs"
SPEC = """
schema_version = 1
report = { title = "Digits" }
models.mlp = { path = "digits/mlp.keras", history = "digits/mlp_history.json" }
data = { path = "digits/test.npz" }
sections = [
    { kind = "summary" }, { kind = "performance" }, { kind = "errors" }, { kind = "calibration" }, { kind = "weights" },
    { kind = "training_dynamics" },
]
checks = [{ metric = "performance.accuracy", at_least = 0.5 }]
"""


def put(store: Store, content: bytes = b"abc", kind: str = "model", name: str = "k") -> Path:
    """Keep an entry of one file."""
    store.keep(kind, key(name), lambda folder: (folder / "a.npz").write_bytes(content) and None)
    return store.place(kind, key(name))


def got(store: Store, kind: str = "model", name: str = "k") -> bytes | None:
    """Return its content."""
    return store.fetch(kind, key(name), lambda folder: (folder / "a.npz").read_bytes())


# ------------------------------------------------------------------------------------------------ entries


def test_an_entry_is_found_again(tmp_path: Path) -> None:
    """What is kept is found by kind and key; the first one stays."""
    store = Store(tmp_path / "cache")
    assert got(store) is None
    put(store)
    put(store, b"other")
    assert got(store) == b"abc"
    assert got(store, "section") is None
    assert (store.found["model"], store.missed["model"], store.missed["section"]) == (1, 1, 1)
    assert store.folder.stat().st_mode & 0o777 == 0o700


def truncated(entry: Path) -> None:
    """Cut a file."""
    (entry / "a.npz").write_bytes(b"ab")


def changed(entry: Path) -> None:
    """Change a file's content, not its size."""
    (entry / "a.npz").write_bytes(b"abd")


def added(entry: Path) -> None:
    """Add a file."""
    (entry / "more").touch()


def missing(entry: Path) -> None:
    """Remove a file."""
    (entry / "a.npz").unlink()


def linked(entry: Path) -> None:
    """Put a link to the same content in the place of a file."""
    (entry / "a.npz").rename(entry.parent / "elsewhere")
    (entry / "a.npz").symlink_to(entry.parent / "elsewhere")


def unlisted(entry: Path) -> None:
    """Remove the list."""
    (entry / "entry.json").unlink()


def huge_list(entry: Path) -> None:
    """Make the list larger than any list is."""
    (entry / "entry.json").write_text("[" * 10**6, "utf-8")


def piped_list(entry: Path) -> None:
    """Put a pipe in the place of the list."""
    (entry / "entry.json").unlink()
    os.mkfifo(entry / "entry.json")


def odd_list(entry: Path) -> None:
    """Make the list something else."""
    (entry / "entry.json").write_text('{"a.npz": 3}', "utf-8")


def deep_list(entry: Path) -> None:
    """Nest the list deeply."""
    (entry / "entry.json").write_text("[" * 60_000 + "]" * 5_000, "utf-8")


@pytest.mark.parametrize(
    "harm",
    [truncated, changed, added, missing, linked, unlisted, huge_list, piped_list, odd_list, deep_list],
    ids=lambda one: one.__name__,
)
def test_what_is_not_whole_is_made_again(tmp_path: Path, harm: Any) -> None:
    """A damaged entry is removed, so that the next run keeps a new one."""
    store = Store(tmp_path / "cache")
    entry = put(store)
    harm(entry)
    assert got(store) is None
    assert store.trouble is not None
    assert "damaged" in store.trouble
    assert not entry.exists()
    put(store, b"new")
    assert got(store) == b"new"


def test_what_cannot_be_read_is_made_again(tmp_path: Path) -> None:
    """Whole, but not what the reader expects."""
    store = Store(tmp_path / "cache")
    entry = put(store)

    def read(_folder: Path) -> None:
        raise KeyError("value")

    assert store.fetch("model", key("k"), read) is None
    assert not entry.exists()


def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    """Who can write an entry can write its list too."""
    store = Store(tmp_path / "cache")
    put(store)
    store.folder.chmod(0o777)
    assert got(store) is None
    assert store.trouble is not None
    assert "other users can write to it" in store.trouble
    put(store, name="second")
    store.folder.chmod(0o700)
    assert got(store, name="second") is None
    assert got(store) == b"abc"


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    """Beyond the limit, until the rest fits."""
    store = Store(tmp_path / "cache", limit=1_000)
    for index, name in enumerate(("old", "used", "new")):
        os.utime(put(store, bytes(300), name=name), (index, index))
    assert got(store, name="old") is not None  # is the most recently used now
    assert store.folder.is_dir()
    store.trim()
    assert [entry.path.name for entry in store.entries()] == [key("new"), key("old")]


def test_a_run_that_is_larger_than_the_limit_is_said(tmp_path: Path) -> None:
    """Otherwise nobody knows why the next one computes everything again."""
    earlier = Store(tmp_path / "cache", limit=1_000)
    put(earlier, bytes(800), name="earlier")
    store = Store(tmp_path / "cache", limit=1_000)
    put(store, bytes(700), name="first")
    os.utime(earlier.place("model", key("earlier")), (1, 1))
    store.trim()
    assert store.trouble is None
    put(store, bytes(700), name="second")
    store.trim()
    assert (
        store.trouble == f"{store.folder}: has no room for all that this run made (REPORTGEN_CACHE_SIZE is 1,000 bytes)"
    )


def test_clean_keeps_what_was_used_lately(tmp_path: Path) -> None:
    """``older_than`` counts from the last use; without, everything goes."""
    store = Store(tmp_path / "cache")
    for name, age in (("old", 7_200), ("new", 60)):
        os.utime(put(store, name=name), (time.time() - age,) * 2)
    assert [entry.path.name for entry in store.clean(3_600)] == [key("old")]
    (store.folder / ".reportgen-new-x").mkdir()
    assert [entry.path.name for entry in store.clean()] == [key("new")]
    assert [path.name for path in store.folder.iterdir()] == ["model"]


def test_nothing_of_the_user_is_removed(tmp_path: Path) -> None:
    """The folder that is named for the cache may be any: of work, of photographs, the home folder."""
    store = Store(tmp_path / "home", limit=0)
    entry = put(store)
    mine = [
        tmp_path / "home" / name for name in ("work/thesis/text", "new-photos/1", "old-photos/1", "model/entry.json")
    ]
    mine += [tmp_path / "home" / "work" / key("k") / "layer", tmp_path / "home" / "model" / "k" / "entry.json"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(300))
        os.utime(path.parent, (0, 0))
    store.trim()
    assert not entry.exists()
    put(store)
    assert [one.path for one in store.clean()] == [entry]
    assert all(path.is_file() for path in mine)


def test_what_cannot_be_kept_costs_nothing(tmp_path: Path) -> None:
    """A full disk or a folder that cannot be made is no error."""

    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path / "cache")
    store.keep("model", key("k"), full)
    assert store.trouble is not None
    assert "No space left on device" in store.trouble
    assert got(store) is None
    assert list(store.folder.iterdir()) == []
    (tmp_path / "file").touch()
    below = Store(tmp_path / "file" / "cache")
    put(below)
    assert got(below) is None
    assert below.clean() == []
    below.trim()


def test_keys_are_canonical() -> None:
    """The order of a dict does not matter, any value does."""
    assert key({"a": 1, "b": [1, 2]}) == key({"b": (1, 2), "a": 1})
    assert len({key(1), key("1"), key([1]), key(None), key(1.5), key(True), key({"a": 1})}) == 7


KEEPER = """
import sys
from pathlib import Path
from reportgen.pipeline.store import Store, key
store = Store(Path(sys.argv[1]), limit=40_000)
for _ in range(10**6):
    for name in "abcdefgh":
        read = lambda folder: (folder / "x.json").read_bytes()
        found = store.fetch("model", key(name), read)
        assert found in (None, name.encode() * 10_000), found[:20]
        store.keep("model", key(name), lambda folder: (folder / "x.json").write_bytes(name.encode() * 10_000) and None)
    store.trim()
"""


@pytest.fixture
def keepers(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start two processes that write, read and remove the same entries until they are stopped."""
    some = [
        subprocess.Popen([sys.executable, "-c", KEEPER, str(tmp_path / "cache")], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    yield some
    for one in some:
        one.kill()
        one.communicate()


def test_two_processes_share_it(tmp_path: Path, keepers: list[subprocess.Popen[bytes]]) -> None:
    """Neither sees a part of an entry, nor fails because the other removes one; kill -9 leaves nothing that is used."""
    store = Store(tmp_path / "cache")
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert all(one.poll() is None for one in keepers), keepers[0].stderr
        for name in "abcdefgh":
            found = store.fetch("model", key(name), lambda folder: (folder / "x.json").read_bytes())
            assert found in {None, name.encode() * 10_000}
    for one in keepers:
        one.send_signal(signal.SIGKILL)
        one.wait()
    for name in "abcdefgh":
        found = store.fetch("model", key(name), lambda folder: (folder / "x.json").read_bytes())
        assert found in {None, name.encode() * 10_000}
    store.clean()
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


# ------------------------------------------------------------------------------------------------ keys of a run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with models, data and a spec."""
    made = tmp_path_factory.mktemp("digits")
    shutil.copytree(SPECS / "digits", made / "digits")
    (made / "spec.toml").write_text(SPEC, "utf-8")
    return made


def keys(spec: Path, *overrides: str) -> stored.Keys | None:
    """Return the keys of a spec."""
    return stored.keys_of(flow.read_plan(spec, overrides))


@pytest.mark.parametrize(
    "override",
    [
        "data.max_samples=100",
        "data.seed=3",
        "data.batch_size=7",
        'models.mlp.outputs="probabilities"',
        "output.gallery=3",
    ],
)
def test_what_changes_a_number_changes_the_key(folder: Path, override: str) -> None:
    """Options of the data, of models, and what sections ask for."""
    one, other = keys(folder / "spec.toml"), keys(folder / "spec.toml", override)
    assert one is not None
    assert other is not None
    assert one.models != other.models


def test_parameters_change_no_evaluation(folder: Path) -> None:
    """They are what a section is told of the models: in the key of a section that looks at them, and of no other."""
    spec = folder / "spec.toml"
    assert keys(spec) == keys(spec, "models.mlp.params={lr = 0.1}")
    plan = flow.read_plan(spec, ["models.mlp.params={lr = 0.1}"])
    (item, *_) = plan.sections
    looks = replace(item, section=Registry().find("sweep"))
    assert plan.params.values == {"mlp": {"lr": 0.1}}
    assert (memory._params(plan, item), memory._params(plan, looks)) == (None, asdict(plan.params))


def test_slices_change_what_rests_on_the_data_and_no_model(folder: Path) -> None:
    """Other slices, or another column under a name, are other data; the models are not evaluated again."""
    text = SPEC.replace("sections = [", 'sections = [{ kind = "slices" },')
    sliced = folder / "sliced.toml"
    found = []
    for column, edge in (("y", 3), ("y", 4), ("x", 3)):
        named = text.replace('test.npz" }', f'test.npz", columns = {{ part = "{column}" }} }}')
        sliced.write_text(f'{named}slices = [{{ by = "part", edges = [{edge}] }}]\n', "utf-8")
        found.append(keys(sliced))
    one, *others = found
    assert one is not None
    for other in others:
        assert other is not None
        assert other.models == one.models
        assert other.data != one.data
        assert other.all != one.all


def test_training_data_changes_what_rests_on_the_data_and_no_model(folder: Path) -> None:
    """Named at all, other arrays of it, or another byte in its file; its code is never kept."""
    spec = folder / "training.toml"
    none, *named = keys(folder / "spec.toml"), *(None,) * 3
    copy = folder / "digits" / "seen.npz"
    shutil.copyfile(folder / "digits" / "train.npz", copy)
    train = 'train = { path = "digits/seen.npz"'
    for place, text in enumerate((train, f'{train}, x = "y"', train)):
        spec.write_text(SPEC.replace('test.npz" }', f'test.npz", {text} }} }}'), "utf-8")
        named[place] = keys(spec)
        with copy.open("ab") as target:
            target.write(b"\0")
    found = [none, *named]
    assert all(one is not None and none is not None and one.models == none.models for one in found)
    assert len({one.data for one in found if one is not None}) == len(found)
    spec.write_text(SPEC.replace('test.npz" }', 'test.npz", train = { function = "./data.py:f" } }'), "utf-8")
    (folder / "data.py").write_text("def f(): ...", "utf-8")
    assert keys(spec) is None


@pytest.mark.parametrize(
    "override",
    [
        'report.title="Other"',
        'output.style="draft"',
        'output.detail="full"',
        'models.mlp.note="small"',
        "output.fail_on=problem",
    ],
)
def test_what_changes_no_number_does_not(folder: Path, override: str) -> None:
    """Prose, checks and theme."""
    assert keys(folder / "spec.toml") == keys(folder / "spec.toml", override)


@pytest.mark.parametrize("file", ["mlp.keras", "mlp_history.json", "test.npz"])
def test_every_file_is_in_the_key(folder: Path, tmp_path: Path, file: str) -> None:
    """A byte more in a model, a history or the data is another evaluation."""
    shutil.copytree(folder, tmp_path / "copy")
    spec = tmp_path / "copy" / "spec.toml"
    before = keys(spec)
    assert before == keys(folder / "spec.toml")
    with (tmp_path / "copy" / "digits" / file).open("ab") as target:
        target.write(b"\0")
    after = keys(spec)
    assert before is not None
    assert after is not None
    assert before.models != after.models


def test_the_program_is_in_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program, library or machine computes again."""
    before = keys(folder / "spec.toml")
    for name, value in (("program", "0" * 64), ("python", "3.99"), ("machine", ["Plan 9"])):
        monkeypatch.setattr(stored, "_surroundings", lambda name=name, value=value: {name: value})
        assert keys(folder / "spec.toml") != before


def test_measured_times_are_never_kept(folder: Path) -> None:
    """They would be told as if they were measured today."""
    spec = folder / "timed.toml"
    spec.write_text(SPEC.replace('{ kind = "summary" }', '{ kind = "cost", measure = true }'), "utf-8")
    assert keys(spec) is None


def test_modules_by_name_are_never_kept(folder: Path) -> None:
    """Where such a module is, and what it imports, is known to Python alone."""
    found = keys(folder / "spec.toml", 'models.mlp.custom_objects=["my.layers:Layer"]')
    assert found is not None
    assert (dict(found.models), found.complete) == ({}, False)
    (folder / "layers.py").write_text("class Layer: ...", "utf-8")
    assert keys(folder / "spec.toml", 'models.mlp.custom_objects=["./layers.py:Layer"]').models.keys() == {"mlp"}  # type: ignore[union-attr]


def test_a_model_that_must_not_be_kept_costs_nothing_of_the_others(folder: Path) -> None:
    """Those have the keys that they have without it; what rests on all has none."""
    (folder / "made.py").write_text("def model(): ...", "utf-8")
    spec = folder / "with_code.toml"
    spec.write_text(SPEC.replace("data = ", 'models.made = { function = "./made.py:model" }\ndata = '), "utf-8")
    found, alone = keys(spec), keys(folder / "spec.toml")
    assert found is not None
    assert alone is not None
    assert (found.models, found.data, found.complete) == (alone.models, alone.data, False)


def test_rows_made_by_code_are_never_kept(folder: Path) -> None:
    """What a function reads is known to it alone."""
    (folder / "data.py").write_text("def test(): ...", "utf-8")
    spec = folder / "made.toml"
    data = 'data = { path = "digits/test.npz" }'
    for code in ('data = { function = "./data.py:test" }', f'{data[:-2]}, preprocess = "./data.py:test" }}'):
        assert keys(folder / "spec.toml") is not None
        spec.write_text(SPEC.replace(data, code), "utf-8")
        assert keys(spec) is None


def test_every_file_of_a_folder_is_in_the_key(folder: Path) -> None:
    """Of images, and of event files; a link that leaves it is found when the data are read."""
    for name in ("images/cat/a.png", "logs/train/events.out.tfevents.1"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"a")
    data = 'data = { path = "images", images = { size = [8, 8], range = [0, 1] } }'
    text = SPEC.replace('data = { path = "digits/test.npz" }', data).replace("digits/mlp_history.json", "logs")
    spec = folder / "images.toml"
    spec.write_text(text, "utf-8")
    seen = {str(keys(spec))}
    for name in ("images/cat/a.png", "images/cat/b.png", "logs/train/events.out.tfevents.1", "logs/validation"):
        (folder / name).write_bytes(b"b")
        seen.add(str(keys(spec)))
    assert len(seen) == 5
    assert "None" not in seen
    (folder / "images" / "cat" / "c.png").symlink_to("/etc/passwd")
    assert keys(spec) is None


# ------------------------------------------------------------------------------------------------ whole builds


@pytest.fixture(scope="module")
def first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Provide a store with one build in it, and the files of the build."""
    cache = tmp_path_factory.mktemp("cache") / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        store, files = built(folder / "spec.toml", cache)
    assert not store.found
    assert store.trouble is None
    return cache, files


def built(spec: Path, cache: Path, *overrides: str) -> tuple[Store, dict[str, bytes]]:
    """Build without PDF, and return the store with what was found in it, and the files."""
    store = Store(cache)
    output = cache.parent / "out"
    planned = flow.read_plan(spec, overrides)
    outcome = flow.build(planned, output, ("html", "json", "markdown"), Run(store=store))
    assert outcome.exit_code == 0
    assert not outcome.failures
    return store, {path.name: path.read_bytes() for path in outcome.files}


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any evaluation fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(stored, "EvaluationProcess", refuse)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")


@pytest.mark.usefixtures("no_worker")
def test_an_unchanged_spec_computes_nothing(folder: Path, first: tuple[Path, dict[str, bytes]]) -> None:
    """Not a section, not a figure; and the same bytes."""
    store, files = built(folder / "spec.toml", first[0])
    assert not store.missed
    assert files == first[1]


PROGRAM = """
import sys
from reportgen.cli.commands import run
sys.argv = ["reportgen", *sys.argv[1:]]
assert run() == 0
print([name for name in ("keras", "tensorflow", "matplotlib", "scipy") if name in sys.modules])
"""


def test_an_unchanged_spec_loads_nothing_that_computes_or_draws(
    folder: Path, first: tuple[Path, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their import takes longer than the rest."""
    monkeypatch.delenv("REPORTGEN_NO_CACHE")
    monkeypatch.setenv("REPORTGEN_CACHE", str(first[0]))
    arguments = ["build", folder / "spec.toml", "-o", tmp_path, "--format", "html,json,markdown"]
    run = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("no_worker")
def test_what_is_read_is_what_is_computed(folder: Path, first: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """Sections from a kept evaluation or from what they found of each model, and figures from kept results, are those of a run without a store."""
    shutil.copytree(first[0], tmp_path / "cache")
    for missing in ({"section", "figure"}, {"section", "part"}):
        for kind in missing:
            shutil.rmtree(tmp_path / "cache" / kind)
        store, files = built(folder / "spec.toml", tmp_path / "cache")
        assert set(store.missed) == missing
        assert files == first[1]


@pytest.mark.usefixtures("no_worker")
def test_prose_and_checks_only_render(folder: Path, first: tuple[Path, dict[str, bytes]]) -> None:
    """A title, a check, an order; a limit is drawn where its metric is."""
    changes = ('report.title="Other"', 'checks.0.severity="warn"', 'output.order="spec"')
    store, files = built(folder / "spec.toml", first[0], *changes)
    assert not store.missed
    assert b"Other" in files["report.html"]
    store, _ = built(folder / "spec.toml", first[0], "checks.0.at_least=0.6")
    assert set(store.missed) == {"figure"}
    assert store.found["figure"] > store.missed["figure"]


@pytest.mark.usefixtures("no_worker")
def test_an_option_computes_its_section(folder: Path, first: tuple[Path, dict[str, bytes]]) -> None:
    """And the summary, which reads what all others found."""
    store, _ = built(folder / "spec.toml", first[0], "sections.3.bins=9")
    assert store.missed["section"] == 2
    assert store.found["section"] == 4
    assert store.missed["part"] == 1
    assert set(store.missed) == {"section", "part", "figure"}
    assert store.found["figure"]


@pytest.mark.usefixtures("no_worker")
def test_a_style_draws_again(folder: Path, first: tuple[Path, dict[str, bytes]]) -> None:
    """And computes nothing."""
    store, _ = built(folder / "spec.toml", first[0], 'output.style="draft"')
    assert set(store.missed) == {"figure"}
    assert not store.found["figure"]


def test_one_more_model_evaluates_one_model(
    folder: Path, first: tuple[Path, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And measures one: the worker is told what is known, and sections take what they found of it; the results are those without a store."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    spec = folder / "two.toml"
    spec.write_text(SPEC.replace("data = ", 'models.cnn = { path = "digits/cnn.keras" }\ndata = '), "utf-8")
    steps: list[str] = []
    store = Store(first[0])
    told = Run(lambda what, _done, _total: steps.append(what), store=store)
    results = flow.compute(flow.read_plan(spec), told)
    assert "evaluating cnn" in steps
    assert "evaluating mlp" not in steps
    assert (store.found["model"], store.missed["model"]) == (1, 1)
    assert (store.found["part"], store.missed["part"]) == (3, 3)
    assert flow.compute(flow.read_plan(spec), Run()).to_json() == results.to_json()


def test_a_model_that_fails_costs_nothing_of_the_others(tmp_path: Path) -> None:
    """What was found of them is kept, the result that rests on all is not."""
    found = []
    for models in ({"a": "key of a"}, {"a": "key of a", "b": "key of b"}):
        store = Store(tmp_path / "store")
        keys = stored.Keys("data", models, (), (), {}, {}, complete=len(models) > 1)
        remembered = memory.KeptResults(made_plan(tmp_path), Run(store=store), keys)
        analyze(made_plan(tmp_path), made_evaluation(), "2026-01-02", keep_going=False, memory=remembered)
        found.append({kind: (store.found[kind], store.missed[kind]) for kind in ("part", "section")})
    first, second = found
    assert first["section"] == (0, 0)
    assert second["section"][0] == 0
    assert first["part"][1] == second["part"][0] == second["part"][1] > 0


def with_models(folder: Path, name: str, **files: str) -> Path:
    """Write a spec with more models; return it."""
    more = "".join(f'models.{model} = {{ path = "{file}" }}\n' for model, file in files.items())
    spec = folder / f"{name}.toml"
    spec.write_text(SPEC.replace("data = ", f"{more}data = ").replace('{ kind = "training_dynamics" },', ""), "utf-8")
    return spec


def computed(spec: Path, cache: Path, *overrides: str) -> tuple[str, Store, list[str]]:
    """Return the results of a spec, the store, and the steps of the worker."""
    steps: list[str] = []
    run = Run(lambda what, _done, _total: steps.append(what), store=Store(cache))
    results = flow.compute(flow.read_plan(spec, overrides), run)
    assert run.store is not None
    return results.to_json(), run.store, [step for step in steps if step.startswith("loading")]


def test_a_failure_is_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build of the same models starts no worker, and says the same; another limit tries the model that failed again."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (folder / "broken.keras").write_bytes(b"no model")
    spec = with_models(folder, "broken", broken="broken.keras")
    first, _, steps = computed(spec, tmp_path / "cache")
    assert steps == ["loading mlp (1 of 2)", "loading broken (2 of 2)"]
    assert "is not a readable Keras archive" in first
    with monkeypatch.context() as patch:
        patch.setattr(stored, "EvaluationProcess", None)
        again, store, steps = computed(spec, tmp_path / "cache")
    assert (again, steps, dict(store.missed)) == (first, [], {})
    _, _, steps = computed(spec, tmp_path / "cache", "limits.config_size=7")
    assert steps == ["loading broken"]
    (folder / "broken.keras").write_bytes(b"another one")
    _, _, steps = computed(spec, tmp_path / "cache")
    assert steps == ["loading broken"]


def test_failures_alone_are_an_error_whether_they_are_kept_or_not(folder: Path, tmp_path: Path) -> None:
    """The same one."""
    (folder / "worse.keras").write_bytes(b"no model")
    computed(with_models(folder, "both", worse="worse.keras"), tmp_path / "cache")
    spec = with_models(folder, "alone", worse="worse.keras")
    first = 'models.mlp = { path = "digits/mlp.keras", history = "digits/mlp_history.json" }\n'
    spec.write_text(spec.read_text("utf-8").replace(first, ""), "utf-8")
    said = set()
    for store in (Store(tmp_path / "cache"), None):
        with pytest.raises(InputError) as caught:
            flow.compute(flow.read_plan(spec), Run(store=store))
        said.add(str(caught.value))
    assert len(said) == 1


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (MemoryError(), True),
        (OSError(28, "No space left on device"), True),
        (OSError("Unable to synchronously open file (file signature not found)"), False),
        (ValueError("no layer of this name"), False),
    ],
)
def test_a_failure_of_the_machine_is_passing(error: Exception, *, passing: bool) -> None:
    """It is tried again."""

    def fails() -> None:
        raise error

    attempts = Attempts("m", ModelSpec(path="m.keras"))
    attempts.attempt(fails)
    attempts.attempt(lambda: None)
    assert attempts.failure is not None
    assert attempts.passing == passing


PROGRAM_OF_MANY = "from reportgen.cli.commands import run; import sys; sys.argv[0] = 'reportgen'; sys.exit(run())"


def test_what_is_evaluated_before_a_kill_is_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run goes on there, however the program ended."""
    monkeypatch.delenv("REPORTGEN_NO_CACHE")
    monkeypatch.setenv("REPORTGEN_CACHE", str(tmp_path / "cache"))
    spec = with_models(folder, "many", **{f"m{index}": "digits/cnn.keras" for index in range(12)})
    command = [sys.executable, "-c", PROGRAM_OF_MANY, "build", spec, "-o", tmp_path / "out", "--format", "json"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as program:
        until = time.monotonic() + 60
        while not (kept := list((tmp_path / "cache").glob("model/*"))) and time.monotonic() < until:
            time.sleep(0.01)
        program.kill()
    assert 0 < len(kept) < 13
    _, store, steps = computed(spec, tmp_path / "cache")
    assert len(steps) == 13 - store.found["model"] < 13


def test_data_that_change_meanwhile_leave_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even of the models that were kept as soon as they were evaluated."""
    made = stored.keys_of

    def older(*given: Any) -> stored.Keys | None:
        found = made(*given)
        return None if found is None else replace(found, files=(("digits/test.npz", "0" * 64),))

    monkeypatch.setattr(stored, "keys_of", older)
    _, store, _ = computed(with_models(folder, "changed", cnn="digits/cnn.keras"), tmp_path / "cache")
    assert store.missed["model"] == 2
    assert [entry.kind for entry in store.entries() if entry.kind != "figure"] == []


@pytest.mark.parametrize(("formats", "draws"), [(("json", "junit"), False), (("json", "html"), True)])
def test_what_draws_is_imported_where_figures_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats: tuple[str, ...], *, draws: bool
) -> None:
    """While the worker starts, and not for files without figures."""
    started: list[str] = []
    monkeypatch.setattr(warm, "_draw", lambda _: started.append("drawing"))
    monkeypatch.setattr(rehearsal, "prepare", lambda *_: started.append("page"))

    def evaluate(*given: Any) -> NoReturn:
        given[2]()
        raise InputError((), "", "enough")

    monkeypatch.setattr(stored, "evaluate", evaluate)
    with pytest.raises(InputError, match="enough"):
        flow.build(made_plan(tmp_path), tmp_path / "out", formats, Run())
    assert started == (["drawing", "page"] if draws else [])


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize("size", ["5GB", "-1", "1e9", "\u0663", "9" * 5_000])
def test_a_limit_that_is_none_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: str
) -> None:
    """It is not taken for the default in silence."""
    monkeypatch.delenv("REPORTGEN_NO_CACHE")
    monkeypatch.setenv("REPORTGEN_CACHE_SIZE", size)
    monkeypatch.setattr(sys, "argv", ["reportgen", "clean"])
    assert commands.run() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("reportgen: REPORTGEN_CACHE_SIZE: must be a whole number of bytes (found ")


def test_clean_says_what_it_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With sizes, by kind."""
    monkeypatch.delenv("REPORTGEN_NO_CACHE")
    monkeypatch.setenv("REPORTGEN_CACHE", str(tmp_path / "cache"))
    for index in range(2):
        put(Store(tmp_path / "cache"), bytes(5_000), name=str(index))
    monkeypatch.setattr(sys, "argv", ["reportgen", "clean", "--older-than", "1d"])
    assert commands.run() == 0
    assert "removed nothing" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["reportgen", "clean"])
    assert commands.run() == 0
    shown = capsys.readouterr().out
    assert "removed 2 entries (10.2\N{NARROW NO-BREAK SPACE}kB) of model" in shown.replace(
        "\N{THIN SPACE}", "\N{NARROW NO-BREAK SPACE}"
    )
    assert "0 entries" in shown
    monkeypatch.setattr(sys, "argv", ["reportgen", "clean", "--older-than", "soon"])
    assert commands.run() == 2
    monkeypatch.setenv("REPORTGEN_NO_CACHE", "1")
    monkeypatch.setattr(sys, "argv", ["reportgen", "clean"])
    assert commands.run() == 0
    assert "turned off" in capsys.readouterr().out


def test_a_manifest_of_others_is_not_kept() -> None:
    """What a section of one's own rests on is not known to the program."""
    from dataclasses import replace

    from reportgen.plan.registry import Registry, is_own

    own = Registry().find("performance")
    assert is_own(own)

    def tables(_result: Any, _view: Any) -> tuple[()]:
        return ()

    assert not is_own(replace(own, tables=tables))
