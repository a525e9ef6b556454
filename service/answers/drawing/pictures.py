"""What a picture of the network shows: some parties with their scores, the links among them, and whom else each has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from graph.cancellation import check_cancelled
from graph.explore.bfs import selected_kinds
from graph.explore.subgraph import links_within
from graph.purposes import Purpose
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot
from service.answers.objecting import NO_OTHERS, Others, by_row, own_scores_of_rows
from service.answers.pages import Pages
from service.answers.scores import Level
from service.closed import Closed
from service.context import ServingContext

CANDIDATES: Final = 2_000  # neighbours that are scored to find the riskiest

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Order = Literal["riskiest", "strongest"]


class DrawnParty(Closed):
    """A party of a picture; score and level are null where there is no model or the purpose discloses neither.

    Of one that objected they are what the answer about it says: without the category, or withheld (`not_assessed`).
    neighbours: how many other parties it has over links of each kind, drawn or not. total: how many in all.
    """

    party: str
    kind: str
    name: str | None
    score: int | None
    level: Level | None
    known_bad: bool
    neighbours: dict[str, int]
    total: int = Field(ge=0)


class DrawnLink(Closed):
    """All links of one kind from one party to another. first, last: seconds since 1970.

    links: how many there are. count and amount: their sums, amount null where none is known. weight: their mean.
    via: the accounts or phones through which they are carried.
    """

    source: str
    target: str
    kind: str
    category: str
    symmetric: bool
    links: int = Field(ge=1)
    count: int
    amount: float | None
    weight: float | None
    first: float | None
    last: float | None
    via: tuple[str, ...]


class Picture(Closed):
    """Parties, in the order asked for, and every link among them. missing: ids that this snapshot does not have."""

    parties: tuple[DrawnParty, ...]
    links: tuple[DrawnLink, ...]
    missing: tuple[str, ...]
    snapshot: str


class Expansion(Closed):
    """Some of the parties around one; `total` counts all that were asked for, `next` is the cursor of the rest.

    considered: how many of them were put in order. Of a party with more, those with the most links come first.
    """

    party: str
    parties: tuple[DrawnParty, ...]
    total: int
    considered: int
    next: str | None
    snapshot: str


def picture(
    context: ServingContext,
    parties: Sequence[str],
    purpose: Purpose | None,
    kinds: Collection[str] | None = None,
    others: Others = NO_OTHERS,
) -> Picture:
    """The parties with the links of `kinds` (None: all) among them; purpose: that of their scores, None for none.

    others: the purposes of parties that objected.
    """
    snapshot = context.snapshot
    known = [id for id in dict.fromkeys(parties) if snapshot.has(id)]
    rows = list(dict.fromkeys(snapshot.row_of(id) for id in known))
    infos = selected_kinds(snapshot, kinds)
    return Picture(
        parties=_drawn(context, rows, purpose, infos, by_row(snapshot, others)),
        links=tuple(_links(snapshot, rows, infos)),
        missing=tuple(id for id in dict.fromkeys(parties) if not snapshot.has(id)),
        snapshot=snapshot.id,
    )


def expansion(
    context: ServingContext,
    party: str,
    purpose: Purpose | None,
    order: Order,
    limit: int,
    over: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
    cursor: str | None = None,
    others: Others = NO_OTHERS,
) -> Expansion:
    """A page of the parties that links of the kinds `over` (None: all) tie to one, in an order.

    kinds: of which the neighbours of these parties are counted (None: all). others: the purposes of parties that
    objected.

    riskiest: those known to be bad, then by score, the lowest first; where no score is
    disclosed, as strongest. strongest: by their links, the most first.

    Raises UnknownParty, UnknownKind, StaleCursor.
    """
    snapshot = context.snapshot
    row = snapshot.row_of(party)
    infos = selected_kinds(snapshot, over)
    pages = Pages(snapshot, f"{party} {order} {purpose and purpose.name} {' '.join(info.name for info in infos)}")
    around, strength = _around(snapshot, row, infos)
    start = pages.start_within(cursor, len(around))
    around = around[np.lexsort((around, -strength))]
    head, own = around, by_row(snapshot, others)
    if order == "riskiest" and purpose is not None and purpose.threshold is None and context.can_score:
        candidates = around[:CANDIDATES]
        objecting = {row: own[row] for row in candidates.tolist() if row in own}
        policies = " ".join(f"{row} {its.policy()}" for row, its in objecting.items())
        asked = (f"{purpose.policy()} {policies}", candidates.tobytes())
        head = context.orders.of(asked, lambda: _riskiest_first(context, candidates, purpose, objecting))
    ordered = np.concatenate([head, around[len(head) :]])
    shown = ordered[start : start + limit].tolist()
    return Expansion(
        party=party,
        parties=_drawn(context, shown, purpose, selected_kinds(snapshot, kinds), own),
        total=len(around),
        considered=len(head),
        next=pages.cursor(start + limit) if start + limit < len(around) else None,
        snapshot=snapshot.id,
    )


def _riskiest_first(context: ServingContext, rows: Rows, purpose: Purpose, own: Mapping[int, Purpose]) -> Rows:
    """Rows by their scores; of one that objected by that of its own purpose, where it is told."""
    scorer = context.scorer(purpose)
    score = np.nan_to_num(scorer.scores(rows, context.terms(purpose)), nan=np.inf)
    for row, its in own.items():
        alone = np.inf if its.withheld else scorer.scores([row], context.terms(its))[0]
        score[rows == row] = np.nan_to_num(alone, nan=np.inf)
    ordered: Rows = rows[np.lexsort((np.arange(len(rows)), score, ~scorer.outcomes.bad[rows]))]
    return ordered


def _around(snapshot: Snapshot, row: int, infos: Collection[KindInfo]) -> tuple[Rows, Rows]:
    """The other parties of a row over links of some kinds, ascending, and how many links each has with it."""
    ends = [np.empty(0, np.int32)]
    for info in infos:
        links = snapshot.links(info.name)
        ends += [links.out(row).party, links.into(row).party]
    others, strength = np.unique(np.concatenate(ends), return_counts=True)
    distinct = others != row
    return others[distinct].astype(np.int64), strength[distinct].astype(np.int64)


def _counts(snapshot: Snapshot, rows: Rows, infos: Collection[KindInfo]) -> tuple[dict[str, Rows], Rows]:
    """How many other parties each row has, int64[k]: over links of each kind, by its name, and in all."""
    by_kind, pairs = {}, [np.empty(0, np.int64)]
    for info in infos:
        links = snapshot.links(info.name)
        found = links.leaving(rows).and_also(links.reaching(rows))
        distinct = found.party != rows[found.position]
        pairs.append(np.unique((found.position[distinct] << 32) | found.party[distinct]))
        by_kind[info.name] = np.bincount(pairs[-1] >> 32, minlength=len(rows))
    return by_kind, np.bincount(np.unique(np.concatenate(pairs)) >> 32, minlength=len(rows))


def _drawn(
    context: ServingContext,
    rows: Sequence[int],
    purpose: Purpose | None,
    infos: Collection[KindInfo],
    own: Mapping[int, Purpose],
) -> tuple[DrawnParty, ...]:
    snapshot = context.snapshot
    scoring = purpose is not None and context.can_score
    scores = own_scores_of_rows(context, rows, purpose, own) if scoring and purpose is not None and rows else None
    bad = context.scorer(purpose).outcomes.bad if scoring and purpose is not None else None
    by_kind, total = _counts(snapshot, np.array(rows, np.int64), infos)
    drawn = []
    for place, row in enumerate(rows):
        check_cancelled()
        score = None if scores is None else scores[place]
        drawn.append(
            DrawnParty(
                party=snapshot.id_of(row),
                kind=snapshot.kind_of(row),
                name=snapshot.name_of(row),
                score=None if score is None else score.score,
                level=None if score is None else score.level,
                known_bad=bool(bad[row]) if bad is not None else False,
                neighbours={kind: int(n[place]) for kind, n in by_kind.items() if n[place]},
                total=int(total[place]),
            )
        )
    return tuple(drawn)


def _links(snapshot: Snapshot, rows: Sequence[int], infos: list[KindInfo]) -> list[DrawnLink]:
    drawn = []
    for info, sources, entries in links_within(snapshot, np.array(rows, np.int32), infos):
        links = snapshot.links(info.name)
        targets = links.out_target[entries].astype(np.int64)
        pairs, first_of, size = np.unique((sources << 32) | targets, return_index=True, return_counts=True)
        for pair, low, n in zip(pairs.tolist(), first_of.tolist(), size.tolist(), strict=True):
            of_pair = entries[low : low + n]
            via = links.via_of(of_pair) if info.carried else ()
            drawn.append(
                DrawnLink(
                    source=snapshot.id_of(pair >> 32),
                    target=snapshot.id_of(pair & 0xFFFFFFFF),
                    kind=info.name,
                    category=info.category,
                    symmetric=info.symmetric,
                    links=n,
                    count=int(links.count[of_pair].sum()),
                    amount=_over_known(np.sum, links.amount[of_pair]),
                    weight=_over_known(np.mean, links.weight[of_pair]),
                    first=_over_known(np.min, links.first[of_pair]),
                    last=_over_known(np.max, links.last[of_pair]),
                    via=tuple(sorted(snapshot.id_of(int(row)) for row in via)),
                )
            )
    return drawn


def _over_known(reduce: Callable[[Floats], np.float64], values: npt.NDArray[Any]) -> float | None:
    """A sum, mean, minimum or maximum over the known values; None where none is known."""
    numbers = np.asarray(values, np.float64)
    known = numbers[~np.isnan(numbers)]
    return float(reduce(known)) if len(known) else None
