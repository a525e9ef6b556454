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
from loaders.synthetic import write_town


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
    assert run.answer["splits"] == ["stratified 50/25/25, seed 0"]
    assert run.answer["later"]["n_test"] > 0
    assert run.answer["interval"]["nominal"] == 0.9
    assert set(run.answer["ablation"]) == {"contact", "guarantee", "identifier", "money", "social", "work"}
    for words in run.answer["words"]:
        assert " ".join(words.split()) in " ".join(run.printed.split())


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
def test_the_page_tells_what_was_found_and_its_pictures_speak(run: Run) -> None:
    reader = Reader()
    reader.feed(run.page)
    assert reader.seen["svg"] == reader.seen["desc"] >= 9
    assert reader.seen["title"] == reader.seen["svg"] + 1
    for heading in ("Reliability", "Bad rate by level", "Gains", "Fairness by sex", "A split by time", "Barred uses"):
        assert heading in run.page
    assert run.answer["dataset"] in run.page and "SHA-256" in run.page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mitigate"], "--protected"),
        (["--train-context", "online"], "go together"),
        (["--train-context", "online", "--test-context", "abroad"], "abroad"),
        (["--folds", "3", "--split", "all"], "exclude"),
        (["--baselines", "some"], "all or none"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        CliRunner().invoke(app, ["evaluate", str(tmp_path), *options], catch_exceptions=False)


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
