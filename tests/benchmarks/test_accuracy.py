"""The accuracy bench: one command measures, caches, and writes a page of what is met and what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.accuracy import run
from benchmarks.accuracy.page import ROWS, Result, page
from benchmarks.accuracy.tasks import TASKS, WITHIN_CHANCE, Mark, Measured, Published, Task, less, of
from cli.main import app
from gnn.evaluation.evaluate_risk import BASELINES
from graph.errors import UsageError
from loaders.synthetic.town import write_town

VILLAGE = Task(
    "village", "A small town.", "village", ("--baselines", "none"), (3,), (Mark("AUROC", of("model", "auroc"), 0.4),)
)
LOST = Task("lost", "A town nobody has.", "lost", (), (0,))


@dataclass(frozen=True)
class Run:
    """One run on a small town and on a data set that is missing: what it measured and answered, and its page."""

    measured: list[str]
    rows: list[dict]
    page: str


@dataclass(frozen=True)
class Bench:
    """A folder of data sets, with cached answers."""

    home: Path

    def run(self, only: str | None = None) -> Run:
        logged: list[str] = []
        to = self.home / "accuracy.md"
        done = run(self.data, only, logged.append, self.cached.parent, to, (VILLAGE, LOST))
        return Run(logged, done["rows"], to.read_text())

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def cached(self) -> Path:
        """The answer about the village."""
        return self.home / "cache" / "village-3.json"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Of the village there is an answer that other sources gave."""
    bench = Bench(tmp_path_factory.mktemp("bench"))
    write_town(bench.data / "village", parties=500)
    bench.cached.parent.mkdir()
    old = {"sources": "of yesterday", "command": [], "answer": answer(0.8, 0.7, 0.01, (0.1, 0.0, 0.2))}
    bench.cached.write_text(json.dumps(old))
    return bench


@pytest.fixture(scope="module")
def before(bench: Bench) -> Run:
    """Asked for the other data set alone."""
    return bench.run("lost")


@pytest.fixture(scope="module")
def ran(bench: Bench, before: Run) -> Run:
    return bench.run()


@pytest.mark.slow
def test_the_page_holds_what_the_command_answered(bench: Bench, ran: Run) -> None:
    answer = json.loads(bench.cached.read_text())["answer"]
    assert answer["seed"] == 3 and answer["baselines"].keys() == {"trees", "network"}
    for metric in ("auroc", "ap", "brier", "ece", "ece_chance_p95"):
        assert f"{answer['model'][metric]:.4f}" in ran.page
    assert answer["findings"]
    for finding in answer["findings"]:
        assert f"- {finding['text']}" in ran.page
    for category, (lost, _, _) in answer["ablation"].items():
        assert f"| {category} | {lost:+.4f} |" in ran.page
    assert f"| village | AUROC | {answer['model']['auroc']:.4f} | >= 0.4 | yes |" in ran.page
    assert ran.rows[0]["case"] == "village: AUROC" and ran.rows[0]["ratio"] > 1


@pytest.mark.slow
def test_a_missing_data_set_is_named(bench: Bench, ran: Run) -> None:
    assert f"**Not measured:** {bench.data / 'lost'} is missing." in ran.page


def test_figures_of_other_sources_are_marked_as_older(before: Run) -> None:
    assert before.measured == [] and "Older figures" in before.page


@pytest.mark.slow
def test_figures_of_other_sources_are_measured_again(ran: Run) -> None:
    assert ran.measured == ["village, seed 3"] and "Older figures" not in ran.page


@pytest.mark.slow
def test_what_was_measured_is_not_measured_again(bench: Bench, ran: Run) -> None:
    again = bench.run()
    assert again.measured == [] and again.page == ran.page


@pytest.mark.slow
def test_a_command_that_fails_is_reported_by_its_own_line(bench: Bench, tmp_path: Path) -> None:
    task = replace(VILLAGE, options=("--split", "split_9"))
    run(bench.data, None, lambda _: None, tmp_path, tmp_path / "page.md", (task,))
    assert "**Not measured:** kith: there is no split 'split_9'" in (tmp_path / "page.md").read_text()


def answer(auroc: float, no_graph: float, ece: float, interval: Sequence[float], peak: float = 900.0) -> dict:
    return {
        "n_train": 10, "n_test": 5, "seconds": 12.0, "seconds_baselines": 3.0, "peak_mb": peak, "findings": [],
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
        run(tmp_path, "atlantis", cache=tmp_path, to=tmp_path / "page.md")
    with pytest.raises(UsageError, match="--only"):
        CliRunner().invoke(app, ["bench", "rings", "--only", "town"], catch_exceptions=False)


def test_every_baseline_has_a_name_for_people() -> None:
    assert set(BASELINES) <= set(ROWS)
