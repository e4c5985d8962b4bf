"""Uses the Python interface as a program does, and leaves what was found: ``python interface_run.py FILE`` in an empty folder."""

from __future__ import annotations

import json
import logging
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

import reportgen
from reportgen.evaluation.structure import output_names

BLOCKS = Path(__file__).parent / "guide" / "blocks.md"
FENCE = re.compile(r"^## Section (\d)\n\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
GENERATOR = np.random.default_rng(0)
SHAPE = (32, 32, 3)


def model(name: str, width: int = 4) -> keras.Model:
    """Make a small classifier of the guide's images."""
    made = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(width, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name=name,
    )
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def history(seed: int, epochs: int = 10) -> dict[str, list[float]]:
    """Make a history."""
    noise = np.random.default_rng(seed).random(epochs) / 50
    falling = 1 / np.arange(1, epochs + 1)
    return {
        "loss": list(falling),
        "val_loss": list(falling + 0.1 + noise),
        "accuracy": list(1 - falling / 2),
        "val_accuracy": list(0.9 - falling / 2 - noise),
    }


def guide() -> dict[int, Any]:
    """Run every block of the guide as it is written, with the package's name changed; what a block leaves open is given."""
    keras.utils.set_random_seed(0)
    x, y = GENERATOR.random((60, *SHAPE)), GENERATOR.integers(0, 10, 60)
    Path("path/to").mkdir(parents=True)
    model("problem").save("path/to/problem_model.keras")
    data = reportgen.DataInput(x_data=x, y_data=y)
    names = ("lr_0.001_batch_32", "lr_0.01_batch_32", "lr_0.001_batch_64", "lr_0.01_batch_64")
    given = {
        "your_resnet_model": model("resnet"),
        "your_convnext_model": model("convnext", 6),
        "history": history(0),
        "test_data": data,
        "validation_data": data,
        "resnet_model": model("resnet50"),
        "efficientnet_model": model("efficientnet", 5),
        "convnext_model": model("convnext2", 6),
        **{f"model_{index}": model(f"model_{index}") for index in range(1, 5)},
        "sweep_histories": {name: history(index) for index, name in enumerate(names)},
    }
    space: dict[str, Any] = {"keras": keras, "np": np, **given}
    left: dict[int, Any] = {}
    for index, (_, block) in enumerate(FENCE.findall(BLOCKS.read_text("utf-8"))):
        exec(block.replace("dl_techniques.analyzer", "reportgen"), space)  # noqa: S102 the guide's own words
        results = space.pop("results", None)
        left[index] = {
            "files": sorted(path.name for path in Path("analysis_results").glob("*")),
            "statuses": results and {one.id: (one.status, one.reason) for one in results.sections},
            "config": space["config"].model_dump() if "config" in space else None,
            "figure": type(space.pop("pareto_fig", None)).__name__,
        }
    return left


def analyze(folder: str, data: Any = None, models: Any = None, histories: Any = None, **options: Any) -> Any:
    """Analyze two models without figures, and return the results."""
    models = models or {"a": model("a"), "b": model("b", 6)}
    config = reportgen.AnalysisConfig(**{"save_plots": False, **options})
    return reportgen.ModelAnalyzer(models, config, histories, folder).analyze(data)


class Heard(logging.Handler):
    """Keeps what the log says."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.words.append(f"{record.levelname} {record.getMessage()}")


def options() -> dict[str, Any]:
    """Change one option after the other and keep what came of it."""
    x, y = GENERATOR.random((60, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 60)
    kept: dict[str, Any] = {}
    heard = Heard()
    logger = logging.getLogger("reportgen")
    logger.addHandler(heard)
    logger.setLevel(logging.DEBUG)
    kept["plain"] = analyze("plain", (x, y))
    kept["words"] = heard.words[:]
    kept["without figures"] = sorted(path.name for path in Path("plain").iterdir())
    kept["no data"] = analyze("nothing", None)
    kept["samples"] = analyze("samples", (x, y), n_samples=40)
    kept["dense"] = analyze("dense", None, weight_layer_types=["Dense"], analyze_biases=True)
    kept["layers"] = analyze("layers", (x, y), max_layers_heatmap=1, max_layers_info_flow=1)
    kept["bins"] = analyze("bins", (x, y), calibration_bins=5)
    histories = {"a": history(0, 18), "b": history(1, 18)}
    kept["histories"] = analyze("histories", None, histories=histories, smoothing_window=3)
    kept["rough"] = analyze("rough", None, histories=histories, smooth_training_curves=False)
    kept["threshold"] = analyze("threshold", None, histories=histories, pareto_analysis_threshold=3)
    heard.words.clear()
    analyze("quiet", None, verbose=False)
    kept["quiet"] = [word for word in heard.words if not word.startswith("DEBUG")]
    heard.words.clear()
    other = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)], name="other")
    kept["mixed"] = analyze("mixed", (x, y), {"a": model("a"), "other": other})
    kept["mixed words"] = heard.words[:]
    for form in ("svg", "pdf"):
        analyze(f"form-{form}", None, save_plots=True, save_format=form, dpi=60, plot_style="draft")
    for dpi in (50, 100):
        analyze(f"dpi-{dpi}", None, save_plots=True, dpi=dpi, max_layers_heatmap=1)
    heads = [Path(f"dpi-{dpi}", "weight_learning_journey.png").read_bytes()[16:20] for dpi in (50, 100)]
    kept["widths"] = [int.from_bytes(one, "big") for one in heads]
    kept["style"] = analyze("style", None, plot_style="presentation").output.style
    kept["forms"] = {form: sorted(path.name for path in Path(f"form-{form}").iterdir()) for form in ("svg", "pdf")}
    return kept


def several_inputs() -> Any:
    """Analyze a model with two inputs and two outputs, given as a list and as dicts."""
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    both = keras.layers.Concatenate()([left, right])
    outputs = {
        "size": keras.layers.Dense(2, activation="softmax", name="first_of_all")(both),
        "kind": keras.layers.Dense(3, activation="softmax", name="last_of_all")(both),
    }
    two = keras.Model([left, right], outputs, name="two")
    x = [GENERATOR.normal(size=(50, 4)), GENERATOR.normal(size=(50, 3))]
    y = {"kind": GENERATOR.integers(0, 3, 50), "size": GENERATOR.integers(0, 2, 50)}
    inputs = [keras.Input((4,), name="first"), keras.Input((3,), name="second")]
    renamed = keras.Model(inputs, two(inputs), name="renamed")
    listed = analyze("listed", reportgen.DataInput(x, y), {"two": two, "renamed": renamed})
    named = analyze("named", reportgen.DataInput({"left": x[0], "right": x[1]}, y), {"two": two})
    return listed, named


def training_data() -> Any:
    """Analyze a model with its training data, of which some rows are evaluated, with and without labels."""
    x, y = GENERATOR.random((40, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 40)
    more, labels = GENERATOR.random((60, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 70)
    leaky = np.concatenate([more, x[:10]])
    return tuple(
        analyze("trained", reportgen.DataInput(x, y, train=train), {"a": model("a")})
        for train in (reportgen.DataInput(leaky, labels), reportgen.DataInput(leaky))
    )


def slices_and_legacy() -> Any:
    """Analyze a model and its legacy file on slices, conditions and discovered ones, of columns as pandas has them too."""
    x, y = GENERATOR.random((120, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 120)
    one = model("a")
    one.save("legacy.h5")
    region = np.where(np.arange(120) % 3 == 0, "north", "south").astype(object)
    columns = {"region": region, "age": np.arange(120.0)}
    slices = [{"by": "region"}, {"where": "age >= 60", "name": "old"}, {"discover": True}]
    options = {"slices": slices, "allow_legacy": True, "analyze_weights": False, "analyze_information_flow": False}
    return analyze("slices", reportgen.DataInput(x, y, columns=columns), {"a": one, "old": "legacy.h5"}, **options)


def names_of_outputs() -> dict[str, list[str]]:
    """Name the outputs of a model that returns a list, of one layer twice, and of one that returns a dict."""
    one, layer = keras.Input((4,)), keras.layers.Dense(2, name="shared")
    twice = keras.Model(one, [layer(one), layer(one * 2)])
    keyed = keras.Model(one, {"z": layer(one), "a": keras.layers.Dense(3, name="own")(one)})
    assert [tensor.shape[-1] for tensor in keyed.outputs] == [3, 2]
    plain = keras.Sequential([one, layer])
    return {key: output_names(model) for key, model in (("twice", twice), ("keyed", keyed), ("plain", plain))}


def wrong() -> dict[str, str]:
    """Call what cannot be done, and keep what is said."""
    one = keras.Input((4,))
    heads = {name: keras.layers.Dense(n, activation="softmax")(one) for name, n in (("kind", 3), ("size", 2))}
    two, rows = {"two": keras.Model(one, heads)}, GENERATOR.random((20, 4))
    kind, size = GENERATOR.integers(0, 3, 20), GENERATOR.integers(0, 2, 20)
    x, y = GENERATOR.random((20, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 20)
    broken = np.where(x > 0.5, np.nan, x)
    calls: dict[str, Any] = {
        "x alone": lambda: analyze("wrong", x),
        "three": lambda: analyze("wrong", (x, y, y)),
        "lengths": lambda: analyze("wrong", (x, y[:5])),
        "labels in a list": lambda: analyze("wrong", (rows, [kind, size]), two),
        "no row": lambda: analyze("wrong", (x[:0], y[:0])),
        "not finite": lambda: analyze("wrong", (broken, y)),
        "no file": lambda: analyze("wrong", (x, y), {"a": "nowhere.keras"}),
        "no model": lambda: analyze("wrong", (x, y), {"a": object()}),
        "a legacy file": lambda: analyze("wrong", (x, y), {"a": "legacy.h5"}),
        "slices of no column": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, columns={"region": kind}), slices=[{"where": "age > 1"}]
        ),
        "slices without columns": lambda: analyze("wrong", (x, y), slices=[{"by": "region"}]),
        "short column": lambda: analyze("wrong", reportgen.DataInput(x, y, columns={"region": kind[:5]})),
        "columns in a list": lambda: analyze("wrong", reportgen.DataInput(x, y, columns=[kind])),
        "columns of the training data": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, train=reportgen.DataInput(x, columns={"region": kind}))
        ),
        "training data alone": lambda: analyze("wrong", reportgen.DataInput(x, y, train=(x, y))),
        "training data of training data": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, train=reportgen.DataInput(x, train=reportgen.DataInput(x)))
        ),
        "weights without labels": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, train=reportgen.DataInput(x, weights=np.ones(20)))
        ),
        "training data not finite": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, train=reportgen.DataInput(broken))
        ),
        "training data of another shape": lambda: analyze(
            "wrong", reportgen.DataInput(x, y, train=reportgen.DataInput(rows))
        ),
        "no history": lambda: analyze("wrong", None, None, {"a": 3}),
    }
    unlabelled = analyze("wrong", (rows, {"wrong": kind, "size": size}), two)
    said = {"other labels": unlabelled["performance"].find("accuracy", "two", "head:kind").reason}
    for name, call in calls.items():
        try:
            call()
        except (TypeError, reportgen.ReportgenError) as error:
            said[name] = f"{type(error).__name__}: {error}"
    return said


def histories_of_every_kind() -> Any:
    """Give a History of a run, its dict, and paths of a model and a history."""
    x, y = GENERATOR.random((40, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 40)
    fitted, plain = model("fitted"), model("plain")
    given = fitted.fit(x, y, validation_data=(x, y), epochs=3, verbose=0)
    plain.save("stored.keras")
    Path("stored.json").write_text(json.dumps(history(3)), "utf-8")
    models = {"fitted": fitted, "plain": plain, "stored": Path("stored.keras")}
    return analyze("kinds", None, models, {"fitted": given, "plain": history(2), "stored": "stored.json"})


def callback() -> dict[str, Any]:
    """Train with reports on the way."""
    x, y = GENERATOR.random((64, *SHAPE)).astype(np.float32), GENERATOR.integers(0, 10, 64)
    net = model("net")
    reports = reportgen.ReportCallback(reportgen.AnalysisConfig(), every=2, output_dir="training", formats=("json",))
    net.fit(x, y, validation_data=(x, y), epochs=5, verbose=0, callbacks=[reports])
    results = reportgen.load_results("training/results.json")
    kept = {"results": results, "reports": len(reports.seconds), "kinds": [one.kind for one in results.sections]}
    return kept | {"words": reports_that_fail(net, x, y), "planned": planned_before_anything_exists(net, x, y)}


def reports_that_fail(net: keras.Model, x: Any, y: Any) -> list[str]:
    """Train while every report raises something else, and return what the log says."""
    heard, errors = Heard(), iter((KeyError("lost"), SystemExit(0), RuntimeError("no device")))

    class Failing(reportgen.ReportCallback):
        def _write(self) -> None:
            raise next(errors)

    logger = logging.getLogger("reportgen")
    logger.addHandler(heard)
    trained = net.fit(x, y, epochs=3, verbose=0, callbacks=[Failing(output_dir="failed_reports")])
    logger.removeHandler(heard)
    assert len(trained.epoch) == 3
    return [*heard.words, *map(str, Path().glob("failed_reports"))]


def planned_before_anything_exists(net: keras.Model, x: Any, y: Any) -> list[str]:
    """Train with a spec whose models and data do not exist yet, and return the title and the sections of the report."""
    Path("early.toml").write_text(
        'schema_version = 1\n[report]\ntitle = "Early"\n[models.m]\npath = "not/yet.keras"\n[data]\npath = "not_yet.npz"\n'
        '[[sections]]\nkind = "weights"\n[[sections]]\nkind = "performance"\n',
        "utf-8",
    )
    net.fit(x, y, epochs=1, verbose=0, callbacks=[reportgen.ReportCallback("early.toml", output_dir="early")])
    results = reportgen.load_results("early/results.json")
    return [results.report.title, *(one.kind for one in results.sections)]


def main(file: Path) -> None:
    """Do everything."""
    found = {"guide": guide(), "options": options(), "several": several_inputs(), "callback": callback()}
    found["slices"] = slices_and_legacy()
    found["kinds"], found["wrong"] = histories_of_every_kind(), wrong()
    found["outputs"], found["trained"] = names_of_outputs(), training_data()
    file.write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
