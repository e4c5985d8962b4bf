"""What an analysis is asked for, by the names of the guide, and how that is said in a spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.spec.model import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Arrays = NDArray[Any] | Sequence[NDArray[Any]] | Mapping[str, NDArray[Any]]

IN_MEMORY = "(in memory)"


class AnalysisConfig(Strict):
    """Options of :class:`ModelAnalyzer`; an unknown one is an error."""

    analyze_weights: bool = True
    """Weights: norms, spectra, health."""
    analyze_calibration: bool = True
    """Confidence and calibration."""
    analyze_information_flow: bool = True
    """Activations, layer by layer."""
    analyze_training_dynamics: bool = True
    """Training histories."""
    n_samples: int | None = Field(default=1000, ge=1)
    """Most rows that are evaluated: a seeded, label-stratified sample; None for all."""
    weight_layer_types: tuple[str, ...] | None = None
    """Classes of the layers whose weights are analysed; None for all."""
    analyze_biases: bool = False
    """Analyse biases as well."""
    compute_weight_pca: bool = True
    """Compare the models: predictions, representations, and the map of their weights."""
    calibration_bins: int = Field(default=15, ge=2)
    """Bins of the expected calibration error."""
    smooth_training_curves: bool = True
    """Draw a moving average over training curves; no number is read off it."""
    smoothing_window: int = Field(default=5, ge=2)
    """Epochs in the moving average."""
    plot_style: Style = "publication"
    """Look of the figures."""
    save_plots: bool = True
    """Write the figures of the guide."""
    save_format: Literal["png", "pdf", "svg"] = "png"
    """Their file format."""
    dpi: int = Field(default=300, ge=50, le=1200)
    """Dots per inch of png."""
    max_layers_heatmap: int = Field(default=12, ge=1)
    """Tensors in the health heatmap of the weights."""
    max_layers_info_flow: int = Field(default=8, ge=1)
    """Layers in the health dashboard of the activations."""
    pareto_analysis_threshold: int = Field(default=2, ge=2)
    """Models that a Pareto analysis needs."""
    verbose: bool = True
    """Show progress, and say on the log what is skipped."""

    def sections(self) -> list[dict[str, Any]]:
        """Return the sections of the spec that these options ask for; what lacks its input is skipped with a reason."""
        wanted: list[tuple[bool, dict[str, Any]]] = [
            (True, {"kind": "summary"}),
            (True, {"kind": "overview"}),
            (True, {"kind": "performance"}),
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
            (self.analyze_training_dynamics, {"kind": "pareto", "min_models": self.pareto_analysis_threshold}),
        ]
        return [{**section, "optional": True} for asked, section in wanted if asked]


@dataclass(frozen=True)
class DataInput:
    """Data for an analysis.

    Parameters
    ----------
    x_data
        Inputs, (n, ...); of models with several inputs a list in their order, or a dict by their names.
    y_data
        Labels: integers, one-hot or soft rows, or text, (n, ...); for several outputs a dict by their names. None without.
    """

    x_data: Arrays
    y_data: Arrays | None = None

    @classmethod
    def from_tuple(cls, data: tuple[Any, Any]) -> DataInput:
        """Make it of (x, y)."""
        x, y = data
        return cls(x, y)
