"""POST /v1/score-batches: scores of many parties in a file, by a job that goes on where it was stopped."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from service.answers.batching import files
from service.job_worker import Worker
from tests.api.own_home import Server
from tests.api.test_problems import problem
from tests.house import LONELY, House


class Killed(BaseException):
    """The process that works on a job is killed."""


def worker_of(server: Server, lease: float = 30.0) -> Worker:
    assert server.app is not None
    return Worker(server.app.extensions["kith.records"], server.app.extensions["kith.job_handlers"], lease)


@pytest.fixture(autouse=True)
def _no_job_of_another_test_waits(server: Server) -> None:
    assert server.app is not None
    with server.app.app_context():
        worker = worker_of(server)
        while worker.work_once():
            pass


def work(server: Server, lease: float = 30.0) -> None:
    """Do the job that waits longest."""
    assert server.app is not None
    with server.app.app_context():
        assert worker_of(server, lease).work_once()


def begun(server: Server, role: str = "investigator", **asked: Any) -> str:
    answer = server.ask(role)("/v1/score-batches", method="POST", json=asked)
    assert answer.status_code == 202 and answer.json["state"] == "queued", answer.json
    return str(answer.json["job"])


def rows(form: str, content: bytes) -> list[dict[str, Any]]:
    """The lines of a file: party, state, score, probability, level."""
    if form == "csv":
        found: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(content.decode())))
        return [{name: value or None for name, value in row.items()} for row in found]
    if form == "jsonl":
        return [json.loads(line) for line in content.splitlines()]
    table: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return table


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_file_says_of_each_party_what_one_question_says(server: Server, house: House, form: str) -> None:
    parties = [house.member, "nobody", LONELY, house.shop, house.member]
    job = begun(server, parties=parties, purpose="lending", form=form)
    work(server)
    done = server.ask()(f"/v1/jobs/{job}").json
    assert (done["state"], done["done"], done["total"]) == ("done", 5, 5)
    file = server.ask()(f"/v1/score-batches/{job}")
    assert file.status_code == 200 and file.headers["Content-Disposition"] == f"attachment; filename=scores.{form}"
    assert done["result"]["bytes"] == len(file.data) and done["result"]["purpose"] == "lending"
    for row, party in zip(rows(form, file.data), parties, strict=True):
        single = server.ask().of(party, "scores", purpose="lending").json
        for name in ("party", "state", "score", "probability", "level"):
            assert row[name] == (single[name] if form != "csv" else single[name] and str(single[name])), name


def test_a_batch_that_was_killed_goes_on_after_the_parts_that_it_had_written(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 2)
    written: list[str] = []
    write_part = files._write_part

    def counted(part: Any, *rest: Any) -> None:
        if len(written) == 2:
            written.append("killed")
            raise Killed
        written.append(part.name)
        write_part(part, *rest)

    monkeypatch.setattr(files, "_write_part", counted)
    parties = [house.member, house.shop, LONELY, "nobody", "a", "b/c"]
    job = begun(server, parties=parties)
    with pytest.raises(Killed):
        work(server, lease=0.0)
    half = server.ask()(f"/v1/jobs/{job}").json
    assert (half["state"], half["done"], half["total"]) == ("running", 4, 6)
    server.start()
    work(server)
    assert written == ["000000.parquet", "000001.parquet", "killed", "000002.parquet"]
    content = server.ask()(f"/v1/score-batches/{job}").data
    assert [row["party"] for row in rows("csv", content)] == parties


def test_without_parties_everybody_who_can_have_a_score_is_scored(server: Server, house: House) -> None:
    job = begun(server, form="jsonl")
    work(server)
    found = rows("jsonl", server.ask()(f"/v1/score-batches/{job}").data)
    snapshot = house.context().snapshot
    people = [snapshot.id_of(row) for row in range(snapshot.n_parties) if snapshot.kind_of(row) == "Person"]
    assert set(people) <= {row["party"] for row in found}
    assert not any(row["warnings"] == ["identifier"] for row in found)


def test_a_file_is_for_the_key_that_began_it_once_it_is_done(server: Server, house: House) -> None:
    job = begun(server, "service", parties=[house.member], purpose="lending")
    assert "queued" in problem(server.ask("service")(f"/v1/score-batches/{job}"), 409).detail
    work(server)
    assert server.ask("service")(f"/v1/score-batches/{job}").status_code == 200
    assert server.ask("admin")(f"/v1/score-batches/{job}").status_code == 200
    problem(server.ask()(f"/v1/score-batches/{job}"), 404)
    problem(server.ask()("/v1/score-batches/nothing"), 404)


def test_a_service_does_not_learn_who_everybody_is(server: Server) -> None:
    problem(server.ask("service")("/v1/score-batches", method="POST", json={"purpose": "lending"}), 403)
    problem(server.ask()("/v1/score-batches", method="POST", json={"form": "xlsx"}), 400)
    problem(server.ask()("/v1/score-batches", method="POST", json={"parties": []}), 400)
