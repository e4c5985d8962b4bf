"""Agreement of predictions and alignment of representations against independent libraries and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from reportgen.metrics import agreement, cka, embedding, scores
from reportgen.metrics.comparison import Discordance, discordance
from tests.oracle import close, load, oracle

CKA = load("cka")


def log_p(probabilities: Any) -> Any:
    """Return logarithms, of 0 too."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, float))


@pytest.fixture(scope="module")
def pair() -> dict[str, Any]:
    """Return two models on 5,000 rows."""
    new, old = load("mc10"), load("mc10_prev")
    return {"y": new["y"], "new": scores.log_softmax(new["logits"]), "old": np.log(old["probs"])}


def test_agreement_of_two_models(pair: dict[str, Any]) -> None:
    """Churn, flips, error consistency and divergence as closed forms, scikit-learn and scipy have them."""
    new, old = pair["new"].argmax(axis=1), pair["old"].argmax(axis=1)
    table = discordance(new == pair["y"], old == pair["y"])
    flips = [agreement.negative_flips(table).value, agreement.positive_flips(table).value]
    assert 1 - agreement.churn(new, old).value == pytest.approx(oracle("mc10_vs_prev/agreement_churn")[0])
    assert close(flips, "mc10_vs_prev/neg_flip_pos_flip")
    assert close(agreement.error_consistency(table).value, "mc10_vs_prev/error_consistency_kappa/sklearn")
    divergence = agreement.js_divergence(pair["new"], pair["old"])
    assert close(divergence.mean(), "mc10_vs_prev/mean_jsd_bits/scipy")


def test_divergence_has_its_ends() -> None:
    """Equal forecasts have none, disjoint ones a bit."""
    p, q = log_p([[1.0, 0.0], [0.3, 0.7]]), log_p([[0.0, 1.0], [0.3, 0.7]])
    assert agreement.js_divergence(p, q) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("table", [Discordance(10, 0, 0, 0), Discordance(0, 0, 0, 10)])
def test_where_all_agree_by_chance_there_is_no_consistency(table: Discordance) -> None:
    """Kappa is 0 / 0."""
    assert agreement.error_consistency(table) is None


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_flips_change_places(counts: list[int]) -> None:
    """What one model loses, the other wins; consistency is the same both ways."""
    table = Discordance(*counts)
    turned = Discordance(counts[0], counts[2], counts[1], counts[3])
    assert agreement.negative_flips(table) == agreement.positive_flips(turned)
    assert agreement.shared_errors(table) == agreement.shared_errors(turned)
    one, other = ((agreement.error_consistency(each) if each.n else None) for each in (table, turned))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.value == pytest.approx(other.value)


# ------------------------------------------------------------------------------------------------ alignment


@pytest.mark.parametrize("other", ["cka_Y_orth", "cka_Y_noise", "cka_Y_indep"])
def test_debiased_cka(other: str) -> None:
    """Equal to ckatorch, and not cut off at 0."""
    found = cka.align(cka.grams([CKA["cka_X"]]), cka.grams([CKA[other]]))
    key = f"acts/cka_X~{other}/linear_debiased/ckatorch"
    assert found.value[0, 0] == pytest.approx(oracle(key), abs=1e-8)
    equal = other == "cka_Y_orth"
    assert equal == np.isnan(found.low[0, 0])
    assert equal or found.low[0, 0] < found.value[0, 0] < found.high[0, 0]


def brute(x: Any, y: Any) -> float:
    """Return CKA by the definition of Song et al., from dense matrices of ones."""
    n = len(x)

    def hsic(k: Any, m: Any) -> float:
        k, m = k.copy(), m.copy()
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        one = np.ones(n)
        middle = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        return float((np.trace(k @ m) + middle - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3)))

    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def test_the_interval_and_the_trimmed_value_are_those_of_deleting_examples() -> None:
    """Against computing everything anew without the examples, for two layers of one model and three of another."""
    generator = np.random.default_rng(0)
    x = [generator.normal(size=(100, 5)), generator.standard_t(2, size=(100, 3)) + 4]
    y = [x[0] @ generator.normal(size=(5, 4)), x[1] + generator.normal(size=(100, 3)), generator.normal(size=(100, 6))]
    found = cka.align(cka.grams(x), cka.grams(y))
    for i, one in enumerate(x):
        for j, other in enumerate(y):
            value = brute(one, other)
            assert found.value[i, j] == pytest.approx(value, abs=1e-6)
            parts = np.array([brute(np.delete(one, place, 0), np.delete(other, place, 0)) for place in range(100)])
            squares = (parts - parts.mean()) ** 2
            deciding = squares.sum() ** 2 / (squares**2).sum()
            assert found.deciding[i, j] == pytest.approx(deciding, rel=1e-3)
            reach = stats.t.ppf(0.975, deciding - 1) * np.sqrt(0.99 * squares.sum()) / (1 - value**2)
            expected = np.tanh(np.arctanh(value) + reach) if deciding >= cka.LEAST_DECIDING else np.nan
            assert found.high[i, j] == pytest.approx(expected, abs=1e-4, nan_ok=True)
            far = {int(np.linalg.norm(each - each.mean(axis=0), axis=1).argmax()) for each in (one, other)}
            trimmed = brute(np.delete(one, list(far), 0), np.delete(other, list(far), 0))
            assert found.trimmed[i, j] == pytest.approx(trimmed, abs=1e-5)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([1e-8, 1.0, 1e8]))
def test_rotation_scale_and_shift_do_not_matter(seed: int, scale: float) -> None:
    """CKA(X, aXO + b) = 1."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(40, 6))
    rotation, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    found = cka.align(cka.grams([x]), cka.grams([scale * (x @ rotation + 3)]))
    assert found.value[0, 0] == pytest.approx(1, abs=1e-6)


def test_a_layer_that_does_not_vary_is_like_none() -> None:
    """There is nothing to compare."""
    x = np.random.default_rng(0).normal(size=(50, 3))
    found = cka.align(cka.grams([x, np.full((50, 2), 7.0)]), cka.grams([x]))
    assert np.isnan(found.value[:, 0]).tolist() == [False, True]
    assert np.isnan(found.trimmed[:, 0]).tolist() == [False, True]


def test_few_examples_that_decide_are_seen() -> None:
    """Two layers that share nothing but two far examples, one in a hundred."""
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(200, 4)), generator.normal(size=(200, 4))
    x[[7, 90]] = y[[7, 90]] = 100.0
    found = cka.align(cka.grams([x]), cka.grams([y]))
    assert found.value[0, 0] > 0.9
    assert abs(found.trimmed[0, 0]) < 0.2
    assert found.deciding[0, 0] < cka.LEAST_DECIDING
    assert np.isnan(found.low[0, 0])


# ------------------------------------------------------------------------------------------------ models as points


@given(st.integers(0, 1000))
def test_principal_components_are_those_of_scikit_learn(seed: int) -> None:
    """Up to the sign, on features scaled to unit variance; a constant one changes nothing."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    features = np.random.default_rng(seed).normal(size=(7, 5)) * [1, 10, 0.1, 1e6, 1e-6]
    found = embedding.principal_components(np.column_stack([features, np.full(7, 3.0)]))
    assert found is not None
    wanted = PCA(2).fit(StandardScaler().fit_transform(features))
    points = wanted.transform(StandardScaler().fit_transform(features))
    assert np.abs(found.points) == pytest.approx(np.abs(points), abs=1e-8)
    assert found.explained == pytest.approx(wanted.explained_variance_ratio_)
    assert found.n_features == 5


def test_two_models_or_equal_ones_have_no_components() -> None:
    """There is no plane to show."""
    assert embedding.principal_components(np.eye(2)) is None
    assert embedding.principal_components(np.ones((4, 3))) is None


def test_like_models_are_neighbours() -> None:
    """Two groups, shuffled, come apart."""
    group = np.array([0, 1, 0, 1, 0, 1])
    found = embedding.order(np.where(group[:, None] == group, 0.1, 0.9) * (1 - np.eye(6)))
    assert sorted(found) == list(range(6))
    assert (np.diff(group[found]) != 0).sum() == 1
