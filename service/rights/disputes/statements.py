"""Statements that parties attach to records about them, and which of them an answer has to tell.

A statement is told with every answer that rests on its fact: while the fact is in the network and may count for the
purpose. What was deleted, suppressed or is disputed counts for nothing, so nothing is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import numpy as np
from sqlalchemy import Engine

from gnn.features.targets import is_active
from graph.errors import UnknownRecord
from graph.purposes import Purpose
from graph.schema import OUTCOMES_KNOWN
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from service.answers.scores import ToldStatement
from service.closed import Closed
from service.context import DAY, ServingContext
from service.records.casework.acts import Act
from service.records.rights import matters
from service.records.rights.matters import Matter
from service.rights.disputes.items import Item, ItemName, find_item
from service.rights.legal.legal_profiles import LegalProfile

StatementState = Literal["attached", "withdrawn"]
ABOUT: Final = {"outcomes": "outcome", "relationships": "kind"}


class Statement(Closed):
    """A statement of a party about a fact, as the source stated the fact then. made: seconds since 1970."""

    statement: int
    version: int
    party: str
    item: Item
    text: str
    state: StatementState
    made: float

    @property
    def about(self) -> str:
        """The kind of the outcome, or of the link."""
        return str(self.item.row[ABOUT[self.item.name.table]])

    def told(self) -> ToldStatement:
        """The statement as answers tell it."""
        return ToldStatement(
            statement=self.statement,
            party=self.party,
            source=self.item.name.source,
            about=self.about,
            text=self.text,
            made=self.made,
        )


class StatementList(Closed):
    """Statements, oldest first."""

    statements: tuple[Statement, ...]


def attach(
    records: Engine,
    store: GraphStore,
    party: str,
    name: ItemName,
    text: str,
    profile: LegalProfile,
    by: str,
    now: float,
) -> Statement:
    """A statement of a party about a fact, in place of an earlier one about it.

    Raises UnknownRecord where the source states no such fact about the party, UsageError for one that is too long.
    """
    if party not in name.key[: 1 if name.table == "outcomes" else 2]:
        raise UnknownRecord("the source states no such fact about this party; the own report lists what there is")
    return attach_to(records, party, find_item(store, name), text, profile, by, now)


def attach_to(
    records: Engine, party: str, item: Item, text: str, profile: LegalProfile, by: str, now: float
) -> Statement:
    """The same, about a fact that was found already."""
    words = profile.worded(text)
    for one in list_statements(records, party).statements:
        if one.item.name == item.name and one.state == "attached":
            withdraw(records, one.statement, by, now)
    statement = Statement(statement=0, version=1, party=party, item=item, text=words, state="attached", made=now)
    id = matters.add(records, _matter(statement), by, now)
    return statement.model_copy(update={"statement": id})


def withdraw(records: Engine, id: int, by: str, now: float, party: str | None = None) -> Statement:
    """The statement after it was withdrawn; of another party than this one it is unknown. Raises UnknownRecord."""
    found = matters.get(records, "statement", id)
    statement = None if found is None else statement_of(found)
    if statement is None or party not in (None, statement.party):
        raise UnknownRecord(f"there is no statement {id}, or it is not yours")
    if statement.state == "withdrawn":
        return statement
    after = statement.model_copy(update={"state": "withdrawn", "version": statement.version + 1})
    matters.replace(records, _matter(after), Act("withdraw", "attached", "withdrawn"), by, now)
    return after


def list_statements(records: Engine, party: str | None = None) -> StatementList:
    """The statements of a party (None: of all)."""
    return StatementList(statements=tuple(map(statement_of, matters.find(records, "statement", party))))


def statement_of(matter: Matter) -> Statement:
    """The statement that is kept so."""
    return Statement.model_validate_json(matter.content).model_copy(update={"statement": matter.id})


def counting(context: ServingContext, purpose: Purpose, statements: Iterable[Statement]) -> list[Statement]:
    """Those of some statements whose fact may count in answers of a context for a purpose."""
    return [one for one in statements if _counts(context, purpose, one.item)]


def _counts(context: ServingContext, purpose: Purpose, item: Item) -> bool:
    snapshot = context.snapshot
    if item.name.table == "outcomes":
        return _outcome_counts(snapshot, item, context.now - purpose.retention_days * DAY)
    source, target, kind, _ = item.name.key
    if kind not in snapshot.kinds_of(purpose.categories) or not (snapshot.has(source) and snapshot.has(target)):
        return False
    links = snapshot.links(kind)
    row, other = snapshot.row_of(source), snapshot.row_of(target)
    return bool(len(links.between(row, other)) or len(links.between(other, row)))


def _outcome_counts(snapshot: Snapshot, item: Item, closed_after: float) -> bool:
    row, said, facts = snapshot.find(item.name.key[0]), item.content, snapshot.outcomes
    if row is None:
        return False
    same = (facts.party == row) & is_active(facts) & ~(facts.closed < closed_after)
    same &= facts.outcome == OUTCOMES_KNOWN.index(str(said["outcome"]))
    opened = said["opened"]
    same &= np.isnan(facts.opened) if opened is None else facts.opened == opened
    return bool(same.any())


def _matter(statement: Statement) -> Matter:
    content = statement.model_dump_json()
    return Matter(statement.statement, "statement", statement.version, statement.state, statement.party, content)
