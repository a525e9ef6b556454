"""Models of a workspace: registered, in shadow, promoted and rolled back, with who did it; faults change nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gnn.models import artifact
from gnn.models.calibration import PriorCorrection
from graph.errors import ModelError, UsageError
from graph.purposes import PURPOSES
from service.answers.scores import score
from service.context import ServingContext
from service.models.answers import comparisons, model_list
from service.models.registry import ModelRegistry
from service.models.watching import ModelWatch
from service.records.database import open_records
from service.records.shadow import recorded
from service.settings import Settings
from service.workspace import Workspace
from tests.house import House

FRAUD = PURPOSES["fraud_investigation"]


@pytest.fixture
def home(house: House, tmp_path: Path) -> Path:
    shutil.copytree(house.folder / "snapshots", tmp_path / "home" / "snapshots")
    shutil.copytree(house.folder / "models", tmp_path / "home" / "models")
    return tmp_path / "home"


@pytest.fixture
def registry(home: Path) -> ModelRegistry:
    return ModelRegistry(Workspace(home), lambda: 1000.0)


@pytest.fixture
def other(house: House, tmp_path: Path) -> Path:
    """Another model: that of the house for a population in which three in ten go bad."""
    model = house.context().model.corrected(PriorCorrection(0.15, 0.3))
    artifact.save(model, tmp_path / "other")
    return tmp_path / "other"


def test_without_a_decision_the_newest_model_serves(registry: ModelRegistry, house: House) -> None:
    assert registry.live() == house.context().model_id
    assert [(one.id, one.role) for one in registry.all()] == [(house.context().model_id, "live")]


def test_a_registered_model_serves_nobody_until_it_is_promoted_and_is_rolled_back(
    registry: ModelRegistry, home: Path, other: Path
) -> None:
    first, second = str(registry.live()), registry.register(other, "ada")
    assert registry.live() == first and artifact.model_id(Workspace(home).model_folder()) == first
    assert registry.promote(second[:8], "ada") == second
    assert registry.live() == second and artifact.model_id(Workspace(home).model_folder()) == second
    with pytest.raises(UsageError, match="serves already"):
        registry.promote(second, "ada")
    assert registry.roll_back("bo") == first
    assert registry.live() == first and artifact.model_id(Workspace(home).model_folder()) == first
    with pytest.raises(UsageError, match="no model served before"):
        registry.roll_back("bo")
    acts = [(one.act, one.model, one.by, one.at) for one in registry.state().acts]
    assert acts == [
        ("register", second, "ada", 1000.0), ("promote", second, "ada", 1000.0), ("rollback", first, "bo", 1000.0)
    ]  # fmt: skip


def test_a_model_that_is_trained_later_does_not_replace_a_promoted_one(
    registry: ModelRegistry, home: Path, house: House
) -> None:
    first = str(registry.live())
    registry.promote(first, "ada")
    Workspace(home).keep_model(replace(house.context().model, seed=77))
    assert registry.live() == first


def test_a_name_of_none_or_of_several_is_refused(registry: ModelRegistry, other: Path) -> None:
    registry.register(other, "ada")
    for name in ("zz", ""):
        with pytest.raises(UsageError, match="no model begins with"):
            registry.promote(name, "ada")
    with pytest.raises(UsageError, match="serves already; run another one"):
        registry.run_in_shadow(registry.live(), "ada")


def test_an_artifact_of_another_version_is_one_line_and_changes_nothing(registry: ModelRegistry, other: Path) -> None:
    manifest = json.loads((other / "manifest.json").read_text())
    changed = json.dumps(manifest | {"version": 99}).encode()
    (other / "manifest.json").write_bytes(changed)
    (other / "id").write_text(f"{hashlib.sha256(changed).hexdigest()}\n")
    with pytest.raises(ModelError, match=r"format version 99, this Kith reads \d+; train it again") as refused:
        registry.register(other, "ada")
    assert "\n" not in str(refused.value) and registry.state().acts == ()


def test_a_damaged_model_is_listed_with_its_fault_and_cannot_be_promoted(
    registry: ModelRegistry, home: Path, other: Path
) -> None:
    id = registry.register(other, "ada")
    (home / "models" / id[:16] / "trees.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"trees.onnx: 1 bytes instead of"):
        registry.promote(id, "ada")
    (home / "models" / id[:16] / "manifest.json").write_text("{}")
    (damaged,) = (one for one in model_list(registry, []).models if one.fault is not None)
    assert damaged.id == id[:16] and "does not match" in str(damaged.fault)


def test_a_state_of_another_version_is_refused(registry: ModelRegistry, home: Path) -> None:
    (home / "models" / "state.json").write_text('{"version": 9}')
    with pytest.raises(ModelError, match=r"state\.json: version 9, this Kith reads 1"):
        registry.live()
    (home / "models" / "state.json").write_text("[")
    with pytest.raises(ModelError, match=r"state\.json: damaged"):
        registry.live()


class Process:
    """What a serving process answers from, with its watch."""

    def __init__(self, home: Path) -> None:
        self.context = ServingContext.open(Settings(home=home))
        self.records = open_records(Settings(home=home).records)
        self.watch = ModelWatch(Workspace(home), self.records, lambda: self.context, self.swap)

    def swap(self, context: ServingContext) -> None:
        self.context = context


def test_a_serving_process_takes_over_what_is_promoted_and_rolled_back(
    registry: ModelRegistry, home: Path, house: House, other: Path
) -> None:
    process = Process(home)
    before, id = score(process.context, house.member, FRAUD), registry.register(other, "ada")
    process.watch.look()
    assert process.context.model_id == before.model
    registry.promote(id, "ada")
    process.watch.look()
    after = score(process.context, house.member, FRAUD)
    assert after.model == id and after.snapshot == before.snapshot and after.probability != before.probability
    registry.roll_back("ada")
    process.watch.look()
    assert score(process.context, house.member, FRAUD) == before


def test_a_process_goes_on_with_its_model_where_the_promoted_one_is_gone(
    registry: ModelRegistry, home: Path, house: House, other: Path
) -> None:
    process, id = Process(home), registry.register(other, "ada")
    before = process.context.model_id
    registry.promote(id, "ada")
    shutil.rmtree(home / "models" / id[:16])
    process.watch.look()
    assert process.context.model_id == before


def test_a_model_in_shadow_is_compared_without_anybodys_id(
    registry: ModelRegistry, home: Path, house: House, other: Path
) -> None:
    process, id = Process(home), registry.register(other, "ada")
    live = process.context.model_id
    registry.run_in_shadow(id, "ada")
    process.watch.look()
    shadow = process.watch.shadow
    assert shadow is not None
    purposes = [FRAUD, PURPOSES["deposit_waiver"]]
    asked = [house.member, house.shop, house.shop]
    for purpose in purposes:
        for party in asked:
            shadow.note(process.context, party, purpose)
    registry.run_in_shadow(None, "ada")
    process.watch.look()
    assert process.watch.shadow is None
    shadow.join()
    found = {one.purpose: one for one in comparisons(recorded(process.records))}
    assert set(found) == {purpose.name for purpose in purposes}
    of_fraud = found["fraud_investigation"]
    assert (of_fraud.live, of_fraud.shadow, of_fraud.scores, of_fraud.both) == (live, id, 3, 3)
    theirs = process.context.with_model(registry.opened(id)[1], id)
    scores = [
        [one.scorer(FRAUD).assess(one.snapshot.row_of(party), one.terms(FRAUD)).score for party in asked]
        for one in (process.context, theirs)
    ]
    differences = [b - a for a, b in zip(*scores, strict=True)]  # type: ignore[operator]
    assert of_fraud.mean_difference == pytest.approx(sum(differences) / 3)
    assert of_fraud.low is not None and abs(of_fraud.low - min(differences)) <= 2.5
    dumped = "\n".join(process.records.raw_connection().driver_connection.iterdump())  # type: ignore[union-attr]
    assert house.member not in dumped and house.shop not in dumped


def test_counts_of_two_processes_add_up(registry: ModelRegistry, home: Path, house: House, other: Path) -> None:
    processes = [Process(home), Process(home)]
    registry.run_in_shadow(registry.register(other, "ada"), "ada")
    for process in processes:
        process.watch.look()
        assert process.watch.shadow is not None
        process.watch.shadow.note(process.context, house.member, FRAUD)
    for process in processes:
        assert process.watch.shadow is not None
        process.watch.shadow.stop()
        process.watch.shadow.join()
    (found,) = comparisons(recorded(processes[0].records))
    assert found.scores == 2
