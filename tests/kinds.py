"""Writes a model of every kind that the documentation lists, data for them, and what scikit-learn says of their predictions.

``python kinds.py FOLDER NAME ...`` writes the named kinds. ``KINDS`` is the table: the row of ``docs/models.md`` that a kind belongs to,
what makes the model, and what its report must say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS = """
import keras
import numpy as np

@keras.saving.register_keras_serializable(package="kinds")
class Doubling(keras.layers.Layer):
    def call(self, x):
        return 2 * x

@keras.saving.register_keras_serializable(package="kinds")
class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.body = keras.layers.Dense(5, activation="relu")
        self.head = keras.layers.Dense(3, activation="softmax")
    def call(self, x):
        return self.head(self.body(x))

@keras.saving.register_keras_serializable(package="kinds")
class TwoHeads(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.kind = keras.layers.Dense(3, activation="softmax")
        self.size = keras.layers.Dense(1)
    def call(self, x):
        return {"kind": self.kind(x), "size": self.size(x)}

@keras.saving.register_keras_serializable(package="kinds")
def own_loss(y, p):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, p))

@keras.saving.register_keras_serializable(package="kinds")
def gate(x):
    return x * keras.ops.sigmoid(x)

def make():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    return model
"""
CLASSES = ("zero", "one", "two")
DATA = {
    "pair": 'x = { left = "left", right = "right" }',
    "heads": 'y = { kind = "kind", size = "size" }',
    "positions": 'y = { area = "area", tags = "tags" }\nignore_label = { area = 255, tags = -1 }',
    "tasks": 'y = { yes = "yes", several = "several", value = "value", values = "values" }',
}
"""What ``[data]`` says beside the path, by data set."""
UNDECIDED = "neither|shows? whether the outputs are logits or"
NO_LAYERS = "a SavedModel is a graph without layers"
FLOAT16, BFLOAT16 = 2.0**-10, 2.0**-7


class Kind(NamedTuple):
    """A kind of model.

    Attributes
    ----------
    name
        Name of the model and of its file.
    row
        The row of the table in the documentation.
    make
        Makes it; called with :class:`Maker`.
    spec
        What the spec says beside the path.
    data
        The data set.
    saved
        How it is saved.
    tolerance
        Largest relative difference of the NLL from scikit-learn's: float32, or the precision of the outputs.
    unmeasured
        A part of the reason why its head has no numbers; empty if it has.
    measured
        What its numbers are compared by: those of ``classes``, of ``ordinal`` ones, of a ``sigmoid`` or ``sigmoids``, of ``values``, of a ``normal`` distribution of each stated spread, or of ``quantiles``.
    quick
        Whether it is part of ``make test``; all are part of ``make matrix``.
    """

    name: str
    row: str
    make: Callable[[Maker], Any]
    spec: str = ""
    data: str = "rows"
    saved: Literal[".keras", ".h5", "/", ""] = ".keras"
    tolerance: float = 1e-5
    unmeasured: str = ""
    measured: str = "classes"
    quick: bool = False


PROBABILITIES, LOGITS = 'outputs = "probabilities"', 'outputs = "logits"'
BOTH = 'outputs = { kind = "probabilities", size = "values" }'
LEGACY = "allow_legacy = true"
LEVELS = (0.1, 0.5, 0.9)
QUANTILES = f"quantiles = {list(LEVELS)}"


def own(*names: str) -> str:
    """Return the line of a spec that names custom objects."""
    return "custom_objects = [" + ", ".join(f'"./layers.py:{name}"' for name in names) + "]"


class Maker:
    """Makes models of three classes from four inputs."""

    def __init__(self, folder: Path) -> None:
        import keras
        import numpy as np

        sys.path.insert(0, str(folder))
        import layers

        self.keras, self.own, self.np = keras, layers, np
        self.layers, self.ops = keras.layers, keras.ops
        self.random = np.random.default_rng(0)

    def head(self, activation: str | None = "softmax", **options: Any) -> Any:
        """Return a dense layer of three units."""
        return self.layers.Dense(3, activation=activation, **options)

    def then(self, *layers: Any, shape: tuple[int, ...] = (4,), **options: Any) -> Any:
        """Return a Functional model of layers or functions, one after another."""
        first = made = self.keras.Input(shape, **options)
        for layer in layers:
            made = layer(made)
        return self.keras.Model(first, made)

    def stack(self, *layers: Any, shape: tuple[int, ...] = (4,)) -> Any:
        """Return a Sequential model."""
        return self.keras.Sequential([self.keras.Input(shape), *layers])

    def hidden(self, units: int = 5) -> Any:
        """Return a hidden layer."""
        return self.layers.Dense(units, activation="relu")

    def compiled(self, model: Any, loss: Any) -> Any:
        """Return a model after compiling it."""
        model.compile(loss=loss)
        return model

    def called(self, model: Any) -> Any:
        """Return a subclassed model after calling it once."""
        model(self.np.zeros((1, 4), "float32"))
        return model

    def under(self, policy: str, make: Callable[[], Any]) -> Any:
        """Return a model that is made under a dtype policy."""
        before = self.keras.config.dtype_policy()
        self.keras.config.set_dtype_policy(policy)
        try:
            return make()
        finally:
            self.keras.config.set_dtype_policy(before)

    def quantized(self, mode: str) -> Any:
        """Return a model with quantized layers."""
        model = self.stack(self.hidden(16), self.head())
        model.quantize(mode)
        return model

    def lora(self) -> Any:
        """Return a model whose layers have been adapted."""
        model = self.stack(self.hidden(16), self.head())
        for layer in model.layers:
            layer.enable_lora(2)
            layer.lora_kernel_b.assign(self.random.normal(size=layer.lora_kernel_b.shape))
        return model

    def pair(self, form: type) -> Any:
        """Return a model with two inputs as a list, tuple or dict."""
        left, right = self.keras.Input((4,), name="left"), self.keras.Input((3,), name="right")
        given = {"left": left, "right": right} if form is dict else form([left, right])
        return self.keras.Model(given, self.head()(self.layers.Concatenate()([left, right])))

    def heads(self, form: type) -> Any:
        """Return a model with two outputs as a list, tuple or dict."""
        first = self.keras.Input((4,))
        kind, size = self.head(name="kind")(first), self.layers.Dense(1, name="size")(first)
        return self.keras.Model(first, {"kind": kind, "size": size} if form is dict else form([kind, size]))

    def positions(self, activation: str | None = "softmax", *, masked: bool = False, loss: Any = None) -> Any:
        """Return a model of images with a class for every pixel, and one for every row of pixels, each a token."""
        first = self.keras.Input((8, 8, 3))
        half = self.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(first)
        whole = self.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(half)
        area = self.layers.Conv2D(3, 1, activation=activation, name="area")(whole)
        tokens = self.layers.Reshape((8, 24))(first)
        if masked:
            tokens = self.layers.Masking()(tokens)
        tokens = self.layers.Bidirectional(self.layers.GRU(4, return_sequences=True))(tokens)
        tags = self.layers.TimeDistributed(self.head(activation), name="tags")(tokens)
        return self.compiled(self.keras.Model(first, [area, tags]), None if loss is None else [loss, loss])

    def images(self, *layers: Any) -> Any:
        """Return a model of images of 8 × 8 pixels."""
        return self.stack(*layers, shape=(8, 8, 3))

    def first(self, *layers: Any) -> Any:
        """Return a model of images whose channels come first."""
        return self.stack(*layers, shape=(3, 8, 8))

    def tokens(self, *layers: Any) -> Any:
        """Return a model of six tokens."""
        return self.stack(self.layers.Embedding(20, 8), *layers, self.head(), shape=(6,))

    def spread(self, activation: str | None) -> Any:
        """Return a model that predicts a mean, and a spread with an activation."""
        return self.then(
            self.hidden(),
            lambda x: self.layers.Concatenate()(
                [self.layers.Dense(1)(x), self.layers.Dense(1, activation=activation)(x)]
            ),
        )

    def attention(self) -> Any:
        """Return a model of six tokens with an attention layer."""
        first = self.keras.Input((6,))
        embedded = self.layers.Embedding(20, 8)(first)
        attended = self.layers.MultiHeadAttention(2, 4)(embedded, embedded)
        return self.keras.Model(first, self.head()(self.layers.GlobalAveragePooling1D()(attended)))


KINDS = (
    Kind("sequential", "Sequential", lambda m: m.stack(m.hidden(), m.head()), quick=True),
    Kind("functional", "Functional", lambda m: m.then(m.hidden(), m.layers.BatchNormalization(), m.head())),
    Kind("subclassed", "Subclassed, registered", lambda m: m.called(m.own.Subclassed()), f"{PROBABILITIES}\n{own('Subclassed')}", quick=True),
    Kind("subclassed_compiled", "Subclassed, registered", lambda m: m.compiled(m.called(m.own.Subclassed()), "sparse_categorical_crossentropy"), own("Subclassed")),
    Kind("subclassed_inside", "Subclassed, registered", lambda m: m.then(m.called(m.own.Subclassed())), f"{PROBABILITIES}\n{own('Subclassed')}"),
    Kind("nested", "Nested", lambda m: m.then(m.stack(m.hidden(), m.head())), quick=True),
    Kind("nested_twice", "Nested", lambda m: m.then(m.stack(m.then(m.hidden(), m.head())))),
    Kind("shared", "Shared layers", lambda m: m.then(*[m.layers.Dense(4, activation="tanh")] * 2, m.head()), quick=True),
    Kind("custom_layer", "Custom layers and functions", lambda m: m.then(m.head(None), m.own.Doubling(), m.layers.Softmax()), own("Doubling"), quick=True),
    Kind("custom_function", "Custom layers and functions", lambda m: m.then(m.layers.Dense(5, activation=m.own.gate), m.head()), own("gate")),
    Kind("custom_loss", "Custom losses", lambda m: m.compiled(m.then(m.head()), m.own.own_loss), own("own_loss")),
    Kind("custom_loss_unnamed", "Custom losses", lambda m: m.compiled(m.then(m.head()), m.own.own_loss)),
    Kind("logits_compiled", "Head in logits", lambda m: m.compiled(m.then(m.head(None)), m.keras.losses.SparseCategoricalCrossentropy(from_logits=True)), quick=True),
    Kind("logits_declared", "Head in logits", lambda m: m.then(m.head(None)), LOGITS),
    Kind("logits_unknown", "Head in logits", lambda m: m.then(m.head(None)), unmeasured=UNDECIDED),
    Kind("log_softmax", "Head in logits", lambda m: m.then(m.head("log_softmax")), quick=True),
    Kind("softmax_layer", "Separate softmax", lambda m: m.then(m.head(None), m.layers.Softmax())),
    Kind("activation", "Separate softmax", lambda m: m.then(m.head(None), m.layers.Activation("softmax"))),
    Kind("ops_softmax", "Separate softmax", lambda m: m.then(m.head(None), m.ops.softmax)),
    Kind("activation_function", "Separate softmax", lambda m: m.then(m.head(None), m.keras.activations.softmax)),
    Kind("temperature", "Separate softmax", lambda m: m.then(m.head(None), m.layers.Rescaling(0.5), m.layers.Softmax())),
    Kind("identity_after", "Softmax followed by what changes nothing", lambda m: m.then(m.head(), m.layers.Identity())),
    Kind("dropout_after", "Softmax followed by what changes nothing", lambda m: m.then(m.head(), m.layers.Dropout(0.5)), quick=True),
    Kind("cast_after", "Softmax followed by what changes nothing", lambda m: m.then(m.head(), m.layers.Activation("linear", dtype="float32"))),
    Kind("nested_cast_after", "Softmax followed by what changes nothing", lambda m: m.then(m.stack(m.head(), m.layers.Identity()), m.layers.Activation("linear"))),
    Kind("flatten_after", "Softmax followed by what changes nothing", lambda m: m.images(m.layers.Conv2D(4, 3), m.layers.Conv2D(3, 6, activation="softmax"), m.layers.Flatten()), data="images"),
    Kind("reshape_after", "Softmax followed by what changes nothing", lambda m: m.images(m.layers.Conv2D(3, 8, activation="softmax"), m.layers.Reshape((3,))), data="images"),
    Kind("wrapped", "Head in a wrapper", lambda m: m.then(m.layers.SpectralNormalization(m.head())), quick=True),
    Kind("wrapped_logits", "Head in a wrapper", lambda m: m.then(m.layers.SpectralNormalization(m.head(None)), m.layers.Softmax())),
    Kind("wrapped_convolution", "Head in a wrapper", lambda m: m.images(m.layers.SpectralNormalization(m.layers.Conv2D(3, 8, activation="softmax")), m.layers.Flatten()), data="images"),
    Kind("average", "Mean of several softmaxes", lambda m: m.then(lambda x: m.layers.Average()([m.head()(x), m.head()(x)])), PROBABILITIES),
    Kind("average_unknown", "Mean of several softmaxes", lambda m: m.then(lambda x: m.layers.Average()([m.head()(x), m.head()(x)])), unmeasured=UNDECIDED),
    *(
        Kind(policy, "Mixed precision, float16, bfloat16, float64", lambda m, p=policy: m.under(p, lambda: m.stack(m.hidden(), m.head())), tolerance=tolerance, quick=policy == "float16")  # type: ignore[misc]
        for policy, tolerance in {"mixed_float16": FLOAT16, "mixed_bfloat16": BFLOAT16, "float16": FLOAT16, "bfloat16": BFLOAT16, "float64": 1e-9}.items()
    ),
    *(
        Kind(f"{policy}_float32_head", "Mixed precision, float16, bfloat16, float64", lambda m, p=policy: m.under(p, lambda: m.stack(m.hidden(), m.head(None), m.layers.Activation("softmax", dtype="float32"))), tolerance=tolerance)  # type: ignore[misc]
        for policy, tolerance in {"mixed_float16": FLOAT16, "mixed_bfloat16": BFLOAT16}.items()
    ),
    *(
        Kind(mode, "int8, int4 and float8 weights", lambda m, mode=mode: m.quantized(mode), quick=mode == "int8")  # type: ignore[misc]
        for mode in ("int8", "int4", "float8")
    ),
    Kind("int8_inputs", "int8 inputs", lambda m: m.then(m.layers.Rescaling(1 / 128), m.head(), dtype="int8"), data="small"),
    Kind("int8_to_float", "int8 inputs", lambda m: m.then(m.layers.Rescaling(1 / 128), m.head()), data="small"),
    Kind("lora", "Layers adapted with LoRA", lambda m: m.lora(), quick=True),
    Kind("convolutions", "Convolutions, channels last", lambda m: m.images(m.layers.Conv2D(4, 3), m.layers.SeparableConv2D(4, 3), m.layers.GlobalAveragePooling2D(), m.head()), data="images"),
    Kind("augmenting", "Convolutions, channels last", lambda m: m.images(m.layers.RandomFlip(), m.layers.RandomRotation(0.1), m.layers.Flatten(), m.head()), data="images"),
    Kind("first", "Convolutions, channels first", lambda m: m.first(m.layers.Conv2D(4, 3, data_format="channels_first"), m.layers.Flatten(), m.head()), data="first", unmeasured="channels come first in this model, which TensorFlow computes on a GPU only; save it with channels_last"),
    Kind("first_pooled", "Convolutions, channels first", lambda m: m.first(m.layers.MaxPooling2D(data_format="channels_first"), m.layers.Flatten(), m.head()), data="first"),
    Kind("recurrent", "Recurrent, attention", lambda m: m.tokens(m.layers.LSTM(5)), data="tokens"),
    Kind("bidirectional", "Recurrent, attention", lambda m: m.tokens(m.layers.Bidirectional(m.layers.GRU(5))), data="tokens"),
    Kind("attention", "Recurrent, attention", lambda m: m.attention(), data="tokens"),
    *(Kind(f"inputs_{form.__name__}", "Several inputs: dict, list, tuple", lambda m, form=form: m.pair(form), data="pair") for form in (dict, list, tuple)),  # type: ignore[misc]
    *(Kind(f"heads_{form.__name__}", "Several outputs: dict, list, tuple", lambda m, form=form: m.heads(form), data="heads") for form in (dict, list, tuple)),  # type: ignore[misc]
    Kind("heads_subclassed", "Several outputs: dict, list, tuple", lambda m: m.called(m.own.TwoHeads()), f"{BOTH}\n{own('TwoHeads')}", data="heads"),
    Kind("sigmoid", "One sigmoid: two classes", lambda m: m.then(m.hidden(), m.layers.Dense(1, activation="sigmoid", name="yes")), data="tasks", measured="sigmoid"),
    Kind("sigmoid_logits", "One sigmoid: two classes", lambda m: m.compiled(m.then(m.layers.Dense(1, name="yes")), m.keras.losses.BinaryCrossentropy(from_logits=True)), data="tasks", measured="sigmoid"),
    Kind("sigmoids", "Several sigmoids: any of several classes", lambda m: m.then(m.hidden(), m.head("sigmoid", name="several")), data="tasks", measured="sigmoids"),
    Kind("sigmoids_logits", "Several sigmoids: any of several classes", lambda m: m.compiled(m.then(m.head(None, name="several")), m.keras.losses.BinaryCrossentropy(from_logits=True)), data="tasks", measured="sigmoids"),
    Kind("value", "Values", lambda m: m.compiled(m.then(m.hidden(), m.layers.Dense(1, name="value")), "mse"), data="tasks", measured="values"),
    Kind("values", "Values", lambda m: m.then(m.hidden(), m.layers.Dense(2, name="values")), 'outputs = "values"', data="tasks", measured="values"),
    Kind("ordinal", "Classes in an order", lambda m: m.then(m.hidden(), m.head()), 'task = "ordinal"', measured="ordinal", quick=True),
    Kind("mean_and_sd", "Mean and spread of a value", lambda m: m.spread("softplus"), 'outputs = "mean_and_sd"', measured="normal sd", quick=True),
    Kind("mean_and_variance", "Mean and spread of a value", lambda m: m.spread("softplus"), 'outputs = "mean_and_variance"', measured="normal variance"),
    Kind("mean_and_log_variance", "Mean and spread of a value", lambda m: m.spread(None), 'outputs = "mean_and_log_variance"', measured="normal log-variance", quick=True),
    Kind("quantiles", "Quantiles of a value", lambda m: m.then(m.hidden(), m.layers.Dense(3)), QUANTILES, measured="quantiles", quick=True),
    Kind("positions_softmax", "Segmentation and sequence labeling", lambda m: m.positions(), data="positions"),
    Kind("positions_logits", "Segmentation and sequence labeling", lambda m: m.positions(None), 'outputs = { area = "logits", tags = "logits" }', data="positions", quick=True),
    Kind("positions_compiled", "Segmentation and sequence labeling", lambda m: m.positions(None, loss=m.keras.losses.SparseCategoricalCrossentropy(from_logits=True)), data="positions"),
    Kind("positions_float16", "Segmentation and sequence labeling", lambda m: m.under("mixed_float16", m.positions), data="positions", tolerance=FLOAT16),
    Kind("positions_masked", "Segmentation and sequence labeling", lambda m: m.positions(masked=True), data="positions", quick=True),
    Kind("embedding", "Embeddings and generators, without a task", lambda m: m.then(m.hidden(8), m.layers.Dense(6)), unmeasured=UNDECIDED, quick=True),
    Kind("generator", "Embeddings and generators, without a task", lambda m: m.then(m.layers.Dense(48), m.layers.Reshape((4, 4, 3)), m.layers.Conv2DTranspose(3, 3, activation="tanh")), unmeasured=UNDECIDED),
    Kind("function", "Made by a function", lambda m: m.own.make(), saved="", quick=True),
    Kind("hdf5", "Legacy HDF5 (`.h5`)", lambda m: m.compiled(m.stack(m.hidden(), m.head()), "sparse_categorical_crossentropy"), LEGACY, saved=".h5", quick=True),
    Kind("hdf5_custom", "Legacy HDF5 (`.h5`)", lambda m: m.then(m.head(None), m.own.Doubling(), m.layers.Softmax()), f"{LEGACY}\n{own('Doubling')}", saved=".h5"),
    Kind("saved_model", "SavedModel", lambda m: m.stack(m.hidden(), m.head()), f"{LEGACY}\n{PROBABILITIES}", saved="/", quick=True),
    Kind("saved_model_unknown", "SavedModel", lambda m: m.stack(m.hidden(), m.head()), LEGACY, saved="/", unmeasured=UNDECIDED),
    Kind("saved_model_pair", "SavedModel", lambda m: m.pair(list), f"{LEGACY}\n{PROBABILITIES}", data="pair", saved="/"),
    Kind("saved_model_heads", "SavedModel", lambda m: m.heads(dict), f"{LEGACY}\n{BOTH}", data="heads", saved="/"),
)  # fmt: skip


def entry(kind: Kind) -> str:
    """Return the table of a kind in a spec."""
    origin = f'path = "{kind.name}{kind.saved}"' if kind.saved else 'function = "./layers.py:make"'
    return f'[models.{kind.name}]\n{origin}\nhistory = "history.json"\n{kind.spec}\n'


def _data(folder: Path) -> dict[str, Any]:
    """Write the data sets; return their inputs by name."""
    import numpy as np

    random, n = np.random.default_rng(1), 60
    x, y = random.normal(size=(n, 4)).astype(np.float32), np.arange(n) % 3
    images = random.normal(size=(n, 8, 8, 3)).astype(np.float32)
    single = {
        "rows": x,
        "small": random.integers(-100, 100, (n, 4)).astype(np.int8),
        "images": images,
        "first": images.transpose(0, 3, 1, 2),
        "tokens": random.integers(0, 20, (n, 6)),
    }
    for name, array in single.items():
        np.savez(folder / f"{name}.npz", x=array, y=y)
    pair = {"left": x, "right": x[:, :3]}
    np.savez(folder / "pair.npz", **pair, y=y)
    np.savez(folder / "heads.npz", x=x, kind=y, size=random.normal(size=n))
    several = random.integers(0, 2, (n, 3))
    np.savez(folder / "tasks.npz", x=x, yes=y > 0, several=several, value=x[:, 0], values=x[:, :2] * 2 + 1)
    padded, area, tags = images.copy(), random.integers(0, 3, (n, 8, 8)), random.integers(0, 3, (n, 8))
    padded[:, 6:], area[:, 0], tags[:, 7] = 0, 255, -1
    np.savez(folder / "positions.npz", x=padded, area=area, tags=tags)
    return {**single, "pair": pair, "heads": x, "positions": padded, "tasks": x}


def _saved(kind: Kind, model: Any, maker: Maker, folder: Path) -> Any:
    """Save a model, and return it as it is loaded again."""
    path = folder / f"{kind.name}{kind.saved}"
    if not kind.saved:
        return model
    if kind.saved == "/":
        model.export(path, verbose=False)
        return model
    model.save(path)
    return maker.keras.saving.load_model(path, compile=False)


def _of_values(kind: Kind, model: Any, inputs: Any, labels: Any) -> dict[str, float]:
    """Return the scores of classes in an order and of predicted distributions: by scikit-learn, and by numerical integration."""
    import numpy as np
    from scipy import integrate, stats
    from sklearn import metrics

    parts, y = model.predict(inputs, verbose=0).astype(np.float64), labels["y"].astype(np.float64)
    if kind.measured == "ordinal":
        predicted = parts.argmax(axis=1)
        return {
            "performance.accuracy": float(metrics.accuracy_score(y, predicted)),
            "performance.nll": float(metrics.log_loss(y, parts, labels=[0, 1, 2])),
            "performance.quadratic_kappa": float(metrics.cohen_kappa_score(y, predicted, weights="quadratic")),
            "performance.class_mae": float(metrics.mean_absolute_error(y, predicted)),
        }
    if kind.measured == "quantiles":
        losses = [metrics.mean_pinball_loss(y, part, alpha=level) for part, level in zip(parts.T, LEVELS, strict=True)]
        crossed = float((np.diff(parts, axis=1) < 0).any(axis=1).mean())
        return {
            "performance.mae": float(metrics.mean_absolute_error(y, parts[:, 1])),
            "performance.pinball_loss": float(np.mean(losses)),
            "calibration.crossing_rows": crossed,
            "calibration.quantile_coverage level:0.9": float((y <= parts[:, 2]).mean()),
        }
    spread = {"normal sd": lambda s: s, "normal variance": np.sqrt, "normal log-variance": lambda s: np.exp(s / 2)}
    normal = stats.norm(parts[:, 0], spread[kind.measured](parts[:, 1]))
    low, high = normal.interval(0.9)

    def squares(x: float) -> Any:
        return (normal.cdf(x) - (y <= x)) ** 2

    crps = integrate.quad_vec(squares, -30, 30, points=[-1, 0, 1, 2, 3], epsabs=1e-9)[0]
    return {
        "performance.mae": float(metrics.mean_absolute_error(y, parts[:, 0])),
        "performance.crps": float(crps.mean()),
        "calibration.scale_factor": float(np.sqrt((((y - normal.mean()) / normal.std()) ** 2).mean())),
        "calibration.interval_coverage level:0.9": float(((low <= y) & (y <= high)).mean()),
    }


def _of_tasks(kind: Kind, model: Any, inputs: Any, labels: Any) -> dict[str, float]:
    """Return scikit-learn's scores of one sigmoid, of several, and of values; where they are several, of each."""
    import numpy as np
    from scipy.special import expit
    from sklearn import metrics

    found = model.predict(inputs, verbose=0).astype(np.float64)
    y = labels[model.layers[-1].name]
    if kind.measured == "values":
        several = found.shape[1] > 1
        return {
            f"performance.{name}{f' head:{place}' if several else ''}": float(
                score(y.reshape(len(y), -1)[:, place], one)
            )
            for place, one in enumerate(found.T)
            for name, score in (
                ("mae", metrics.mean_absolute_error),
                ("rmse", metrics.root_mean_squared_error),
                ("r_squared", metrics.r2_score),
            )
        }
    p = expit(found) if kind.name.endswith("_logits") else found
    if kind.measured == "sigmoid":
        return {
            "performance.accuracy": float(metrics.accuracy_score(y, p[:, 0] > 0.5)),
            "performance.nll": float(metrics.log_loss(y, p[:, 0])),
            "performance.roc_auc": float(metrics.roc_auc_score(y, p[:, 0])),
        }
    return {
        "performance.exact_match": float(metrics.accuracy_score(y, p > 0.5)),
        "performance.hamming_loss": float(metrics.hamming_loss(y, p > 0.5)),
        "performance.micro_f1": float(metrics.f1_score(y, p > 0.5, average="micro")),
        "performance.nll": float(np.mean([metrics.log_loss(y[:, place], p[:, place]) for place in range(3)])),
    }


def _numbers(model: Any, inputs: Any, labels: Any, tolerance: float) -> dict[str, float]:
    """Return accuracy and NLL of the class head, its share of tied rows, and the RMSE of a second one, from predictions."""
    import numpy as np
    from sklearn import metrics

    returned = model.predict(inputs, verbose=0)
    outputs = list(returned.values()) if isinstance(returned, dict) else returned
    several = isinstance(outputs, list | tuple)
    z = np.asarray(outputs[0] if several else outputs).astype(np.float64)
    if (z < 0).any():
        z = np.exp(z - z.max(axis=1, keepdims=True))
    p, y = z / z.sum(axis=1, keepdims=True), labels["kind" if several else "y"]
    second, top = np.sort(p, axis=1)[:, -2:].T
    found = {
        "tied": float((top - second <= tolerance).mean()),
        "accuracy": float(metrics.accuracy_score(y, p.argmax(axis=1))),
        "nll": float(metrics.log_loss(y, p, labels=[0, 1, 2])),
    }
    if several:
        found["rmse"] = float(metrics.root_mean_squared_error(labels["size"], np.asarray(outputs[1])[:, 0]))
    return found


def _numbers_of_positions(model: Any, inputs: Any, labels: Any, tolerance: float) -> dict[str, float]:
    """Return mean IoU, token accuracy and the NLL of both heads, of the positions that count, and the shares of tied ones."""
    import numpy as np
    from sklearn import metrics

    found = {}
    masked = any(type(layer).__name__ == "Masking" for layer in model.layers)
    for (head, ignored), z in zip({"area": 255, "tags": -1}.items(), model.predict(inputs, verbose=0), strict=True):
        counted = labels[head] != ignored
        if masked and head == "tags":
            counted &= inputs.any(axis=(2, 3))
        chosen = z[counted].astype(np.float64)
        if not np.allclose(chosen.sum(axis=1), 1, atol=1e-2):
            chosen = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        p, y = chosen / chosen.sum(axis=1, keepdims=True), labels[head][counted]
        second, top = np.sort(p, axis=1)[:, -2:].T
        score = (
            metrics.jaccard_score(y, p.argmax(axis=1), average="macro")
            if head == "area"
            else metrics.accuracy_score(y, p.argmax(axis=1))
        )
        found |= {
            head: float(score),
            f"{head}_positions": int(counted.sum()),
            f"{head}_nll": float(metrics.log_loss(y, p, labels=[0, 1, 2])),
            f"{head}_tied": float((top - second <= tolerance).mean()),
        }
    return found


def main(folder: Path, names: list[str]) -> None:
    """Write the data, the named kinds, and the expected numbers of those that are measured."""
    import keras
    import numpy as np

    (folder / "layers.py").write_text(LAYERS, "utf-8")
    (folder / "history.json").write_text(json.dumps({"loss": [1, 0.5, 0.4], "val_loss": [1, 0.6, 0.7]}), "utf-8")
    inputs, maker = _data(folder), Maker(folder)
    expected = {}
    for kind in KINDS:
        if kind.name not in names:
            continue
        keras.utils.set_random_seed(len(expected))
        model = _saved(kind, kind.make(maker), maker, folder)
        if not kind.unmeasured:
            with np.load(folder / f"{kind.data}.npz") as labels:
                given = inputs[kind.data], labels
                if kind.data == "positions":
                    expected[kind.name] = _numbers_of_positions(model, *given, kind.tolerance)
                elif kind.data == "tasks":
                    expected[kind.name] = _of_tasks(kind, model, *given)
                elif kind.measured == "classes":
                    expected[kind.name] = _numbers(model, *given, kind.tolerance)
                else:
                    expected[kind.name] = _of_values(kind, model, *given)
    (folder / "expected.json").write_text(json.dumps(expected), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
