"""A seeded synthetic town, written as an exchange folder: links of every category, fraud rings, decoys, contagion.

The same size and seed give the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from graph.errors import UsageError
from loaders.synthetic.links import TownLinks, add_links
from loaders.synthetic.outcomes import SimulatedOutcomes, draw_observation_days, simulate_outcomes
from loaders.synthetic.people import F64, I64, Population, Rng, draw_attributes, draw_ids, draw_population
from loaders.synthetic.proceeds import draw_proceeds
from loaders.synthetic.ratings import add_ratings
from loaders.synthetic.rings_and_decoys import add_rings_and_decoys

MIN_PARTIES: Final = 500
STOPPING: Final = ("PAYS", "ORDERS_FROM")  # kinds of links, where payments stop at a failure
YEAR_START: Final = np.datetime64("2025-01-01T00:00:00", "s")


@dataclass(frozen=True)
class TownTruth:
    """The ground truth that the files do not hold.

    rings, decoys: name -> sorted ids of the members.
    organisers: name of a ring -> id of the member to whom the others pass on what victims paid them.
    victims: name of a ring -> sorted ids of those who paid its members.
    hidden_bad: ids of the parties that failed and have no row in outcomes.csv.
    conduct_carries_over: whether the size of a buyer's orders predicts its outcome offline as it does online.
    """

    rings: dict[str, tuple[str, ...]]
    decoys: dict[str, tuple[str, ...]]
    organisers: dict[str, str]
    victims: dict[str, tuple[str, ...]]
    hidden_bad: frozenset[str]
    conduct_carries_over: bool = True


def write_town(
    folder: Path,
    parties: int = 5000,
    seed: int = 0,
    conduct_carries_over: bool = True,
    payments_stop: bool = False,
) -> TownTruth:
    """The ground truth of a town of about `parties` parties, which is written to `folder` as an exchange folder.

    folder: made where it is missing.
    conduct_carries_over: whether the size of a buyer's orders predicts its outcome offline as it does online, or the
    reverse.
    payments_stop: whether a party that failed neither pays nor orders from then on.

    Raises UsageError where `parties` is too small for the rings and decoys.
    """
    if parties < MIN_PARTIES:
        raise UsageError(f"a town needs at least {MIN_PARTIES} parties to hold its rings, not {parties}")
    rng = np.random.default_rng(seed)
    population = draw_population(parties, rng)
    links = TownLinks()
    add_links(population, links, rng, conduct_carries_over)
    groups = add_rings_and_decoys(population, links, rng)
    outcomes = simulate_outcomes(population, links, groups, rng)
    of_ratings, of_proceeds = rng.spawn(2)
    proceeds = draw_proceeds(population, groups, of_proceeds)
    if payments_stop:
        links.end(STOPPING, outcomes.failure_day)
        proceeds.links.end(STOPPING, outcomes.failure_day)
    add_ratings(population, links, groups, of_ratings)
    ids = draw_ids(population, rng)

    folder.mkdir(parents=True, exist_ok=True)
    _write_parties(folder / "parties.csv", population, ids, rng)
    order = _row_order(links, proceeds.links, rng, of_proceeds)
    _write_relationships(folder / "relationships.csv", links.followed_by(proceeds.links), order, ids)
    _write_outcomes(folder / "outcomes.csv", population, outcomes, ids, rng)
    hidden = np.flatnonzero(np.isfinite(outcomes.failure_day) & ~outcomes.is_known)
    return TownTruth(
        rings={name: tuple(sorted(ids[m] for m in members)) for name, members in groups.rings.items()},
        decoys={name: tuple(sorted(ids[m] for m in members)) for name, members in groups.decoys.items()},
        organisers={name: ids[organiser] for name, organiser in proceeds.organisers.items()},
        victims={name: tuple(sorted(ids[v] for v in victims)) for name, victims in proceeds.victims.items()},
        hidden_bad=frozenset(ids[row] for row in hidden),
        conduct_carries_over=conduct_carries_over,
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _iso_times(day: F64) -> list[str]:
    """Days of the year as ISO 8601 in UTC."""
    moments = YEAR_START + np.floor(day * 86400).astype(np.int64).astype("timedelta64[s]")
    return [f"{text}Z" for text in np.datetime_as_string(moments).tolist()]


def _write_parties(path: Path, population: Population, ids: list[str], rng: Rng) -> None:
    columns = draw_attributes(population, rng)
    rows = list(zip(ids, population.kind.tolist(), *columns.values(), strict=True))
    _write(path, ["id", "kind", *columns], [rows[i] for i in rng.permutation(len(rows))])


def _row_order(links: TownLinks, later: TownLinks, rng: Rng, of_later: Rng) -> I64:
    """The order of the rows of `links` followed by `later`, whose rows stand at random places.

    The rest of the town is the same with and without `later`, which has a generator of its own.
    """
    n, more = links.size, later.size
    return np.insert(rng.permutation(n), of_later.integers(n + 1, size=more), np.arange(n, n + more))


def _write_relationships(path: Path, links: TownLinks, order: I64, ids: list[str]) -> None:
    source, target = np.concatenate(links.source), np.concatenate(links.target)
    day, amount = np.concatenate(links.day), np.concatenate(links.amount)
    weight = np.concatenate(links.weight)
    # `count` is empty where a link is one dated event and the kind has no number of its own.
    counts = ["" if c == 0 else str(c) for c in np.concatenate(links.count)[order].tolist()]
    amounts = ["" if a != a else f"{a:.2f}" for a in amount[order].tolist()]
    weights = ["" if w != w else f"{w:.1f}" for w in weight[order].tolist()]
    contexts = [("offline", "online", "")[c] for c in np.concatenate(links.online)[order].tolist()]
    rows = zip(
        [ids[s] for s in source[order].tolist()],
        [ids[t] for t in target[order].tolist()],
        np.concatenate(links.kind)[order].tolist(),
        _iso_times(day[order]),
        counts,
        amounts,
        contexts,
        weights,
        strict=True,
    )
    _write(path, ["source", "target", "kind", "time", "count", "amount", "context", "weight"], rows)


def _write_outcomes(path: Path, population: Population, outcomes: SimulatedOutcomes, ids: list[str], rng: Rng) -> None:
    """One row for each party whose outcome is known, dated; none is late or cured."""
    parties = rng.permutation(population.borrowers[outcomes.is_known[population.borrowers]])
    failure_day = outcomes.failure_day[parties]
    failed = np.isfinite(failure_day)
    times = _iso_times(np.where(failed, failure_day, draw_observation_days(outcomes, parties, rng)))
    labels = np.select([outcomes.is_fraud[parties], failed], ["fraud", "default"], "good").tolist()
    _write(path, ["id", "outcome", "time"], zip([ids[p] for p in parties.tolist()], labels, times, strict=True))
