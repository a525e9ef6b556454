"""Search among a million made-up parties: milliseconds to the first page, the slowest question of each case.

Seven of ten parties are people with names, the others phones and accounts. The peer of words and parts is SQLite's
full-text search with a trigram index over the same ids and names; it knows no typos and no two ways to write a number,
and says no reasons. The peer of typos is rapidfuzz over every distinct name. `python -m benchmarks.search [PARTIES]`.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import OSA

from benchmarks.rows import row
from benchmarks.stores import arrow_batch, load
from graph import schema
from graph.explore.search import matches, search
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store

PARTIES: Final = 1_000_000
CHUNK: Final = 50_000
PAGE: Final = 50
REPEATS: Final = 5

_GIVEN: Final = tuple(map("".join, product("Al Bé Ca Dö El Fa Ga Ha Ïs Jo".split(), "bel dan lia mar rön sa".split())))
_STARTS: Final = "Ash Birch Clay Dal Elm Fiel Glen Heth Ivy Lak Mar Nor Oak Pin Re".split()
_FAMILY: Final = tuple(
    map("".join, product(_STARTS, "bro bur fo ha lan le me ste to we".split(), "ck d ß n s".split()))
)

_FTS: Final = "CREATE VIRTUAL TABLE party USING fts5(id, name, tokenize='trigram')"
_MATCH: Final = "SELECT id, name FROM party WHERE party MATCH ? ORDER BY rank LIMIT ?"


@dataclass(frozen=True)
class Case:
    """Questions of one kind, and the peer that answers them too."""

    name: str
    questions: tuple[str, ...]
    peer: str


CASES: Final = (
    Case("a name, its words in any order", ("Elmbron Albel", "birchlan halia", "Normeß Dösa"), "full-text search"),
    Case("a part of a name", ("chlan", "orme", "rön"), "full-text search"),
    Case("an IBAN in groups", ("DE10 0000 0000 0000 8500 17", "DE10 0000 0000 0000 9999 99"), "full-text search"),
    Case("a phone number without its country", ("0171 0700123", "0171/0849999"), "full-text search"),
    Case("a name with one typo", ("Elmbrom Halia", "Birhclans", "Nromes"), "rapidfuzz"),
    Case("no match at all", ("Qxyzzy", "Wwwxyv Qqzj"), "full-text search"),
)


def _parties(parties: int, random: np.random.Generator) -> Iterator[pa.RecordBatch]:
    for start in range(0, parties, CHUNK):
        numbers = range(start, min(start + CHUNK, parties))
        names = zip(
            random.integers(0, len(_GIVEN), len(numbers)), random.integers(0, len(_FAMILY), len(numbers)), strict=True
        )
        people = [f"{_GIVEN[given]} {_FAMILY[family]}" for given, family in names]
        ids, kinds, texts = [], [], []
        for number, name in zip(numbers, people, strict=True):
            share = number / parties
            ids.append(f"K-{number}" if share < 0.7 else f"49171{number:07}" if share < 0.85 else f"DE10{number:018}")
            kinds.append("Person" if share < 0.7 else "Phone" if share < 0.85 else "Account")
            texts.append(name if share < 0.7 else None)
        yield arrow_batch(schema.PARTIES, len(ids), id=ids, kind=kinds, name=texts)


def _snapshot(folder: Path, parties: int) -> Snapshot:
    store = open_store(f"sqlite:///{folder / 'kith.db'}")
    load(store, _parties(parties, np.random.default_rng(0)), [])
    built = build_snapshot(store, folder / "snapshot")
    store.close()
    return built


def _full_text(snapshot: Snapshot) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute(_FTS)
    rows = ((snapshot.id_of(row), snapshot.name_of(row)) for row in range(snapshot.n_parties))
    db.executemany("INSERT INTO party VALUES (?, ?)", rows)
    return db


def _ours(snapshot: Snapshot, question: str) -> list[Any]:
    return [matches(snapshot, question, row) for row in search(snapshot, question, PAGE)]


def _by_full_text(db: sqlite3.Connection, question: str) -> list[Any]:
    words = " AND ".join(f'"{word}"' for word in question.split())
    return db.execute(_MATCH, (words, PAGE)).fetchall()


def _by_distance(names: list[str], question: str) -> list[Any]:
    return process.extract(question, names, scorer=OSA.distance, score_cutoff=1, limit=PAGE)


def _milliseconds(act: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def run(parties: int = PARTIES) -> dict[str, Any]:
    """A row for each case, in milliseconds of its slowest question."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(Path(folder), parties)
        db = _full_text(snapshot)
        names = sorted({name for row in range(snapshot.n_parties) if (name := snapshot.name_of(row))})
        rows = []
        for case in CASES:
            for question in case.questions:  # reads the pages and compiles what is compiled
                _ours(snapshot, question)
            ours = max(_milliseconds(partial(_ours, snapshot, question)) for question in case.questions)
            answers = partial(_by_distance, names) if case.peer == "rapidfuzz" else partial(_by_full_text, db)
            peer = max(_milliseconds(partial(answers, question)) for question in case.questions)
            rows.append(row(case.name, ours, case.peer, peer, "ms"))
    return {"name": "search", "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:])), indent=2))
