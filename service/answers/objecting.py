"""Parties that are answered for by another purpose than the one that is asked for, since they objected to something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np

from gnn.scoring.incremental import Changes
from gnn.scoring.scenario import Scenario, scenario
from graph.purposes import Purpose
from graph.snapshots.snapshot import Snapshot
from service.answers.scores import Disclosed, scores_of_rows
from service.context import ServingContext

Others = Mapping[str, Purpose]  # by the id of the party
Objecting = Callable[[ServingContext, Purpose], Others]
NO_OTHERS: Final[Others] = MappingProxyType({})
Answer = TypeVar("Answer")


def by_row(snapshot: Snapshot, others: Others) -> dict[int, Purpose]:
    """The purposes of the parties that a snapshot has, by row."""
    found = {snapshot.find(party): purpose for party, purpose in others.items()}
    return {row: purpose for row, purpose in found.items() if row is not None}


def without(purpose: Purpose, own: Purpose) -> tuple[str, ...]:
    """The categories that an own purpose leaves out of a purpose, ascending."""
    return tuple(sorted(purpose.categories - own.categories))


def nobody(_: ServingContext, __: Purpose) -> Others:
    """Nobody objected to anything."""
    return NO_OTHERS


def own_purpose(context: ServingContext, party: str, purpose: Purpose, objecting: Objecting) -> Purpose:
    """The purpose by which a party is answered for."""
    row = context.snapshot.find(party)
    return purpose if row is None else by_row(context.snapshot, objecting(context, purpose)).get(row, purpose)


def by_purpose(purposes: Sequence[Purpose], answer: Callable[[list[int], Purpose], Sequence[Answer]]) -> list[Answer]:
    """The answer for each of some purposes, in their order; `answer` is given the places of one purpose together."""
    places: dict[Purpose, list[int]] = {}
    for place, purpose in enumerate(purposes):
        places.setdefault(purpose, []).append(place)
    found: dict[int, Answer] = {}
    for purpose, some in places.items():
        found.update(zip(some, answer(some, purpose), strict=True))
    return [found[place] for place in range(len(purposes))]


def own_scores_of_rows(
    context: ServingContext, rows: Sequence[int], purpose: Purpose, others: Mapping[int, Purpose]
) -> list[Disclosed]:
    """What is disclosed of the scores of some parties, of each by its own purpose; those of one are scored together."""

    def disclosed(places: list[int], own: Purpose) -> list[Disclosed]:
        return scores_of_rows(context, [rows[place] for place in places], own)

    return by_purpose([others.get(row, purpose) for row in rows], disclosed)


def own_scenario(
    context: ServingContext,
    defaulted: Sequence[int],
    purpose: Purpose,
    others: Mapping[int, Purpose],
    most: int,
    changes: Changes = (),
) -> Scenario:
    """What defaults and changes do to those whom they reach, to each by its own purpose; NaN of one that is withheld.

    Whom they do not reach by its own purpose is not among them.
    """
    scorer = context.scorer(purpose)
    usual = scenario(scorer, defaulted, context.terms(purpose), most, changes)
    objecting = {row: others[row] for row in usual.rows.tolist() if row in others}
    if not objecting:
        return usual
    kept = ~np.isin(usual.rows, list(objecting))
    rows, before, after = [usual.rows[kept]], [usual.before[kept]], [usual.after[kept]]
    for own in set(objecting.values()):
        found = scenario(scorer, defaulted, context.terms(own), most, changes)
        some = np.isin(found.rows, [row for row, its in objecting.items() if its == own])
        unsaid = np.nan if own.withheld else 0.0
        rows.append(found.rows[some])
        before.append(found.before[some] + unsaid)
        after.append(found.after[some] + unsaid)
    every = np.concatenate(rows)
    order = np.argsort(every)
    joined_before, joined_after = (np.concatenate(parts)[order] for parts in (before, after))
    return Scenario(every[order], joined_before, joined_after, usual.left_out, usual.links_left_out)
