"""The effects of single relationships and single parties on a score: each is removed and the score recomputed.

A relationship is all links of one kind from one party to another. A party is every relationship that may count between
it and the one asked about, and its links to the identifiers that both use. Tried are the parties linked over the
categories that matter; where there are too many, those with a known bad outcome come first, then those that make up the
largest share of their category's points (the points split evenly over the parties of the category).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import I64
from gnn.explain.budget import within_budget
from gnn.explain.reason_codes import largest_parts
from gnn.explain.shapley import OWN, Attribution
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.incremental import updated_log_odds
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.explore.links import co_users, neighbour_counts, removals_between
from graph.snapshots.overlay import RemoveLinks
from graph.snapshots.snapshot import Snapshot

PARTIES_TRIED: Final = 6
RELATIONSHIPS_TRIED: Final = 4
MOST_COMPARED: Final = 2_000  # parties that are ordered by content where all else is equal


@dataclass(frozen=True, slots=True)
class Effect:
    """What is there because of these relationships: `log_odds` and `points` would go if they ended.

    other: the row of the other party. via: rows of identifiers through which alone it is linked. links: how many ended.
    """

    other: int
    ended: tuple[RemoveLinks, ...]
    via: tuple[int, ...]
    links: int
    log_odds: float
    points: float


@dataclass(frozen=True, slots=True)
class Removals:
    """Effects of parties and of relationships, strongest first. `candidates` counts the parties there were to try."""

    parties: tuple[Effect, ...]
    relationships: tuple[Effect, ...]
    tried: int
    candidates: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    other: int
    ended: tuple[RemoveLinks, ...]
    via: tuple[int, ...]


def removals(
    scorer: Scorer, row: int, attribution: Attribution, terms: Terms, near: Sequence[int] | None = None
) -> Removals:
    """The effects of removals behind an attribution that was made on these terms.

    near: the `strongest` parties, where they are known. Those that are too many or too costly are left out.
    """
    snapshot = scorer.snapshot
    others = strongest(scorer, row, attribution) if near is None else near
    shared = co_users(snapshot, row, scorer.known_bad) if "identifier" in terms.categories else {}
    chosen = [
        _of_party(snapshot, row, other, terms.categories, shared.get(other, ())) for other in others[:PARTIES_TRIED]
    ]
    single = [
        _Candidate(party.other, (tie,), ())
        for party in chosen
        for tie in party.ended
        if not party.via and len(party.ended) > 1
    ]
    affordable = within_budget(scorer, row, [one.ended for one in (*chosen, *single[:RELATIONSHIPS_TRIED])])
    chosen, single = ([one for one in some if one.ended in affordable] for some in (chosen, single))
    found = updated_log_odds(scorer, row, [one.ended for one in (*chosen, *single)], terms)
    effects = [_effect(snapshot, one, attribution.logit - x) for one, x in zip((*chosen, *single), found, strict=True)]
    of_parties, of_ties = effects[: len(chosen)], effects[len(chosen) :]
    of_ties += [one for one in of_parties if len(one.ended) == 1 and not one.via]
    return Removals(_ordered(of_parties), _ordered(of_ties), len(chosen), len(others))


def strongest(scorer: Scorer, row: int, attribution: Attribution) -> list[int]:
    """The parties linked over categories that matter, by the rule of this module, then by links and by content."""
    matter = [name for name in largest_parts(dict(attribution.contributions)) if name != OWN]
    share: dict[int, float] = {}
    links: dict[int, int] = {}
    for category in matter:
        found = neighbour_counts(scorer.snapshot, row, category, scorer.known_bad)
        if category == "identifier":
            found |= {other: len(via) for other, via in co_users(scorer.snapshot, row, scorer.known_bad).items()}
        for other, n in found.items():
            share[other] = share.get(other, 0.0) + abs(attribution.contributions[category]) / len(found)
            links[other] = links.get(other, 0) + n
    bad = scorer.outcomes.bad

    def place(other: int) -> tuple[bool, float, int]:
        return not bad[other], -share[other], -links[other]

    others = sorted(share)
    if len(others) > MOST_COMPARED:
        others = sorted(others, key=place)[:MOST_COMPARED]
    contents = dict(zip(others, map(bytes, scorer.table.rows(np.array(others, np.int64))), strict=True))
    return sorted(others, key=lambda other: (*place(other), contents[other], other))


def first_by_content(scorer: Scorer, rows: I64) -> int:
    """The first of some parties by what is known of them, so that no id decides; of the first MOST_COMPARED."""
    some = rows[:MOST_COMPARED].astype(np.int64)
    _, first = min(zip(map(bytes, scorer.table.rows(some)), some.tolist(), strict=True))
    return int(first)


def _of_party(snapshot: Snapshot, row: int, other: int, categories: frozenset[str], via: tuple[int, ...]) -> _Candidate:
    direct = removals_between(snapshot, row, other, snapshot.kinds_of(categories))
    identifier = snapshot.kinds_of({"identifier"})
    shared = [tie for one in via for tie in removals_between(snapshot, other, one, identifier)]
    return _Candidate(other, (*direct, *shared), via)


def _effect(snapshot: Snapshot, one: _Candidate, log_odds: float) -> Effect:
    links = sum(len(snapshot.links(tie.kind).relationship(tie.source, tie.target)) for tie in one.ended)
    return Effect(one.other, one.ended, one.via, links, log_odds, 0.0 - POINTS_PER_LOG_ODDS * log_odds)


def _ordered(effects: list[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(effects, key=lambda one: (-abs(one.points), one.other, [tie.kind for tie in one.ended])))
