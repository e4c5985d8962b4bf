"""The bill of materials, validated against the schema of CycloneDX 1.6."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from factory import SHA
from handmade import SPEC, full_results, results

from reportgen.analysis.results import FileRecord, TrainingRecord
from reportgen.contract.card import ITEMS
from reportgen.contract.numbers import required
from reportgen.errors import InputError
from reportgen.pipeline.files import write
from reportgen.pipeline.present import present
from reportgen.spec.tables.release import CardSpec

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

CARD = CardSpec.model_validate({item: f"Words on {title}." for item, title in ITEMS.items()})
HOSTILE = 'a\n"b" \x00 é漢🙂 <c> \u202e urn:cdx:x'


def of_candidate() -> Results:
    """Make results with a candidate, a baseline, a card."""
    made = results(SPEC.replace("[data]", '[decision]\ncandidate = "a"\nbaseline = "b"\n[data]', 1))
    return made.model_copy(update={"card": CARD})


def rendered(made: Results) -> dict[str, Any]:
    """Render the file and validate it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = present(made, ("bom",)).files["bom.cdx.json"].decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    return found


def of_kind(found: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the components of a type by their names."""
    return {one["name"]: one for one in found["components"] if one["type"] == kind}


def test_models_have_a_card() -> None:
    """Digest, task, numbers with intervals; what the card states belongs to the candidate."""
    made = of_candidate()
    models = of_kind(rendered(made), "machine-learning-model")
    assert list(models) == ["a", "b", "c"]
    one = models["a"]
    assert one["hashes"] == [{"alg": "SHA-256", "content": SHA}]
    assert one["licenses"] == [{"license": {"name": "Words on License."}}]
    card = one["modelCard"]
    assert card["modelParameters"] == {"task": "multiclass", "datasets": [{"ref": "data:test.npz"}]}
    accuracy = next(row for row in card["quantitativeAnalysis"]["performanceMetrics"] if row["type"] == "accuracy")
    metric = next(row.metric for row in made["performance"].measurements if (row.name, row.model) == ("accuracy", "a"))
    ends = accuracy["confidenceInterval"]
    assert [float(accuracy["value"]), float(ends["lowerBound"]), float(ends["upperBound"])] == [
        required(metric.value),
        metric.ci_low,
        metric.ci_high,
    ]
    assert "confidenceInterval" not in next(
        row for row in card["quantitativeAnalysis"]["performanceMetrics"] if row["type"] == "ece"
    )
    assert card["considerations"]["useCases"] == ["Words on Intended use."]
    assert "considerations" not in models["b"]["modelCard"]
    assert "quantitativeAnalysis" not in models["c"]["modelCard"]


def test_every_stated_item_is_there() -> None:
    """In the field that CycloneDX has for it, or as a property."""
    text = json.dumps(of_kind(rendered(of_candidate()), "machine-learning-model")["a"])
    assert all(f"Words on {title}." in text for title in ITEMS.values())


def test_data_and_software(tmp_path: Path) -> None:
    """The data set, the histories, the packages and the program with their versions and digests."""
    found = rendered(full_results(tmp_path, ["m"]))
    assert of_kind(found, "data")["test.npz"]["hashes"][0]["content"] == SHA
    assert list(of_kind(found, "file")) == ["history.json"]
    assert found["metadata"]["tools"]["components"][0]["name"] == "reportgen"
    versions = full_results(tmp_path, ["m"]).versions
    made = results()
    assert made.data is not None
    training = TrainingRecord(files=(FileRecord(file="train.npz", sha256=SHA),), n=9, leaked=0, compared="bit by bit")
    named = made.model_copy(update={"data": made.data.model_copy(update={"training": training})})
    assert of_kind(rendered(named), "data")["train.npz"]["hashes"][0]["content"] == SHA
    assert {**of_kind(found, "library"), **of_kind(found, "platform")}.keys() == versions.keys()


def test_the_same_results_give_the_same_bytes() -> None:
    """The serial number and the time are those of the results."""
    first, again = (present(of_candidate(), ("bom",)).files for _ in range(2))
    assert first == again
    changed = of_candidate().model_copy(update={"card": CardSpec()})
    assert rendered(changed)["serialNumber"] != rendered(of_candidate())["serialNumber"]
    assert rendered(changed)["metadata"]["timestamp"] == changed.created


@pytest.mark.parametrize("created", ["2026-01-02", "2026-01-02T03:04:05"])
def test_any_time_of_a_results_file_is_valid(created: str) -> None:
    """A time without a zone is UTC."""
    assert rendered(of_candidate().model_copy(update={"created": created}))["metadata"]["timestamp"].endswith("+00:00")


def test_hostile_names_stay_text() -> None:
    """Whatever a model, a file or a title is called."""
    made = of_candidate()
    models = tuple(one.model_copy(update={"role": HOSTILE, "file": HOSTILE}) for one in made.models)
    report = made.report.model_copy(update={"title": HOSTILE, "authors": (HOSTILE,), "version": HOSTILE})
    found = rendered(made.model_copy(update={"models": models, "report": report}))
    assert found["metadata"]["component"]["name"] == HOSTILE


def test_a_bill_of_others_is_not_replaced(tmp_path: Path) -> None:
    """One that lists the program is not its own."""
    files = present(of_candidate(), ("bom",)).files
    write(files, tmp_path)
    write(files, tmp_path)
    (tmp_path / "bom.cdx.json").write_text('{"components": [{"name": "reportgen"}]}', "utf-8")
    with pytest.raises(InputError, match="was not written by reportgen"):
        write(files, tmp_path)
