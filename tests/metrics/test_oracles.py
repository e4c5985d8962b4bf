"""Metrics against values of independent libraries; library, version and call stand beside each value."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import EXPECTED, close, load, oracle
from scipy import special, stats

from reportgen.metrics import (
    calibrated,
    calibration,
    classification,
    comparison,
    intervals,
    ranking,
    scores,
    smoothing,
    temperature,
)


class Multiclass:
    """Ten classes, 5,000 examples, over-confident."""

    arrays = load("mc10")
    logits = arrays["logits"]
    labels = arrays["y"].astype(np.int32)
    log_p = scores.log_softmax(logits)
    p = np.exp(log_p)
    confidence = p.max(axis=1)
    correct = (p.argmax(axis=1) == labels).astype(float)
    confusion = classification.confusion_matrix(labels, p.argmax(axis=1), 10)

    @classmethod
    def bins(cls, edges: np.ndarray) -> calibration.ResidualBins:
        """Sum the top-label residuals."""
        return calibration.residual_bins(cls.confidence, cls.correct, 1 - cls.correct, edges)


def binary(name: str = "bin") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return forecasts with the counts of positives and negatives."""
    arrays = load(name)
    y = arrays["y"].astype(float)
    return arrays["p"], y, 1 - y


@pytest.mark.parametrize("bins", [10, 15, 20, 100])
def test_ece_of_the_top_label(bins: int) -> None:
    """ECE over bins of equal width equals netcal's."""
    found = calibration.ece(Multiclass.bins(calibration.equal_width_edges(bins)))
    assert close(found, f"mc10/ece_l1_width_{bins}/netcal")


@pytest.mark.parametrize("bins", [10, 15])
def test_ece_of_the_positive_class(bins: int) -> None:
    """Binary ECE equals netcal's, torchmetrics' and relplot's."""
    found = calibration.ece(calibration.residual_bins(*binary(), calibration.equal_width_edges(bins)))
    assert close(found, f"bin/ece_l1_width_{bins}/netcal")


def test_confidence_one_belongs_to_the_last_bin() -> None:
    """Confidence 1.0 does not open a bin of its own, as it does in torchmetrics (issue 3510)."""
    y = np.array([1.0, 0.0])
    found = calibration.ece(
        calibration.residual_bins(np.array([0.95, 1.0]), y, 1 - y, calibration.equal_width_edges(15))
    )
    assert close(found, "edge/phantom_bin/netcal")
    assert abs(found - EXPECTED["edge/phantom_bin/torchmetrics"]["value"]) > 0.04


def test_ece_of_saturated_confidences() -> None:
    """With 64 % of the confidences at 1 the ECE equals netcal's and not torchmetrics'."""
    arrays = load("mc10_saturated")
    p = np.exp(scores.log_softmax(arrays["logits"])).astype(np.float32).astype(float)
    correct = (p.argmax(axis=1) == arrays["y"]).astype(float)
    bins = calibration.residual_bins(p.max(axis=1), correct, 1 - correct, calibration.equal_width_edges(15))
    found = calibration.ece(bins)
    assert found == pytest.approx(oracle("mc10_saturated/ece_l1_width_15/netcal"), abs=2e-7)
    assert abs(found - EXPECTED["mc10_saturated/ece_l1_width_15/torchmetrics"]["value"]) > 2e-7


def test_equal_mass_bins() -> None:
    """ECE over bins of equal mass equals uncertainty-calibration's."""
    edges = calibration.equal_mass_edges(Multiclass.confidence, 15)
    found = calibration.ece(Multiclass.bins(edges))
    assert close(found, "mc10/ece_l1_mass_15/uncertainty-calibration")


def test_mce() -> None:
    """MCE equals netcal's where every bin is large enough."""
    assert close(calibration.mce(Multiclass.bins(calibration.equal_width_edges(15))), "mc10/mce_width_15/netcal")


def test_squared_error_is_the_u_statistic() -> None:
    """The debiased squared error equals the mean over all pairs within bins."""
    edges = calibration.equal_mass_edges(binary()[0], 15)
    found = calibration.squared_error(calibration.residual_bins(*binary(), edges))
    assert found is not None
    assert close(found.value, "bin/l2sq_ustat_mass15_bruteforce")


def test_debiased_error_is_near_kumars() -> None:
    """Kumar's estimator takes forecasts as constant within a bin; ours does not, and lies within 1e-5."""
    found = calibration.debiased_error(Multiclass.bins(calibration.equal_mass_edges(Multiclass.confidence, 15)))
    assert found is not None
    assert found.value == pytest.approx(oracle("mc10/l2ce_debiased_mass_15_toplabel/uncertainty-calibration"), rel=1e-5)


def test_class_ece() -> None:
    """One-vs-rest ECE of each class equals torchmetrics'."""
    found = []
    for index in range(10):
        y = (Multiclass.labels == index).astype(float)
        bins = calibration.residual_bins(Multiclass.p[:, index], y, 1 - y, calibration.equal_width_edges(15))
        found.append(calibration.ece(bins))
    assert close(found, "mc10/classwise_ece_l1_width_15_per_class/torchmetrics")


@pytest.mark.parametrize("bandwidth", [0.03, 0.1])
def test_smece_at_a_bandwidth(bandwidth: float) -> None:
    """The smoothed error equals brute-force quadrature."""
    assert close(smoothing.smece_at(*binary(), bandwidth), f"bin/smECE_sigma{bandwidth}_bruteforce")


def test_smece() -> None:
    """The fixed point equals that of brute-force quadrature."""
    assert close(smoothing.smece(*binary()), "bin/smECE_fixedpoint_bruteforce")


def test_ece_null() -> None:
    """Mean of the null in closed form equals exact resampling; a calibrated model is not called miscalibrated."""
    bins = calibration.residual_bins(*binary("bin_calibrated"), calibration.equal_width_edges(15))
    null = calibrated.nulls(bins, seed=0).ece
    mean, upper = oracle("bin_calibrated/null_ece15_mean_q95")
    assert null.mean == pytest.approx(mean, rel=0.03)
    assert null.high == pytest.approx(upper, rel=0.02)
    assert null.p_value > 0.05


def test_null_rejects_a_miscalibrated_model() -> None:
    """An ECE far above the band has the smallest p-value that 10,000 draws can give."""
    null = calibrated.nulls(Multiclass.bins(calibration.equal_width_edges(15)), seed=0).ece
    assert null.p_value == 1 / 10_001


def test_proper_scores() -> None:
    """NLL, Brier score and entropy equal scikit-learn's and scipy's."""
    assert close(scores.nll(Multiclass.log_p, Multiclass.labels).mean(), "mc10/nll/sklearn")
    assert close(scores.brier(Multiclass.p, Multiclass.labels).mean(), "mc10/brier_sum/sklearn")
    assert close(scores.entropy(Multiclass.log_p).mean(), "mc10/mean_entropy_nats/scipy")
    assert close(Multiclass.confidence.mean(), "mc10/mean_confidence")


def test_nll_of_saturated_logits() -> None:
    """From logits the NLL is 28.3; keras on float32 probabilities says 7.8 because it clips at 1e-7."""
    arrays = load("mc10_saturated")
    found = scores.nll(scores.log_softmax(arrays["logits"]), arrays["y"].astype(int)).mean()
    assert close(found, "mc10_saturated/nll_from_logits")
    assert abs(found - EXPECTED["mc10_saturated/sparse_ce_from_probs/keras"]["value"]) > 20


def test_numbers_of_the_confusion_matrix() -> None:
    """Balanced accuracy, macro F1 and per-class F1 equal scikit-learn's and keras'."""
    assert close(classification.balanced_accuracy(Multiclass.confusion), "mc10/balanced_accuracy/sklearn")
    assert close(classification.macro_f1(Multiclass.confusion), "mc10/macro_f1/sklearn")
    assert close(classification.f1(Multiclass.confusion), "mc10/f1_per_class/keras")


def test_top_3_accuracy() -> None:
    """The rank of the true class gives scikit-learn's top-k accuracy."""
    found = scores.top_k_credit(*scores.true_class_rank(Multiclass.logits, Multiclass.labels), 3).mean()
    assert close(found, "mc10/top3_accuracy/sklearn")


def test_wilson() -> None:
    """Wilson's interval equals statsmodels'."""
    found = intervals.wilson(int(Multiclass.correct.sum()), 5000)
    assert found is not None
    assert close([found.low, found.high], "mc10/accuracy_ci95_wilson/statsmodels")


def test_roc_auc_and_delong() -> None:
    """AUC equals scikit-learn's, its variance that of confidenceinterval (which uses float32 ranks), not Keras' 200 thresholds."""
    found = ranking.roc_auc(*binary())
    assert found is not None
    assert found.high is not None
    assert close(found.value, "bin/auc/sklearn")
    error = (special.logit(found.high) - special.logit(found.value)) * found.value * (1 - found.value) / intervals.Z95
    assert error**2 == pytest.approx(oracle("bin/delong_auc_var/confidenceinterval")[1], rel=1e-6)
    assert abs(found.value - EXPECTED["bin/auc_keras_200thr/keras"]["value"]) > 1e-5


def test_average_precision() -> None:
    """Average precision equals scikit-learn's and lies in its interval."""
    found = ranking.average_precision(*binary())
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert close(found.value, "bin/ap/sklearn")
    assert found.low < oracle("bin/ap/sklearn") < found.high


def test_macro_auc() -> None:
    """Macro one-vs-rest AUC equals scikit-learn's."""
    found = ranking.macro_roc_auc(lambda index: Multiclass.p[:, index], Multiclass.labels, range(10))
    assert found is not None
    assert close(found.value, "mc10/auc_ovr_macro/sklearn")


def test_temperature() -> None:
    """The fitted temperature and its NLL equal scipy's; its standard error is that of the study."""
    found = temperature.fit(Multiclass.logits, Multiclass.labels)
    assert close(found.value, "mc10/temperature_T/scipy")
    assert found.standard_error == pytest.approx(0.0372, abs=5e-5)
    after = scores.nll(scores.log_softmax(Multiclass.logits / found.value), Multiclass.labels).mean()
    assert close(after, "mc10/temperature_nll/scipy")


def test_mcnemar() -> None:
    """The exact test equals statsmodels'."""
    arrays = load("bin_pair")
    right = [(arrays[key] > 0.5) == arrays["y"] for key in ("pA", "pB")]
    table = comparison.discordance(*right)
    expected = oracle("bin_pair/mcnemar_exact/statsmodels")
    assert [[table.both, table.only_first], [table.only_second, table.neither]] == expected["table"]
    assert comparison.mcnemar(table) == pytest.approx(expected["p"], rel=1e-6)


def test_paired_nll_difference() -> None:
    """The paired mean difference equals the closed form; its interval is Hall's, from that standard error and scipy's skewness."""
    previous = np.log(load("mc10_prev")["probs"])
    first, second = (scores.nll(log_p, Multiclass.labels) for log_p in (Multiclass.log_p, previous))
    found = comparison.mean_difference(first, second)
    assert found is not None
    mean, error = oracle("mc10_vs_prev/paired_nll_diff_mean_se")
    assert found.value == pytest.approx(mean, rel=1e-9)
    a = stats.skew(first - second) / np.sqrt(len(first))
    expected = stats.t.ppf(0.975, len(first) - 1)
    for end, quantile in ((found.low, expected), (found.high, -expected)):
        t = (mean - end) / error
        assert t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6 == pytest.approx(quantile, rel=1e-6)
