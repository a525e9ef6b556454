"""The bench of accuracy: one command measures, keeps, and writes a page that says what is met and what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.accuracy import run
from benchmarks.accuracy_page import ROWS, Result, page
from benchmarks.accuracy_tasks import TASKS, WITHIN_CHANCE, Mark, Measured, Published, Task, less, of
from cli.main import app
from gnn.evaluation import BASELINES
from graph.errors import UsageError
from loaders.synthetic import write_town

VILLAGE = Task(
    "village", "A small town.", "village", ("--baselines", "none"), (3,), (Mark("AUROC", of("model", "auroc"), 0.4),)
)
LOST = Task("lost", "A town nobody has.", "lost", (), (0,))


@dataclass(frozen=True)
class Bench:
    """A run on a small town, with a data set that is missing."""

    data: Path
    kept: Path
    to: Path
    told: list[str]
    rows: list[dict]

    @property
    def page(self) -> str:
        return self.to.read_text()

    def again(self, only: str | None = None) -> list[str]:
        """What is measured when it runs once more."""
        told: list[str] = []
        run(self.data, only, told.append, self.kept, self.to, (VILLAGE, LOST))
        return told


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    home = tmp_path_factory.mktemp("bench")
    write_town(home / "data" / "village", parties=500)
    told: list[str] = []
    done = run(home / "data", None, told.append, home / "kept", home / "accuracy.md", (VILLAGE, LOST))
    return Bench(home / "data", home / "kept", home / "accuracy.md", told, done["rows"])


@pytest.mark.slow
def test_the_page_holds_what_the_command_answered(bench: Bench) -> None:
    (kept,) = bench.kept.glob("*.json")
    answer = json.loads(kept.read_text())["answer"]
    assert answer["seed"] == 3 and answer["baselines"].keys() == {"trees", "network"}
    for metric in ("auroc", "ap", "brier", "ece", "ece_chance_p95"):
        assert f"{answer['model'][metric]:.4f}" in bench.page
    for words in answer["words"]:
        assert f"- {words}" in bench.page
    for category, (lost, _, _) in answer["ablation"].items():
        assert f"| {category} | {lost:+.4f} |" in bench.page
    assert f"| village | AUROC | {answer['model']['auroc']:.4f} | >= 0.4 | yes |" in bench.page
    assert bench.rows[0]["case"] == "village: AUROC" and bench.rows[0]["ratio"] > 1


@pytest.mark.slow
def test_a_missing_data_set_is_named(bench: Bench) -> None:
    assert f"**Not measured:** {bench.data / 'lost'} is missing." in bench.page


@pytest.mark.slow
def test_what_was_measured_is_not_measured_again(bench: Bench) -> None:
    assert bench.told == ["village, seed 3"]
    before = bench.page
    assert bench.again() == [] and bench.page == before


@pytest.mark.slow
def test_figures_of_other_sources_are_said_to_be_old_or_are_measured_again(bench: Bench) -> None:
    (kept,) = bench.kept.glob("*.json")
    value = json.loads(kept.read_text())
    kept.write_text(json.dumps({**value, "sources": "of yesterday"}))
    assert bench.again("lost") == [] and "Older figures" in bench.page
    assert bench.again("village") == ["village, seed 3"] and "Older figures" not in bench.page


@pytest.mark.slow
def test_a_command_that_fails_is_told_in_its_own_line(bench: Bench, tmp_path: Path) -> None:
    task = replace(VILLAGE, options=("--split", "split_9"))
    run(bench.data, None, lambda _: None, tmp_path, tmp_path / "page.md", (task,))
    assert "**Not measured:** kith: there is no split 'split_9'" in (tmp_path / "page.md").read_text()


def answer(auroc: float, no_graph: float, ece: float, interval: Sequence[float], peak: float = 900.0) -> dict:
    return {
        "n_train": 10, "n_test": 5, "seconds": 12.0, "seconds_baselines": 3.0, "peak_mb": peak, "words": [],
        "model": {"auroc": auroc, "ece": ece, "ece_chance_p95": 0.02}, "baselines": {"no_graph": {"auroc": no_graph}},
        "auroc_difference": {"no_graph": list(interval)}, "ablation": {},
    }  # fmt: skip


def test_seeds_are_averaged_with_their_spread_and_their_intervals() -> None:
    two = Measured([answer(0.80, 0.79, 0.01, (0.01, 0.0, 0.02)), answer(0.84, 0.85, 0.02, (-0.01, -0.03, 0.01), 950.0)])
    assert two.mean("model", "auroc") == pytest.approx(0.82)
    assert two.std("model", "auroc") == pytest.approx(0.0282843, abs=1e-6)  # (0.04 / 2) * sqrt(2)
    assert two.interval("auroc_difference", "no_graph") == pytest.approx([0.0, -0.015, 0.015])
    assert two.most("peak_mb") == 950.0
    assert two.mean("network", "auroc") is None and two.std("network", "auroc") is None


def test_marks_are_met_missed_or_not_measured() -> None:
    one = Measured([answer(0.80, 0.79, 0.03, (0.01, 0.0, 0.02))])
    assert Mark("a", of("model", "auroc"), 0.80).met(one) is True
    assert Mark("a", of("model", "auroc"), 0.79, below=True).met(one) is False
    assert Mark("a", less(("model", "auroc"), ("no_graph", "auroc")), -0.002).met(one) is True
    assert Mark("a", of("network", "auroc"), 0.855).met(one) is None
    assert WITHIN_CHANCE.met(one) is False
    marks = (Mark("AUROC", of("model", "auroc"), 0.9), Mark("its network", of("network", "auroc"), 0.855))
    task = Task("set", "About it.", "set", (), (0,), marks, (Published("Somebody", "auroc", 0.7, "a paper"),))
    written = page([Result(task, ["evaluate", "set"], one)])
    assert "| set | AUROC | 0.8000 | >= 0.9 | **no** |" in written
    assert "| set | its network |  | >= 0.855 | not measured |" in written
    assert "| Somebody | AUROC | 0.7 | a paper |" in written
    assert "    kith evaluate set --seed 0\n" in written


def test_every_task_names_its_seeds_and_a_folder_of_its_own_words() -> None:
    assert [task.name for task in TASKS] == list(dict.fromkeys(task.name for task in TASKS))
    assert {task.folder for task in TASKS} == {
        "tolokers", "sme_china", "credit_defaulter", "german_credit", "bitcoin_otc", None,
    }  # fmt: skip
    assert next(task for task in TASKS if task.name == "credit_defaulter").seeds == (20, 21, 22, 23, 24)


def test_a_data_set_that_is_none_and_options_of_another_bench_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no data set of this bench is called 'atlantis'"):
        run(tmp_path, "atlantis", kept=tmp_path, to=tmp_path / "page.md")
    with pytest.raises(UsageError, match="--only"):
        CliRunner().invoke(app, ["bench", "rings", "--only", "town"], catch_exceptions=False)


def test_every_baseline_has_a_name_for_people() -> None:
    assert set(BASELINES) <= set(ROWS)
