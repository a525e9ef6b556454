"""The commands of docs/tutorial.md run in their order on the files of ../shared/cases/analyst and answer as it says."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import run
from cli.output import WIDTH, console
from graph.snapshots.snapshot import Snapshot
from tests.loaders.shared_cases import ROOT, cases_folder

pytestmark = pytest.mark.slow
PAGE = ROOT / "docs/tutorial.md"
PROMPT = "    $ kith "
LEFT_OUT = "..."
OF_A_MODEL = ("train", "explain")  # whose figures may differ from machine to machine
NINE = [f"K-1040{number}" for number in range(9)]


@dataclass(frozen=True)
class Answered:
    """A command of the page, what the page says it prints, and what it printed."""

    command: str
    promised: str
    code: int
    out: str


def commands() -> Iterator[tuple[str, str]]:
    """The commands of the page in their order, each with its output there."""
    command, promised = "", list[str]()
    for line in [*PAGE.read_text(encoding="utf-8").splitlines(), "end"]:
        if (line and not line.startswith("    ")) or line.startswith("    $ "):
            if command:
                yield command, "\n".join(promised)
            command, promised = line.removeprefix(PROMPT) if line.startswith(PROMPT) else "", []
        else:
            promised.append(line)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder: the mappings, and the files in `analyst/`."""
    cases = cases_folder()
    if cases is None or not (cases.parent / "analyst").is_dir():
        pytest.skip("../shared/cases/analyst is absent: the tutorial reads these files")
    folder = tmp_path_factory.mktemp("month")
    shutil.copytree(cases.parent / "analyst", folder / "analyst")
    for mapping in (ROOT / "docs/tutorial").glob("*.toml"):
        shutil.copy(mapping, folder)
    return folder


@pytest.fixture(scope="module")
def answers(month: Path) -> list[Answered]:
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_HOME", ".kith")
        patch.setattr(console, "width", WIDTH)  # a runner of tests may set COLUMNS
        patch.chdir(month)
        for command, promised in commands():
            out = io.StringIO()
            with redirect_stdout(out), redirect_stderr(out):
                code = run(shlex.split(command))
            found.append(Answered(command, promised, code, out.getvalue()))
    return found


def comparable(text: str) -> str:
    """A text without what differs from run to run: times of the clock, digests, and where lines break."""
    for pattern in (r"\(\d+\.\d s\)", r"\b20(?!24)\d\d-\d\d-\d\d \d\d:\d\d", r"\b[0-9a-f]{16}\b", r"(?<=rejects/)\w+"):
        text = re.sub(pattern, "#", text)
    return " ".join(re.sub("─+", "─", text).split())


def test_every_command_succeeds(answers: list[Answered]) -> None:
    assert [(one.command, one.out) for one in answers if one.code != 0] == []
    verbs = {one.command.split()[0] for one in answers}
    assert verbs >= set("mapping load loads snapshot search show neighbours rings paths train explain export".split())


def test_what_no_model_says_is_what_the_page_shows(answers: list[Answered]) -> None:
    for one in answers:
        if one.command.split()[0] in OF_A_MODEL:
            continue
        out, place = comparable(one.out), 0
        for part in filter(None, map(comparable, one.promised.split(f"    {LEFT_OUT}"))):
            assert part in out[place:], f"kith {one.command}: the page shows {part!r}, it says {out[place:]!r}"
            place = out.index(part, place) + len(part)
        if LEFT_OUT not in one.promised:
            assert comparable(one.promised) == out


def test_payments_with_both_ibans_tie_two_persons(answers: list[Answered], month: Path) -> None:
    [folder] = (month / ".kith/snapshots").glob("7-*")
    snapshot = Snapshot.open(folder)
    kinds = [snapshot.party_kinds[code] for code in snapshot.party_kind]
    assert {kind: kinds.count(kind) for kind in ("Person", "Company", "Phone")} == {
        "Person": 420,
        "Company": 60,
        "Phone": 420,
    }
    pays = snapshot.links("PAYS")
    ends = [
        (kinds[source], kinds[pays.out_target[position]])
        for source in range(snapshot.n_parties)
        for position in range(pays.out_indptr[source], pays.out_indptr[source + 1])
    ]
    assert ends.count(("Person", "Person")) == 3042
    assert "So 3,042 of the 3,074" in PAGE.read_text(encoding="utf-8")


def test_there_is_one_ring_and_it_has_the_nine(answers: list[Answered]) -> None:
    [rings] = [one.out for one in answers if one.command == "rings"]
    assert re.findall(r"K-\d+", rings) == NINE
    assert len(set(re.findall(r"ring-\w+", rings))) == 1
    assert "money goes round 9 parties in 26 links" in rings


def test_the_money_and_the_device_speak_against_her(answers: list[Answered]) -> None:
    [explained] = [one.out for one in answers if one.command == "explain K-10406"]
    points = {name: float(figure) for name, figure in re.findall(r"^ (\w[\w ]*?) +(-?\d+\.\d) *$", explained, re.M)}
    assert points["money"] < 0 and points["identifier"] < 0
    told = " ".join(explained.split())
    assert "known bad through 185.22.1.7, fp-deadbeef" in told
    assert "PAYS" in told and "money goes round 9 parties" in told
