"""What identifies an answer: two servers that answer differently say different things."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from graph.purposes import PURPOSES
from service.answers.explanations import explanation
from service.answers.relationships import relationship_risk
from service.answers.scenarios import Supposition, simulated
from service.answers.scores import ScoreAnswer, score
from service.context import ServingContext
from service.engine import engine
from tests.gnn.networks import Trained

ROOT = Path(__file__).parents[2]
ALL = PURPOSES["fraud_investigation"]


def served(hamlet: Trained, odds0: float = 1 / 19) -> ServingContext:
    return ServingContext(hamlet.snapshot, hamlet.model, "model", odds0)


def test_every_answer_of_the_model_says_from_what_it_was_made(hamlet: Trained) -> None:
    context = served(hamlet)
    for answer in (
        score(context, "p0003", ALL),
        explanation(context, "p0003", ALL).score,
        relationship_risk(context, "p0003", "p0044", ALL),
        simulated(context, Supposition(["p0003"]), ALL),
    ):
        assert (answer.purpose, answer.policy) == ("fraud_investigation", ALL.policy())
        assert (answer.snapshot, answer.revision) == (hamlet.snapshot.id, hamlet.snapshot.revision)
        assert (answer.model, answer.odds0, answer.engine) == ("model", 1 / 19, engine())


def test_another_scale_is_another_answer_although_snapshot_model_and_policy_are_the_same(hamlet: Trained) -> None:
    usual, other = (score(served(hamlet, odds0), "p0003", ALL) for odds0 in (1 / 19, 2 / 19))
    assert (usual.model, usual.policy, usual.snapshot) == (other.model, other.policy, other.snapshot)
    assert usual.probability == other.probability and usual.score != other.score
    assert usual.odds0 != other.odds0 and usual.receipt != other.receipt


def test_the_receipt_is_the_digest_of_the_rest_of_the_answer(hamlet: Trained) -> None:
    answer = score(served(hamlet), "p0003", ALL, with_reasons=True)
    rest = json.loads(json.dumps(answer.to_json()))
    assert (rest.pop("receipt"), rest.pop("statements")) == (answer.receipt, [])  # statements may come later
    assert (
        hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == answer.receipt
    )


def test_an_answer_is_read_back_from_its_json_and_takes_no_other_field(hamlet: Trained) -> None:
    answer = score(served(hamlet), "p0003", ALL, with_reasons=True)
    assert ScoreAnswer.model_validate(answer.to_json()) == answer
    with pytest.raises(ValueError, match="colour"):
        ScoreAnswer.model_validate(answer.to_json() | {"colour": "red"})


def engine_of(sources: Path) -> str:
    """The engine that a process says which runs the code of this folder."""
    program = "from service.engine import engine; print(engine())"
    environment = os.environ | {"PYTHONPATH": str(sources)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=sources, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_engine_is_the_version_and_a_digest_of_the_code_wherever_it_lies(tmp_path: Path) -> None:
    for package in ("graph", "gnn", "service"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert engine_of(tmp_path) == engine() and re.fullmatch(rf"{version('kith')}\+[0-9a-f]{{12}}", engine())
    found = {engine()}
    for changed in ("gnn/scoring/cap.py", "service/wording/texts/zh.toml"):
        with (tmp_path / changed).open("a") as file:
            file.write("\n# changed\n")
        found.add(engine_of(tmp_path))
    assert len(found) == 3
