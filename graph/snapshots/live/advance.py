"""The step from one live snapshot to the next, or why only a new snapshot can take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.csr import indptr_of
from graph.errors import RebuildNeeded, UnknownKind
from graph.schema import CONTEXTS, KIND_OF_TARGET, OUTCOME_STATES, OUTCOMES_KNOWN, SAME_AS
from graph.snapshots.carrying import Carried, Holdings, carry, holdings_of
from graph.snapshots.columns import Array, counts, floats, floats_to_32, index_in
from graph.snapshots.links import Links
from graph.snapshots.live.changes import Changes
from graph.snapshots.live.links import COLUMNS, VIA, LinkDelta
from graph.snapshots.live.snapshot import LiveSnapshot
from graph.snapshots.snapshot import Outcomes, Snapshot

EACH_ALONE: Final = 16  # ids are looked up one by one where they are fewer than this share of all parties
SORTED_BY: Final = ("amount", "days_late", "state", "outcome", "closed", "opened", "party")  # outcomes, the last first

I64 = npt.NDArray[np.int64]
Columns = dict[str, Array]


@dataclass(frozen=True)
class Touched:
    """What a change touched: parties that are new or described otherwise, and by category the ends of its links.

    Rows ascending, int64 each.
    """

    rows: I64
    ends: Mapping[str, I64]


def advance(before: LiveSnapshot, changes: Changes, unmentioned: bool = False) -> tuple[LiveSnapshot, Touched]:
    """The snapshot after changes, and what these touched; the one before is left as it is.

    unmentioned: no fact that the snapshot has left out, since one of its ends was no party, is about a new party.

    Raises RebuildNeeded.
    """
    return _Step(before, changes, unmentioned).done()


class _Step:
    """One change of a live snapshot."""

    def __init__(self, before: LiveSnapshot, changes: Changes, unmentioned: bool) -> None:
        self.before, self.changes, self.base = before, changes, before.base
        self.unmentioned = unmentioned
        self._found: dict[str, int] = {}  # rows by id, of the network with the new parties
        self.defined = {**before.defined, **{kind.name: kind for kind in changes.kinds}}
        if changes.gone:
            raise RebuildNeeded(f"{len(changes.gone)} parties are no more")
        for kind, info in before.kinds.items():
            now = self.defined.get(kind)
            if now is not None and (now.category, now.symmetric) != (info.category, info.symmetric):
                raise RebuildNeeded(f"the kind {kind} has another meaning now")

    def done(self) -> tuple[LiveSnapshot, Touched]:
        before, changes = self.before, self.changes
        ids = changes.parties.column("id").to_pylist()
        new = [id for id in ids if not before.has(id)]
        if new and not self.unmentioned and any(self.base.manifest["dangling"].values()):
            raise RebuildNeeded("a new party may be the missing end of links that were left out")
        parties = before.parties.with_new(new)
        rows = np.array([before.n_parties + at for at in range(len(new))], np.int64)
        if ids:
            place = {id: before.n_parties + at for at, id in enumerate(new)}
            rows = np.array([place[id] if id in place else before.row_of(id) for id in ids], np.int64)
            if any(len(before.ids_of(row)) > 1 for row in rows[rows < self.base.n_parties].tolist()):
                raise RebuildNeeded("a party with several ids is described otherwise")
            parties = parties.stating(rows, changes.parties, before.n_parties, changes.protected)
        if parties.protected & before.parties.columns != before.parties.protected:
            raise RebuildNeeded("a column that was there became a protected one")
        # Links are of the network in which the new parties are, and none of the links has changed yet.
        self.now = LiveSnapshot(
            self.base, changes.until, parties, before.deltas, before.outcomes, before.held, self.defined
        )
        deltas, held, ends = dict(before.deltas), [before.held], dict[str, list[I64]]()
        gone, came = self._links(changes.ended_links), self._links(changes.links)
        holding = sorted(kind for kind in {*gone, *came} if self.defined[kind].holding)
        for kind in [*holding, *sorted({*gone, *came} - {*holding})]:
            touched, carried_ends = self._change_kind(kind, gone.get(kind), came.get(kind), deltas)
            ends.setdefault(self.defined[kind].category, []).append(touched)
            held.append(carried_ends)
            if kind in holding:  # what is recorded of these identifiers is carried to their holders
                self.now = LiveSnapshot(
                    self.base, changes.until, parties, dict(deltas), before.outcomes, before.held, self.defined
                )
        after = LiveSnapshot(
            self.base,
            changes.until,
            parties,
            deltas,
            self._outcomes(),
            np.unique(np.concatenate(held)),
            self.defined,
        )
        by_category = {category: np.unique(np.concatenate(some)) for category, some in ends.items()}
        return after, Touched(np.unique(rows), by_category)

    def _links(self, batch: pa.RecordBatch) -> dict[str, Columns]:
        """Links by kind: rows of the ends, and the values as a snapshot has them."""
        if not batch.num_rows:
            return {}
        kinds = np.array(batch.column("kind").to_pylist(), object)
        if SAME_AS in kinds:
            raise RebuildNeeded("it was said or taken back that two ids are one party")
        unknown = sorted(set(kinds.tolist()) - self.defined.keys())
        if unknown:
            raise UnknownKind(f"the kind {unknown[0]} of a link is not defined")
        ends = [self._rows(batch.column(side).to_pylist()) for side in ("source", "target")]
        columns: Columns = {
            "source": ends[0],
            "target": ends[1],
            "first": floats(batch.column("first")),
            "last": floats(batch.column("last")),
            "weight": floats_to_32(floats(batch.column("weight"))),
            "count": counts(batch.column("count")),
            "amount": floats(batch.column("amount")),
            "context": (index_in(batch.column("context"), pa.array(CONTEXTS, pa.string())) + 1).astype(np.uint8),
        }
        return {
            kind: {name: values[kinds == kind] for name, values in columns.items()}
            for kind in sorted(set(kinds.tolist()))
        }

    def _rows(self, ids: Sequence[str]) -> npt.NDArray[np.int32]:
        found = self._place(ids)
        if (found < 0).any():
            raise RebuildNeeded("a link or an outcome is of a party that the snapshot does not have")
        return found

    def _place(self, ids: Sequence[str]) -> npt.NDArray[np.int32]:
        """Rows of ids, -1 for one that no party has: int32[k]. A table of all ids is made for many alone."""
        known, missing = self._found, sorted({*ids} - self._found.keys())
        if len(missing) * EACH_ALONE < self.now.n_parties:
            for id in missing:
                row = self.now.find(id)
                known[id] = -1 if row is None else row
        else:
            rows = self.now.find_rows(pa.array(missing, pa.large_string())).tolist()
            known.update(zip(missing, rows, strict=True))
        return np.array([known[id] for id in ids], np.int32)

    def _change_kind(
        self, kind: str, gone: Columns | None, came: Columns | None, deltas: dict[str, LinkDelta]
    ) -> tuple[I64, I64]:
        """Change the delta of a kind; returns the ends of what changed, and the identifiers that were carried."""
        links = self.now.links(kind) if kind in self.now.kinds else self.now.links_of(kind)
        delta = deltas.get(kind, LinkDelta.none(links.info.facts if kind in self.base.kinds else 0))
        ends: list[Array] = [np.empty(0, np.int64)]
        carried_ends: list[Array] = [np.empty(0, np.int64)]
        for one in (gone, came):
            if one is not None:
                self._check_kinds_of_targets(kind, one)
                if self.defined[kind].holding:
                    self._check_holdings(one)
        if gone is not None:
            carried = self._carried(kind, gone)
            delta = _without(self.now, kind, delta, gone, carried)
            ends += [carried.source, carried.target]
            carried_ends += [gone["source"][carried.source_held], gone["target"][carried.target_held]]
        if came is not None:
            carried = self._carried(kind, came)
            delta = delta.plus(came, carried)
            ends += [carried.source, carried.target]
            carried_ends += [came["source"][carried.source_held], came["target"][carried.target_held]]
        deltas[kind] = delta
        return np.unique(np.concatenate(ends)).astype(np.int64), np.unique(np.concatenate(carried_ends)).astype(
            np.int64
        )

    def _carried(self, kind: str, facts: Columns) -> Carried:
        """The entries of facts: of each end that is held its holders."""
        return carry(facts, self._holdings(facts) if self.defined[kind].category != "identifier" else _nobody(self.now))

    def _holdings(self, facts: Columns) -> Holdings:
        """Who holds the identifiers among the ends of facts."""
        now = self.now
        ends = np.unique(np.concatenate([facts["source"], facts["target"]])).astype(np.int64)
        ends = ends[now.is_identifier[ends]]
        if not len(ends):
            return _nobody(now)
        columns: dict[str, list[Array]] = {name: [] for name in ("source", "target", "first", "last")}
        for kind in now.kinds:
            if self.defined[kind].holding:
                links = now.links(kind)
                there = links.reaching(ends)
                columns["source"].append(there.party)
                columns["target"].append(ends[there.position].astype(np.int32))
                for name in ("first", "last"):
                    columns[name].append(links.values(name, there))
        if not columns["source"]:
            return _nobody(now)
        return holdings_of({name: np.concatenate(some) for name, some in columns.items()}, now.is_identifier)

    def _check_kinds_of_targets(self, kind: str, links: Columns) -> None:
        """A party known only as the target of such a link is what the link says it is.

        Raises RebuildNeeded where the kind of a party may hang on these links.
        """
        said = KIND_OF_TARGET.get(kind)
        target = np.unique(links["target"])
        for row in target[self.now.implied[target]].tolist() if said is not None else ():
            if self.now.kind_of(row) != said or row < self.base.n_parties:
                raise RebuildNeeded("what an identifier is may hang on a link that came or went")

    def _check_holdings(self, links: Columns) -> None:
        """Raises RebuildNeeded where links that are there already would be carried to other holders."""
        now, n_base = self.now, self.base.n_parties
        rows = np.unique(links["target"]).astype(np.int64)
        rows = rows[now.is_identifier[rows]]
        busy = bool(np.isin(rows, self.before.held).any())
        for kind in now.kinds:
            if now.kinds[kind].category != "identifier":
                one = now.links(kind)
                busy = busy or len(one.leaving(rows).party) > 0 or len(one.reaching(rows).party) > 0
        old = rows[rows < n_base]
        for kind in self.base.held_kinds:
            held = self.base.held_links(kind)
            for indptr in (held.out_indptr, held.in_indptr):
                busy = busy or bool((indptr[old] < indptr[old + 1]).any())
        if busy:
            raise RebuildNeeded("who holds an identifier changed, and what was paid or called on it goes to others now")

    def _outcomes(self) -> Outcomes:
        changes, before = self.changes, self.before.outcomes
        if not changes.outcomes.num_rows and not changes.ended_outcomes.num_rows:
            return before
        came, gone = self._outcome_columns(changes.outcomes), self._outcome_columns(changes.ended_outcomes)
        left = np.ones(len(before.party), np.bool_)
        for at in range(len(gone["party"])):
            low, high = np.searchsorted(before.party, [gone["party"][at], gone["party"][at] + 1]).tolist()
            same = left[low:high].copy()
            for name, values in gone.items():
                same &= _equal(getattr(before, name)[low:high], values[at])
            if not same.any():
                raise RebuildNeeded("an outcome was taken back that the snapshot does not have")
            left[low + int(np.argmax(same))] = False
        columns = {name: np.concatenate([getattr(before, name)[left], came[name]]) for name in came}
        order = np.lexsort([columns[name] for name in SORTED_BY])
        return Outcomes(*(columns[one.name][order] for one in fields(Outcomes)))

    def _outcome_columns(self, batch: pa.RecordBatch) -> Columns:
        party = self._rows(batch.column("party").to_pylist())
        codes = {
            name: index_in(batch.column(name), pa.array(among, pa.string())).astype(np.uint8)
            for name, among in (("outcome", OUTCOMES_KNOWN), ("state", OUTCOME_STATES))
        }
        values = {name: floats(batch.column(name)) for name in ("opened", "closed", "days_late", "amount")}
        return {"party": party, **codes, **values}


def _nobody(snapshot: Snapshot) -> Holdings:
    """No holdings at all."""
    times = np.empty(0, np.float64)
    return Holdings(indptr_of(np.zeros(snapshot.n_parties, np.int64)), np.empty(0, np.int32), times, times)


def _without(now: LiveSnapshot, kind: str, delta: LinkDelta, facts: Columns, carried: Carried) -> LinkDelta:
    """The delta without facts, which were carried so. Raises RebuildNeeded where one of them is not there."""
    known = kind in now.base.kinds
    base = now.base.links(kind) if known else None
    gone, numbers = set[int](delta.gone.tolist()), set[int]()
    entries: list[int] = []
    first = np.unique(carried.fact, return_index=True)[1]  # an entry of each fact finds it
    for at in first.tolist():
        wanted: dict[str, Any] = {name: facts[name][carried.fact[at]] for name in COLUMNS}
        wanted |= {name: getattr(carried, name)[at] for name in VIA}
        source, target = int(carried.source[at]), int(carried.target[at])
        number = _added(delta, source, target, wanted, numbers)
        if number is not None:
            numbers.add(number)
            continue
        found = None if base is None else _stored(base, source, target, wanted, gone)
        if base is None or found is None:
            raise RebuildNeeded("a link was taken back that the snapshot does not have")
        same = base.with_same_fact(np.array([found], np.int64)).tolist()
        gone.update(same)
        entries += same
    return delta.without(np.array(sorted(entries), np.int64), np.array(sorted(numbers), np.int32))


def _added(delta: LinkDelta, source: int, target: int, wanted: Mapping[str, Any], taken: set[int]) -> int | None:
    """The number of an added fact with such an entry that is not taken, None where there is none."""
    low, high = np.searchsorted(delta.added["source"], [source, source + 1]).tolist()
    same = np.asarray(delta.added["target"][low:high] == target)
    for name, value in wanted.items():
        same &= _equal(delta.added[name][low:high], value)
    numbers = [one for one in delta.added["fact"][low:high][same].tolist() if one not in taken]
    return min(numbers, default=None)


def _stored(base: Links, source: int, target: int, wanted: Mapping[str, Any], gone: set[int]) -> int | None:
    """The first entry of a snapshot with these values that is not gone, None where there is none."""
    n = len(base.out_indptr) - 1
    if source >= n or target >= n:
        return None
    entries = base.between(source, target)
    same = np.ones(len(entries), np.bool_)
    for name, value in wanted.items():
        same &= _equal(getattr(base, name)[entries], value)
    return next((entry for entry in entries[same].tolist() if entry not in gone), None)


def _equal(values: Array, value: Any) -> npt.NDArray[np.bool_]:
    """Which values are this one; a missing value equals a missing one."""
    same: npt.NDArray[np.bool_] = (values == value) | ((values != values) & (value != value))
    return same
