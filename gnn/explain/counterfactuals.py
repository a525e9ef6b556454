"""The smallest real changes that would move a party to the next better level, each found by recomputation.

Only what can happen is tried, and only where it may count: a default that is open is cured, a relationship that a
person can end ends, and more orders or payments follow those there are. Nothing past is undone, nobody stops being kin,
a fraud is not cured, and no attribute changes. First each change alone; where none is enough, pairs of those that help
most.

The cost of a change only orders the counterfactuals, the cheapest first:

    end one relationship (a guarantee, a loan or debt, a shared phone, device or account)   1
    cure the party's own default                                                            2
    cure the default of somebody it is linked to                                            3
    n more orders or payments                                                             n / 5
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Final

import numpy as np

from gnn.explain.budget import within_budget
from gnn.explain.link_removal import first_by_content, strongest
from gnn.explain.shapley import Attribution
from gnn.models.score_scale import LEVELS
from gnn.scoring.incremental import updated_input
from gnn.scoring.scorer import Assessment, Scorer
from gnn.scoring.terms import Terms
from graph.explore.links import neighbour_counts, removals_between
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.links import KindInfo
from graph.snapshots.overlay import AddLinks, Change, Cure
from graph.snapshots.snapshot import Snapshot

ENDABLE: Final = frozenset({"LENDS_TO", "OWES", "USES_PHONE", "USES_DEVICE", "HOLDS_ACCOUNT"})
ENDABLE_CATEGORY: Final = "guarantee"
REPEATABLE: Final = (("ORDERS_FROM", "out"), ("ORDERS_FROM", "in"), ("PAYS", "out"))  # `in`: orders that it fulfils
LADDER: Final = (1, 3, 10)  # how many more orders or payments are tried

CURE_OWN_DEFAULT: Final = "CURE_OWN_DEFAULT"
CURE_DEFAULT: Final = "CURE_DEFAULT"
END_LINKS: Final = "END_LINKS"
MORE_LINKS: Final = "MORE_LINKS"
CHANGE_CODES: Final = (CURE_OWN_DEFAULT, CURE_DEFAULT, END_LINKS, MORE_LINKS)

CURES_TRIED: Final = 3
ENDS_TRIED: Final = 3
MAX_PAIRED: Final = 3  # single changes that are tried in pairs
MAX_COUNTERFACTUALS: Final = 3


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes after which the party has `level` and `score`, recomputed."""

    changes: tuple[Change, ...]
    cost: float
    level: str
    score: float


@dataclass(frozen=True, slots=True)
class Counterfactuals:
    """What was found, the cheapest first, and how many changes were not tried since they would read too much."""

    found: tuple[Counterfactual, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Tried:
    changes: tuple[Change, ...]
    after: Assessment
    cost: float


def counterfactuals(
    scorer: Scorer,
    row: int,
    attribution: Attribution,
    terms: Terms,
    near: Sequence[int] | None = None,
) -> Counterfactuals:
    """The cheapest changes that reach the next better level, at most MAX_COUNTERFACTUALS; none at the best level.

    near: the `strongest` parties, where they are known.
    """
    now = scorer.assess(row, terms)
    if now.level not in LEVELS[1:]:
        return Counterfactuals()
    changes = [(one,) for one in possible(scorer, row, attribution, terms.categories, near)]
    single = tried(scorer, row, changes, terms)
    left_out = len(changes) - len(single)
    enough = [one for one in single if _better(one.after, now)]
    if not enough:
        helpful = sorted((one for one in single if _gain(one.after, now) > 0), key=lambda one: -_gain(one.after, now))
        pairs = [(*a.changes, *b.changes) for a, b in combinations(_distinct(helpful)[:MAX_PAIRED], 2)]
        paired = tried(scorer, row, pairs, terms)
        left_out += len(pairs) - len(paired)
        enough = [one for one in paired if _better(one.after, now)]
    enough.sort(key=lambda one: (one.cost, -_gain(one.after, now)))
    found = tuple(
        Counterfactual(one.changes, one.cost, one.after.level, one.after.score or 0.0)
        for one in _distinct(enough)[:MAX_COUNTERFACTUALS]
    )
    return Counterfactuals(found, left_out)


def cost(change: Change, row: int) -> float:
    """What a change costs the party, by the table of this module."""
    if isinstance(change, Cure):
        return 2.0 if change.party == row else 3.0
    return change.times / 5 if isinstance(change, AddLinks) else 1.0


def possible(
    scorer: Scorer,
    row: int,
    attribution: Attribution,
    categories: frozenset[str],
    near: Sequence[int] | None = None,
) -> list[Change]:
    """Every single change that is tried. near: see `counterfactuals`."""
    snapshot = scorer.snapshot
    near = strongest(scorer, row, attribution) if near is None else near
    found: list[Change] = [Cure(row)] if _curable(scorer, row) else []
    found += [Cure(other) for other in near if _curable(scorer, other)][:CURES_TRIED]
    may_end = [kind for kind in snapshot.kinds_of(categories) if can_end(snapshot.kinds[kind])]
    ends = (
        tie
        for other in near
        for tie in removals_between(snapshot, row, other, may_end)
        if _matters_to_end(snapshot, row, other)
    )
    return [*found, *islice(ends, ENDS_TRIED), *_more(scorer, row, categories)]


def can_end(kind: KindInfo) -> bool:
    """Whether a person can end a relationship of this kind."""
    return kind.category == ENDABLE_CATEGORY or kind.name in ENDABLE


def tried(
    scorer: Scorer,
    row: int,
    alternatives: Sequence[tuple[Change, ...]],
    terms: Terms,
) -> list[_Tried]:
    """Each alternative with the answer after it, as far as they are within the budget."""
    alternatives = within_budget(scorer, row, alternatives)
    if not alternatives:
        return []
    inputs = [updated_input(scorer.table, row, changes) for changes in alternatives]
    answers = scorer.assess_inputs([row] * len(inputs), inputs, terms)
    return [
        _Tried(changes, after, sum(cost(change, row) for change in changes))
        for changes, after in zip(alternatives, answers, strict=True)
    ]


def _curable(scorer: Scorer, row: int) -> bool:
    return bool(scorer.outcomes.default[row]) and not bool(scorer.outcomes.fraud[row])


def _matters_to_end(snapshot: Snapshot, row: int, other: int) -> bool:
    """An identifier is only worth giving up where others use it too."""
    if snapshot.party_kinds[int(snapshot.party_kind[other])] not in IDENTIFIER_KINDS:
        return True
    return any(user != row for user in neighbour_counts(snapshot, other, "identifier"))


def _more(scorer: Scorer, row: int, categories: frozenset[str]) -> list[Change]:
    """More orders or payments with the party it has most of them with, among those not known to be bad."""
    snapshot = scorer.snapshot
    found: list[Change] = []
    for kind, way in REPEATABLE:
        if kind not in snapshot.kinds or snapshot.kinds[kind].category not in categories:
            continue
        links = snapshot.links(kind)
        mine = links.out(row) if way == "out" else links.into(row)
        others, counts = np.unique(mine.party, return_counts=True)
        sound = (others != row) & ~scorer.outcomes.bad[others]
        if sound.any():
            most = first_by_content(scorer, others[sound & (counts == counts[sound].max())])
            source, target = (row, most) if way == "out" else (most, row)
            found += [_again(snapshot, kind, source, target, times) for times in LADDER]
    return found


def _again(snapshot: Snapshot, kind: str, source: int, target: int, times: int) -> AddLinks:
    """Links like the newest one between the two, at the snapshot's time."""
    links = snapshot.links(kind)
    entries = links.relationship(source, target)
    like = int(entries[int(np.argmax(np.nan_to_num(links.last[entries], nan=-np.inf)))])
    newest = links.newest if np.isfinite(links.newest) else np.nan
    when = snapshot.as_of if snapshot.as_of is not None else newest
    weight, amount = float(links.weight[like]), float(links.amount[like])
    return AddLinks(
        kind, source, target, times, when, when, weight, int(links.count[like]), amount, int(links.context[like])
    )


def change_code(change: Change, row: int) -> str:
    """The stable code of a change that is proposed to the party `row`."""
    if isinstance(change, Cure):
        return CURE_OWN_DEFAULT if change.party == row else CURE_DEFAULT
    return MORE_LINKS if isinstance(change, AddLinks) else END_LINKS


def _better(after: Assessment, now: Assessment) -> bool:
    return after.level in LEVELS and LEVELS.index(after.level) < LEVELS.index(now.level)


def _gain(after: Assessment, now: Assessment) -> float:
    return -1.0 if after.score is None or now.score is None else after.score - now.score


def _distinct(ordered: Sequence[_Tried]) -> list[_Tried]:
    """The first of those that differ only in how many orders or payments they add."""
    seen, kept = set(), []
    for one in ordered:
        about = tuple(
            (change.kind, change.source, change.target, isinstance(change, AddLinks))
            if not isinstance(change, Cure)
            else change
            for change in one.changes
        )
        if about not in seen:
            seen.add(about)
            kept.append(one)
    return kept
