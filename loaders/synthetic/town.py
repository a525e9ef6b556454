"""A seeded town to try things on: friends, calls, payments, guarantees, ratings, planted rings, contagion.

It is written as an exchange folder, as if it came from outside. The same size and seed give the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from graph.errors import UsageError
from loaders.synthetic.links import Links, tie
from loaders.synthetic.outcomes import Fates, decide, good_days
from loaders.synthetic.people import Floats, People, Rng, describe, identify, populate
from loaders.synthetic.ratings import rate
from loaders.synthetic.rings_and_decoys import plant

FEWEST: Final = 500
NEW_YEAR: Final = np.datetime64("2025-01-01T00:00:00", "s")


@dataclass(frozen=True)
class TownTruth:
    """What the files do not say: who is in which ring, which groups only look like one, and whose failure is hidden.

    `rings` and `decoys` map a name to ids in order; `hidden_bad` are the ids that failed without a row in outcomes.csv.
    `conduct_carries_over` is whether what a buyer's orders say online they also say offline.
    """

    rings: dict[str, tuple[str, ...]]
    decoys: dict[str, tuple[str, ...]]
    hidden_bad: frozenset[str]
    conduct_carries_over: bool = True


def write_town(folder: Path, parties: int = 5000, seed: int = 0, conduct_carries_over: bool = True) -> TownTruth:
    """Write a town of about `parties` parties as an exchange folder and return what is planted in it.

    `conduct_carries_over`: whether the size of orders says the same of a buyer online and offline, or the reverse.
    The folder is made where it is missing. UsageError where `parties` is too small for the rings and decoys.
    """
    if parties < FEWEST:
        raise UsageError(f"a town needs at least {FEWEST} parties to hold its rings, not {parties}")
    rng = np.random.default_rng(seed)
    people = populate(parties, rng)
    links = Links()
    tie(people, links, rng, conduct_carries_over)
    plants = plant(people, links, rng)
    fates = decide(people, links, plants, rng)
    rate(people, links, plants, rng.spawn(1)[0])
    ids = identify(people, rng)

    folder.mkdir(parents=True, exist_ok=True)
    _write_parties(folder / "parties.csv", people, ids, rng)
    _write_relationships(folder / "relationships.csv", links, ids, rng)
    _write_outcomes(folder / "outcomes.csv", people, fates, ids, rng)
    hidden = np.flatnonzero(np.isfinite(fates.day) & ~fates.known)
    return TownTruth(
        rings={name: tuple(sorted(ids[m] for m in members)) for name, members in plants.rings.items()},
        decoys={name: tuple(sorted(ids[m] for m in members)) for name, members in plants.decoys.items()},
        hidden_bad=frozenset(ids[row] for row in hidden),
        conduct_carries_over=conduct_carries_over,
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _times(day: Floats) -> list[str]:
    """Days since New Year as ISO 8601 in UTC."""
    moments = NEW_YEAR + np.floor(day * 86400).astype(np.int64).astype("timedelta64[s]")
    return [f"{text}Z" for text in np.datetime_as_string(moments).tolist()]


def _write_parties(path: Path, people: People, ids: list[str], rng: Rng) -> None:
    columns = describe(people, rng)
    rows = list(zip(ids, people.kind.tolist(), *columns.values(), strict=True))
    _write(path, ["id", "kind", *columns], [rows[i] for i in rng.permutation(len(rows))])


def _write_relationships(path: Path, links: Links, ids: list[str], rng: Rng) -> None:
    source, target = np.concatenate(links.source), np.concatenate(links.target)
    day, amount = np.concatenate(links.day), np.concatenate(links.amount)
    weight = np.concatenate(links.weight)
    order = rng.permutation(len(source))
    # `count` is empty where a link is one dated event and the kind has no number of its own.
    counts = ["" if c == 0 else str(c) for c in np.concatenate(links.count)[order].tolist()]
    amounts = ["" if a != a else f"{a:.2f}" for a in amount[order].tolist()]
    weights = ["" if w != w else f"{w:.1f}" for w in weight[order].tolist()]
    contexts = [("offline", "online", "")[c] for c in np.concatenate(links.online)[order].tolist()]
    rows = zip(
        [ids[s] for s in source[order].tolist()],
        [ids[t] for t in target[order].tolist()],
        np.concatenate(links.kind)[order].tolist(),
        _times(day[order]),
        counts,
        amounts,
        contexts,
        weights,
        strict=True,
    )
    _write(path, ["source", "target", "kind", "time", "count", "amount", "context", "weight"], rows)


def _write_outcomes(path: Path, people: People, fates: Fates, ids: list[str], rng: Rng) -> None:
    """One row for each party whose outcome is known, dated; cured ones and merely late ones are left to real data."""
    rows = rng.permutation(people.judged[fates.known[people.judged]])
    failed = np.isfinite(fates.day[rows])
    times = _times(np.where(failed, fates.day[rows], good_days(fates, rows, rng)))
    words = np.select([fates.fraud[rows], failed], ["fraud", "default"], "good").tolist()
    _write(path, ["id", "outcome", "time"], zip([ids[r] for r in rows.tolist()], words, times, strict=True))
