"""A home of Kith, made by its own commands, that the tests of cli, service and api share."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from graph.purposes import PURPOSES
from loaders.synthetic.town import TownTruth, write_town
from service.context import ServingContext
from service.records import keys
from service.records.database import open_records
from service.settings import Settings

# Ids that a careless path, table or markup would break.
ODD_IDS = (
    "a", "a/score", "only/score", "b/c", "/begins", "ends/", "two//slashes", "sp ace", "emoji 😀", "per%2Fcent", "100%",
    "q?a=1&b=2#c", "+86 138", "it's \"quoted\"", "[bold]red[/bold]", "=cmd()", "007", "ID.with.dots", "مرحبا",
    "line\nbreak", "long" * 256,
)  # fmt: skip
UNOPENED = "as_built"  # the folder of what House.copy copies
TRUSTED, DISTRUSTED, FORGIVEN, LONELY = "trusted", "distrusted", "forgiven", "lonely"


@dataclass(frozen=True)
class Said:
    """What a command said: exit code, both outputs, and its JSON object where it wrote one."""

    code: int
    out: str
    err: str
    json: dict[str, Any] | None


@dataclass(frozen=True)
class House:
    """The town of 600 parties and some odd ones: loaded, snapshotted and learnt from. `made` holds the JSON answers."""

    folder: Path
    truth: TownTruth
    made: dict[str, dict[str, Any]]

    @staticmethod
    def build(folder: Path) -> House:
        truth = write_town(folder / "town", parties=600)
        _write_odd(folder / "odd", partner=truth.rings["ring_01"][0])
        empty = House(folder / "home", truth, {})
        made = {}
        for name, arguments in {
            "load": ["load", str(folder / "town")],
            "load odd": ["load", str(folder / "odd")],
            "snapshot": ["snapshot"],
            "train": ["train"],
        }.items():
            said = empty.kith(*arguments)
            assert said.code == 0, said.err
            made[name] = said.json or {}
        shutil.copytree(empty.folder, folder / UNOPENED)
        return House(empty.folder, truth, made)

    def copy(self, folder: Path) -> House:
        """A house of one's own in `folder`, as it was built: no keys, no records.

        Of a copy that nobody opened: whoever reads a file of SQLite that this process has open, and closes it, drops
        the locks on it.
        """
        shutil.copytree(self.folder.parent / UNOPENED, folder)
        return House(folder, self.truth, self.made)

    def key(self, role: str, *purposes: str, name: str = "Ada Lim") -> str:
        """A new key to this house."""
        records = open_records(Settings(home=self.folder).records)
        try:
            return keys.create(records, PURPOSES, role, purposes or ["all"], name)[0]
        finally:
            records.dispose()

    @contextmanager
    def here(self) -> Iterator[None]:
        """Commands and the application find this home."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KITH_HOME", str(self.folder))
            yield

    def kith(self, *arguments: str) -> Said:
        """Run a command in this process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        out, err = io.StringIO(), io.StringIO()
        with self.here(), redirect_stdout(out), redirect_stderr(err):
            code = run([*arguments, "--json", str(answer)])
        told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None
        return Said(code, out.getvalue(), err.getvalue(), told)

    def context(self) -> ServingContext:
        return ServingContext.open(Settings(home=self.folder))

    @property
    def member(self) -> str:
        """A member of a planted ring."""
        return self.truth.rings["ring_01"][0]

    @property
    def shop(self) -> str:
        """The popular shop, which has many links."""
        return self.truth.decoys["popular_shop"][0]


def _write_odd(folder: Path, partner: str) -> None:
    """Parties with odd ids, each a friend of `partner`; two that are rated, and one whose default closed in 2019."""
    folder.mkdir()
    ids = (*ODD_IDS, TRUSTED, DISTRUSTED, FORGIVEN)
    _write(folder / "parties.csv", ["id", "kind", "name"], [[id, "Person", f"Odd {id}"] for id in (*ids, LONELY)])
    friends = [[id, partner, "FRIEND_OF", ""] for id in ids]
    rates = [[TRUSTED, DISTRUSTED, "RATES", "-1"], [DISTRUSTED, TRUSTED, "RATES", "1"]]
    pays = [[FORGIVEN, TRUSTED, "PAYS", ""]]
    _write(
        folder / "relationships.csv",
        ["source", "target", "kind", "weight"],
        [*friends, *rates, *pays],
    )
    _write(
        folder / "outcomes.csv",
        ["id", "outcome", "time", "closed"],
        [[FORGIVEN, "default", "2018-01-01", "2019-01-01"]],
    )


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
