"""Scores of many parties: the same as one by one, and a run that was stopped goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from graph.purposes import PURPOSES
from service.answers.batching import files as batches
from service.answers.batching.files import write_scores
from service.answers.scores import score
from service.context import ServingContext
from tests.gnn.networks import Trained

ALL = PURPOSES["fraud_investigation"]


class Stopped(Exception):
    """Somebody stops the run."""


@pytest.fixture
def context(hamlet: Trained, monkeypatch: pytest.MonkeyPatch) -> ServingContext:
    monkeypatch.setattr(batches, "PART", 40)
    return ServingContext(hamlet.snapshot, hamlet.model, "m")


def stop(share: float) -> None:
    raise Stopped


@pytest.mark.parametrize("purpose", ["fraud_investigation", "deposit_waiver"])
def test_a_file_says_what_one_question_says(context: ServingContext, purpose: str, tmp_path: Path) -> None:
    asked, rows = PURPOSES[purpose], range(context.snapshot.n_parties)
    counts = write_scores(context, asked, rows, tmp_path / "all.parquet", lambda _: None)
    found = pq.read_table(tmp_path / "all.parquet").to_pylist()
    assert sum(counts.values()) == len(found) == context.snapshot.n_parties
    for row in rows[::9]:
        answer = score(context, context.snapshot.id_of(row), asked)
        one = found[row]
        assert (one["party"], one["score"], one["level"]) == (answer.party, answer.score, answer.level)
        assert (one["probability"], one["approved"]) == (answer.probability, answer.approved)
        assert tuple(one["warnings"]) == answer.warnings


def test_a_stopped_run_goes_on_after_its_last_part(context: ServingContext, tmp_path: Path) -> None:
    rows, out = range(100), tmp_path / "some.csv"
    with pytest.raises(Stopped):
        write_scores(context, ALL, rows, out, stop)
    (parts,) = tmp_path.glob("*.parts")
    (first,) = parts.glob("*.parquet")
    assert not out.exists()
    written = first.stat().st_mtime_ns
    seen = []

    def look(share: float) -> None:
        seen.append(first.stat().st_mtime_ns)

    write_scores(context, ALL, rows, out, look)
    assert seen == [written] * 3
    assert not parts.exists()
    write_scores(context, ALL, rows, tmp_path / "again.csv", lambda _: None)
    assert out.read_text() == (tmp_path / "again.csv").read_text()


def test_parts_of_another_question_are_not_taken(context: ServingContext, tmp_path: Path) -> None:
    out = tmp_path / "some.csv"
    with pytest.raises(Stopped):
        write_scores(context, ALL, range(100), out, stop)
    write_scores(context, ALL, range(10, 60), out, lambda _: None)
    parties = [line.split(",")[0] for line in out.read_text().splitlines()[1:]]
    assert parties == [context.snapshot.id_of(row) for row in range(10, 60)]
