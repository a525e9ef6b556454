"""Models over HTTP: a promotion under load fails no request, and admins see what serves."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.app import create_app
from gnn.models import artifact
from gnn.models.calibration import PriorCorrection
from graph.purposes import PURPOSES
from service.models.registry import ModelRegistry
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from service.workspace import Workspace
from tests.api.conftest import Asker
from tests.house import House


def test_a_promotion_under_load_fails_no_request_and_every_answer_is_of_one_model(house: House, tmp_path: Path) -> None:
    house.copy(tmp_path / "home")
    settings = Settings(home=tmp_path / "home", follow_models=True)
    app = create_app(settings=settings)
    records = open_records(settings.records)
    ask = Asker(app, keys.create(records, PURPOSES, "investigator", ["all"], "Ada")[0])
    admin = Asker(app, keys.create(records, PURPOSES, "admin", ["all"], "Root")[0])
    assert ask("/v1/models").status_code == 403
    registry = ModelRegistry(Workspace(settings.home), time.time)
    first = registry.live()
    artifact.save(house.context().model.corrected(PriorCorrection(0.15, 0.3)), tmp_path / "other")
    second = registry.register(tmp_path / "other", "root")
    seen: list[tuple[str, int]] = []

    def load(until: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = ask.of(house.member, "scores")
            assert answer.status_code == 200
            body = answer.json or {}
            seen.append((body["model"], body["score"]))
            if body["model"] == until:
                return
        raise AssertionError("the model was not taken over")

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(load, second) for _ in range(4)]
        registry.promote(second, "root")
        for one in waiting:
            one.result()
    assert {model for model, _ in seen} <= {first, second} and len({*seen}) <= 2
    listed = admin("/v1/models").json or {}
    assert listed["live"] == second
    assert {one["id"]: one["role"] for one in listed["models"]} == {first: "none", second: "live"}
    assert [one["act"] for one in listed["acts"]] == ["register", "promote"]
    records.dispose()
