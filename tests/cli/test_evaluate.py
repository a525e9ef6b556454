"""`kith evaluate` from files to a page: what it prints, writes and refuses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from graph.errors import TrainingError, UsageError
from loaders.synthetic.town import write_town
from tests.loaders.files import write


@dataclass(frozen=True)
class Run:
    printed: str
    answer: dict
    page: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("evaluate")
    write_town(folder / "town", parties=1500, seed=1)
    options = ["--baselines", "none", "--protected", "sex", "--mitigate"]
    files = ["--report", str(folder / "out.html"), "--json", str(folder / "out.json")]
    result = CliRunner().invoke(app, ["evaluate", str(folder / "town"), *options, *files], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Run(result.output, json.loads((folder / "out.json").read_text()), (folder / "out.html").read_text())


class Reader(HTMLParser):
    """Counts tags, and checks that they are closed in order."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: dict[str, int] = {}
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"


@pytest.mark.slow
def test_the_answer_holds_calibration_fairness_and_time(run: Run) -> None:
    model = run.answer["model"]
    assert 0 <= model["ece_chance_mean"] <= model["ece_chance_p95"] <= 1
    assert sum(level["parties"] for level in run.answer["levels"]) == run.answer["n_test"]
    assert set(run.answer["fairness"]["models"]) == {"model", "no_graph", "mitigated"}
    later = run.answer["temporal_split"]
    assert run.answer["splits"] == [f"by time: the {later['horizon_days']} days after 2025-10-13"]
    assert (later["point_in_time"], later["n_test"], later["auroc"]) == (True, run.answer["n_test"], model["auroc"])
    assert run.answer["random_split"]["split"] == later["split"] == "stratified 50/25/25, seed 0"
    assert run.answer["random_split"]["auroc"] == pytest.approx(later["split_auroc"], rel=1e-12)  # summed otherwise
    assert run.answer["interval"]["nominal"] == 0.9
    assert run.answer["ranking"]["gini"] == pytest.approx(2 * model["auroc"] - 1)
    assert [one["name"] for one in run.answer["ranking"]["top"]] == ["1%", "5%", "100"]
    assert set(run.answer["ablation"]) == {"contact", "guarantee", "identifier", "money", "social", "trust", "work"}
    for finding in run.answer["findings"]:
        assert " ".join(finding["text"].split()) in " ".join(run.printed.split())
    assert "trained on, " in run.printed and " tested on" in run.printed


@pytest.mark.slow
def test_the_page_needs_nothing_from_outside(run: Run) -> None:
    reader = Reader()
    reader.feed(run.page)
    assert not reader.open
    assert not {"script", "link", "img", "iframe", "object", "embed"} & reader.seen.keys()
    outward = [value for name, value in reader.attributes if name in {"src", "href", "action", "xlink:href"}]
    assert outward and all(value and value.startswith("#") for value in outward)
    assert "url(" not in run.page and "@import" not in run.page
    assert "default-src 'none'" in run.page


@pytest.mark.slow
def test_every_link_of_the_page_leads_somewhere(run: Run) -> None:
    anchors = set(re.findall(r'href="#([^"]+)"', run.page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', run.page))


@pytest.mark.slow
def test_the_page_shows_every_section_and_its_charts_have_descriptions(run: Run) -> None:
    reader = Reader()
    reader.feed(run.page)
    assert reader.seen["svg"] == reader.seen["desc"] >= 9
    assert reader.seen["title"] == reader.seen["svg"] + 1
    for heading in (
        "Reliability",
        "Bad rate by decile",
        "Cumulative gains",
        "Fairness by sex",
        "Temporal split",
        "Barred uses",
    ):
        assert heading in run.page
    assert run.answer["dataset"] in run.page and "SHA-256" in run.page


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """80 parties, published as train and test only, with a fault of every kind that a report must name."""
    folder = tmp_path_factory.mktemp("small")
    ids = range(80)
    files = write(
        folder / "village",
        parties="id,income,branch,religion\n" + "".join(f"p{i},{i * 37 % 80},{i // 2 % 2},r{i % 3}\n" for i in ids),
        relationships="source,target,kind,colour\n" + "".join(f"p{i},p{(i + 1) % 80},KNOWS,red\n" for i in ids),
        outcomes="id,outcome,time\n" + "".join(f"p{i},{i % 2},{'2020-01-01' if i < 20 else ''}\n" for i in ids),
        splits="id,split_0\nghost,train\n" + "".join(f"p{i},{'train' if i < 20 else 'test'}\n" for i in ids),
    )
    options = ["--baselines", "none", "--protected", "branch"]
    paths = ["--report", str(folder / "out.html"), "--json", str(folder / "out.json")]
    result = CliRunner().invoke(app, ["evaluate", str(files), *options, *paths], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Run(result.output, json.loads((folder / "out.json").read_text()), (folder / "out.html").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    "sentence",
    [
        "parties.csv: dropped, because it may not be stored: religion",
        "relationships.csv: ignored the columns colour",
        "Left out: 1 id of the splits is not in the network: ghost.",
        "20 of 80 outcomes have a date and a split by time needs 90 %",
        "Only 60 parties are tested on, 30 of them bad: too few for reliable figures.",
    ],
)
def test_what_is_wrong_with_the_files_is_printed_written_and_on_the_page(sentence: str, small: Run) -> None:
    printed = " ".join(small.printed.split())
    assert sentence in printed and sentence in small.page
    findings = [finding["text"] for finding in small.answer["findings"]]
    assert sentence in " ".join([*small.answer["warnings"], *findings])


def test_a_difference_that_cannot_be_known_is_neither_reported_nor_drawn(small: Run) -> None:
    """15 good parties of either branch are tested on: enough to compare all, too few to compare the good."""
    model = small.answer["fairness"]["models"]["model"]
    assert model["equal_opportunity"] is None and len(model["demographic_parity"]) == 3
    assert "Demographic parity" in small.page and "Equal opportunity" not in small.page
    assert "Left out of equal opportunity, with fewer than 30 good test parties: branch" in small.page
    assert "too few" in small.page


def test_the_model_card_says_that_no_feature_reads_the_column_of_the_groups(small: Run) -> None:
    assert "branch: no feature reads them" in small.page
    assert "The outcomes have no dates" not in small.page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mitigate"], "--protected"),
        (["--train-context", "online"], "go together"),
        (["--train-context", "online", "--test-context", "abroad"], "abroad"),
        (["--folds", "3", "--split", "all"], "exclude"),
        (["--baselines", "some"], "all or none"),
        (["--fractions", "10/10/80", "--folds", "3"], "leave out"),
        (["--fractions", "10/10/70"], "no fractions"),
        (["--learn-from", "val"], "learn-from"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        CliRunner().invoke(app, ["evaluate", str(tmp_path), *options], catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.parametrize(("column", "said"), [("height", "no column 'height'"), ("age<=18", "too few to compare")])
def test_groups_that_cannot_be_compared_are_refused_before_training(column: str, said: str, tmp_path: Path) -> None:
    write_town(tmp_path / "town", parties=500)
    with pytest.raises(UsageError, match=said):
        CliRunner().invoke(app, ["evaluate", str(tmp_path / "town"), "--protected", column], catch_exceptions=False)


def test_contexts_without_links_are_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "parties.csv").write_text("id\n" + "".join(f"p{i}\n" for i in range(200)))
    (tmp_path / "outcomes.csv").write_text("id,outcome\n" + "".join(f"p{i},{i % 2}\n" for i in range(200)))
    links = "".join(f"p{i},p{i + 1},PAYS,online\n" for i in range(199))
    (tmp_path / "relationships.csv").write_text("source,target,kind,context\n" + links)
    contexts = ["--train-context", "online", "--test-context", "offline"]
    with pytest.raises(TrainingError, match="online or offline"):
        CliRunner().invoke(app, ["evaluate", str(tmp_path), *contexts], catch_exceptions=False)
