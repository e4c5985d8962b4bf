"""The options of an analysis, with the names of the guide, and their translation into a spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from reportgen.contract.base import Strict
from reportgen.errors import ArgumentError
from reportgen.spec.tables.output import Style
from reportgen.spec.tables.sections import SliceSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Arrays = NDArray[Any] | Sequence[NDArray[Any]] | Mapping[str, NDArray[Any]]

IN_MEMORY = "(in memory)"
TRAINING_IN_MEMORY = "(training data in memory)"


class AnalysisConfig(Strict):
    """Options of :class:`ModelAnalyzer`; an unknown option, or one with a wrong value, is an :class:`ArgumentError`."""

    if not TYPE_CHECKING:  # type checkers know the options

        def __init__(self, **options: Any) -> None:
            try:
                super().__init__(**options)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(("AnalysisConfig", *map(str, first["loc"])))
                raise ArgumentError(f"{where}: {first['msg'].lower()} (found {first['input']!r})") from error

    analyze_weights: bool = True
    """Analyze weights: norms, spectra, health."""
    analyze_calibration: bool = True
    """Analyze confidence and calibration."""
    analyze_information_flow: bool = True
    """Analyze activations layer by layer."""
    analyze_training_dynamics: bool = True
    """Analyze training histories."""
    n_samples: int | None = Field(default=1000, ge=1)
    """Maximum number of rows to evaluate (a seeded, label-stratified sample); None for all."""
    weight_layer_types: tuple[str, ...] | None = None
    """Layer classes whose weights are analyzed; None for all."""
    analyze_biases: bool = False
    """Also analyze biases."""
    compute_weight_pca: bool = True
    """Compare the models: predictions, representations and weights."""
    calibration_bins: int = Field(default=15, ge=2)
    """Number of bins for the expected calibration error."""
    smooth_training_curves: bool = True
    """Draw a moving average of training curves of six windows or more; metrics always use the raw values."""
    smoothing_window: int = Field(default=5, ge=2)
    """Number of epochs in the moving average."""
    slices: tuple[SliceSpec, ...] = ()
    """Parts of the rows, each a dict as in ``[[slices]]`` of a spec: ``{"by": "region"}``, ``{"where": "age >= 65"}``; their columns are those of the data."""
    allow_legacy: bool = False
    """Also read legacy ``.h5`` files and SavedModel folders, where models are given as paths. Only for files that you trust."""
    plot_style: Style = "publication"
    """Style of the figures."""
    save_plots: bool = True
    """Save the figures of the guide."""
    save_format: Literal["png", "pdf", "svg"] = "png"
    """File format of the figures."""
    dpi: int = Field(default=300, ge=50, le=1200)
    """Dots per inch of png."""
    max_layers_heatmap: int = Field(default=12, ge=1)
    """Maximum number of tensors in the health heatmap of the weights."""
    max_layers_info_flow: int = Field(default=8, ge=1)
    """Maximum number of layers in the health dashboard of the activations."""
    pareto_analysis_threshold: int = Field(default=2, ge=2)
    """Minimum number of models for a Pareto analysis."""
    verbose: bool = True
    """Show progress, and log what is skipped."""

    def sections(self) -> list[dict[str, Any]]:
        """Return the spec sections for these options; sections without their input are skipped with a reason."""
        wanted: list[tuple[bool, dict[str, Any]]] = [
            (True, {"kind": "summary"}),
            (True, {"kind": "overview"}),
            (True, {"kind": "performance"}),
            (bool(self.slices), {"kind": "slices"}),
            (self.analyze_calibration, {"kind": "calibration", "bins": self.calibration_bins}),
            (
                self.analyze_training_dynamics,
                {
                    "kind": "training_dynamics",
                    "smooth": self.smooth_training_curves,
                    "smoothing_window": self.smoothing_window,
                },
            ),
            (
                self.analyze_weights,
                {
                    "kind": "weights",
                    "layer_types": list(self.weight_layer_types or ()),
                    "include_biases": self.analyze_biases,
                    "max_layers_heatmap": self.max_layers_heatmap,
                },
            ),
            (self.analyze_information_flow, {"kind": "information_flow", "max_layers": self.max_layers_info_flow}),
            (self.compute_weight_pca, {"kind": "similarity"}),
            (self.analyze_training_dynamics, {**_PARETO, "min_models": self.pareto_analysis_threshold}),
        ]
        return [{**section, "optional": True} for asked, section in wanted if asked]


_TRADED = ("training_dynamics.peak_performance", "training_dynamics.overfitting_index")
_PARETO: dict[str, Any] = {
    "kind": "pareto",
    "objectives": [*_TRADED],
    "heatmap": [*_TRADED, "training_dynamics.epochs_to_convergence"],
}
"""The Pareto analysis of the guide: accuracy against overfitting."""


@dataclass(frozen=True)
class DataInput:
    """Data for an analysis.

    Parameters
    ----------
    x_data
        Inputs, (n, ...); for several inputs a list in the order of the model's inputs, or a dict by name.
    y_data
        Labels: integers, one-hot or soft rows, or text, (n, ...); for several outputs a dict by name; None if unlabeled.
    groups
        What every row belongs to, (n,) numbers or text, such as the patient: intervals and tests are clustered by it; None if the
        rows are independent.
    weights
        Weight of every row, (n,), not negative; rows with weight 0 are left out; None if all weigh the same.
    columns
        Arrays by name, (n,) numbers or text each, that ``AnalysisConfig.slices`` can name; None without slices.
    train
        The training data: which rows of the data are in it too, and with its labels the generalization gap; None if unknown.
    """

    x_data: Arrays
    y_data: Arrays | None = None
    groups: NDArray[Any] | Sequence[Any] | None = None
    weights: NDArray[Any] | Sequence[float] | None = None
    columns: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None
    train: DataInput | None = None

    @classmethod
    def from_tuple(cls, data: tuple[Any, Any]) -> DataInput:
        """Create it from (x, y)."""
        if not isinstance(data, tuple) or len(data) != len(("x", "y")):
            found = f"a tuple of {len(data)}" if isinstance(data, tuple) else type(data).__name__
            raise ArgumentError(f"data must be a DataInput, a tuple (x, y), or None (found {found})")
        x, y = data
        return cls(x, y)
