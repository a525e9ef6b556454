"""Every Cypher statement that Kith runs.

The model: (:Party {id}) nodes, with their kind as a second label, carry the links; each relationship fact is a
relationship of its kind between two of them. Party and outcome facts are nodes of their own, (:PartyFact) and
(:OutcomeFact). A fact has `origin` (source of its load), `load` and `retracted_by` (0 while no load has retracted it);
one that an undo brought back also has `restored`, the load that first recorded it. (:Load) says which loads have
finished and at which revision: a fact counts while its load has finished and the load that retracted it has not.

Values travel as parameters, rows as lists; only labels, relationship types and property names stand in the text, and
these come from the schema.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from graph.errors import UnknownKind
from graph.schema import KIND_NAME, OUTCOMES, PARTIES, RELATIONSHIPS

LINK_VALUES: Final = ("weight", "first", "last", "count", "amount", "context")

SCHEMA: Final = (
    "CREATE CONSTRAINT party_id IF NOT EXISTS FOR (p:Party) REQUIRE p.id IS UNIQUE",
    "CREATE CONSTRAINT party_fact IF NOT EXISTS FOR (f:PartyFact) REQUIRE (f.id, f.origin, f.retracted_by) IS UNIQUE",
    "CREATE CONSTRAINT outcome_fact IF NOT EXISTS FOR (f:OutcomeFact) "
    "REQUIRE (f.party, f.key, f.origin, f.retracted_by) IS UNIQUE",
    "CREATE CONSTRAINT load_id IF NOT EXISTS FOR (l:Load) REQUIRE l.id IS UNIQUE",
    "CREATE CONSTRAINT kind_name IF NOT EXISTS FOR (k:Kind) REQUIRE k.name IS UNIQUE",
    "CREATE CONSTRAINT protected_name IF NOT EXISTS FOR (c:ProtectedColumn) REQUIRE c.name IS UNIQUE",
    "CREATE CONSTRAINT counter_name IF NOT EXISTS FOR (c:Counter) REQUIRE c.name IS UNIQUE",
    "CREATE INDEX party_fact_load IF NOT EXISTS FOR (f:PartyFact) ON (f.load)",
    "CREATE INDEX outcome_fact_load IF NOT EXISTS FOR (f:OutcomeFact) ON (f.load)",
)
COUNTERS: Final = (
    "MERGE (l:Counter {name: 'load'}) ON CREATE SET l.value = 0 "
    "MERGE (r:Counter {name: 'revision'}) ON CREATE SET r.value = 0"
)
REVISION: Final = "MATCH (c:Counter {name: 'revision'}) RETURN c.value"
NEXT_REVISION: Final = "MATCH (c:Counter {name: 'revision'}) SET c.value = c.value + 1 RETURN c.value"
# Setting the counter locks it, so that two loads of one source cannot begin at once.
NEXT_LOAD: Final = "MATCH (c:Counter {name: 'load'}) SET c.value = c.value + 1 RETURN c.value"
UNFINISHED: Final = "MATCH (l:Load {source: $source}) WHERE l.revision IS NULL RETURN l.id, l.fingerprint, l.undone"
CREATE_LOAD: Final = "CREATE (:Load {id: $load, source: $source, fingerprint: $fingerprint, undone: false})"
# Setting a property locks the load until the transaction ends: what is read of it then stays true until the commit.
HOLD_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.held = true WITH l RETURN l.revision, l.undone"
FINISH_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.revision = $revision"
MARK_UNDONE: Final = "MATCH (l:Load {id: $undone}) SET l.undone = true"
DELETE_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.held = true WITH l WHERE l.revision IS NULL DELETE l"
LOADS: Final = "MATCH (l:Load) RETURN l.id, l.source, l.fingerprint, l.revision, l.undone ORDER BY l.id"
ADD_KIND: Final = "MERGE (k:Kind {name: $name}) ON CREATE SET k.category = $category, k.symmetric = $symmetric"
KINDS: Final = "MATCH (k:Kind) RETURN k.name, k.category, k.symmetric ORDER BY k.name"
ADD_PROTECTED: Final = "UNWIND $columns AS name MERGE (:ProtectedColumn {name: name})"
PROTECTED: Final = "MATCH (c:ProtectedColumn) RETURN c.name"
PRESENT: Final = "UNWIND $ids AS id MATCH (f:PartyFact {id: id}) WHERE f.retracted_by = 0 RETURN collect(DISTINCT id)"
ENTITIES: Final = "UNWIND $ids AS id MERGE (:Party {id: id})"
# The nodes that only an unfinished load speaks of; its links are gone already, its party facts not yet.
FORGET_ENTITIES: Final = (
    "MATCH (f:PartyFact {load: $load}) MATCH (p:Party {id: f.id}) "
    "WHERE NOT (p)--() AND NOT EXISTS { MATCH (other:PartyFact {id: f.id}) WHERE other <> f } "
    "WITH p LIMIT $most DELETE p RETURN count(*)"
)
TYPES: Final = "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType ORDER BY relationshipType"


def label(name: str) -> str:
    """A kind as a label or type, quoted. Raises UnknownKind for a name that the schema does not allow."""
    if not KIND_NAME.fullmatch(name):
        raise UnknownKind(f"{name!r} cannot name a kind: use letters, digits and _, at most 63")
    return f"`{name}`"


def visible(fact: str) -> str:
    """The condition that a fact is live at the revision at which the loads $finished have finished."""
    return f"{fact}.load IN $finished AND NOT {fact}.retracted_by IN $finished"


def give_label(kind: str) -> str:
    return f"UNWIND $ids AS id MATCH (p:Party {{id: id}}) SET p:{label(kind)}"


# ------------------------------------------------------------------------------------------ recording


def _values(schema: pa.Schema, key: tuple[str, ...]) -> list[tuple[str, int]]:
    return [(name, i) for i, name in enumerate(schema.names) if name not in key]


def _assigned(fact: str, values: list[tuple[str, int]]) -> str:
    return ", ".join(f"{fact}.`{name}` = r[{i}]" for name, i in values)


def _differs(fact: str, values: list[tuple[str, int]]) -> str:
    return " OR ".join(
        f"({fact}.`{name}` IS NULL) <> (r[{i}] IS NULL) OR {fact}.`{name}` <> r[{i}]" for name, i in values
    )


class FactStatements:
    """Statements for one kind of fact. A row is the fact's values in the schema's order, then its place.

    `record` returns how many rows met a fact, the places of those whose fact is another load's, and of those whose
    fact has other content. `replace_own` and `retract_other` then take the rows that differ: what this very load
    recorded was never seen by anybody, so it is replaced and not retracted.
    """

    def __init__(self, find: str, pattern: str, new: str, schema: pa.Schema, key: tuple[str, ...]) -> None:
        self.key = tuple(schema.names.index(name) for name in key)
        values = _values(schema, key)
        live = f"UNWIND $rows AS r {find}MATCH {pattern} "
        self.record = (
            f"UNWIND $rows AS r {find}MERGE {pattern} ON CREATE SET f.load = $load, {_assigned('f', values)} "
            f"RETURN count(*), collect(CASE WHEN f.load <> $load THEN r[-1] END), "
            f"collect(CASE WHEN {_differs('f', values)} THEN r[-1] END)"
        )
        self.replace_own = f"{live}WHERE f.load = $load SET {_assigned('f', values)}"
        self.retract_other = (
            f"{live}WHERE f.load <> $load SET f.retracted_by = $load "
            f"WITH r{', a, b' if find else ''} CREATE {new} SET new.load = $load, {_assigned('new', values)}"
        )


def party_statements() -> FactStatements:
    live = "{id: r[0], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:PartyFact {live})", f"(new:PartyFact {live})", PARTIES, ("id",))


def outcome_statements() -> FactStatements:
    live = "{party: r[0], key: r[2], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:OutcomeFact {live})", f"(new:OutcomeFact {live})", OUTCOMES, ("party", "key"))


def link_statements(kind: str) -> FactStatements:
    find = "MATCH (a:Party {id: r[0]}) MATCH (b:Party {id: r[1]}) "
    live = f"{label(kind)} {{key: r[3], origin: $origin, retracted_by: 0}}"
    key = ("source", "target", "kind", "key")
    return FactStatements(find, f"(a)-[f:{live}]->(b)", f"(a)-[new:{live}]->(b)", RELATIONSHIPS, key)


# --------------------------------------------------------------------------------------------- undoing

NODES: Final = ("PartyFact", "OutcomeFact")


def _fact(name: str, kind_or_label: str, properties: str = "") -> str:
    """A fact as a pattern: a node of a fact label, or a relationship of a kind between `a` and `b`."""
    inside = f"{name}:{label(kind_or_label)} {properties}"
    return f"({inside})" if kind_or_label in NODES else f"(a)-[{inside}]->(b)"


def _key(kind_or_label: str) -> tuple[str, ...]:
    return {"PartyFact": ("id",), "OutcomeFact": ("party", "key")}.get(kind_or_label, ("key",))


def retract(kind_or_label: str) -> str:
    """What load $load stated, first or by a copy that an undo brought back, is retracted by $by."""
    live = _fact("f", kind_or_label, "{retracted_by: 0}")
    return (
        f"MATCH {live} WHERE f.load = $load OR f.restored = $load "
        "WITH f LIMIT $most SET f.retracted_by = $by RETURN count(*)"
    )


def unretract(kind_or_label: str) -> str:
    retracted = _fact("f", kind_or_label, "{retracted_by: $load}")
    return f"MATCH {retracted} WITH f LIMIT $most SET f.retracted_by = 0 RETURN count(*)"


def delete(kind_or_label: str) -> str:
    return f"MATCH {_fact('f', kind_or_label, '{load: $load}')} WITH f LIMIT $most DELETE f RETURN count(*)"


def restore(kind_or_label: str) -> str:
    """Record anew, by load $by, the newest that the loads $standing state of each key that $by retracted."""
    key = _key(kind_or_label)
    same = ", ".join([*(f"{name}: gone.{name}" for name in key), "origin: gone.origin"])
    copied = ", ".join([*(f"{name}: f.{name}" for name in key), "origin: f.origin, retracted_by: 0"])
    ends = "" if kind_or_label in NODES else "a, b, "
    schema = {"PartyFact": PARTIES, "OutcomeFact": OUTCOMES}.get(kind_or_label)
    values = LINK_VALUES if schema is None else [name for name, _ in _values(schema, key)]
    content = ", ".join(f"new.`{name}` = f.`{name}`" for name in values)
    # An index of several properties is used where each is asked for: hence `retracted_by`.
    return (
        f"MATCH {_fact('gone', kind_or_label, '{retracted_by: $by}')} "
        f"WHERE NOT EXISTS {{ MATCH {_fact('live', kind_or_label, f'{{{same}, retracted_by: 0}}')} }} "
        f"CALL ({ends}gone) {{ MATCH {_fact('f', kind_or_label, f'{{{same}}}')} "
        "WHERE f.restored IS NULL AND f.load IN $standing AND f.retracted_by >= 0 "
        "RETURN f ORDER BY f.load DESC LIMIT 1 } "
        f"WITH {ends}f LIMIT $most CREATE {_fact('new', kind_or_label, f'{{{copied}}}')} "
        f"SET new.load = $by, new.restored = f.load, {content} RETURN count(*)"
    )


# A party that $by retracted, and that no load states any more, stays bare while links or outcomes of its source need
# it. From now on it counts as stated by the oldest of the loads that state these. (An index of several properties is
# used where each is asked for: hence the key.)
KEEP_ENDS: Final = (
    "MATCH (gone:PartyFact {retracted_by: $by}) "
    "WHERE NOT EXISTS { MATCH (:PartyFact {id: gone.id, origin: gone.origin, retracted_by: 0}) } "
    "CALL (gone) { CALL (gone) { "
    "MATCH (:Party {id: gone.id})-[f {origin: gone.origin, retracted_by: 0}]-() "
    "RETURN f.load AS load, f.restored AS first "
    "UNION ALL MATCH (f:OutcomeFact {party: gone.id, origin: gone.origin, retracted_by: 0}) "
    "WHERE f.key IS NOT NULL "
    "RETURN f.load AS load, f.restored AS first } RETURN min(coalesce(first, load)) AS oldest } "
    "WITH gone, oldest WHERE oldest IS NOT NULL WITH gone, oldest LIMIT $most "
    "CREATE (new:PartyFact {id: gone.id, origin: gone.origin, retracted_by: 0}) "
    "SET new.load = $by, new.restored = oldest, new.kind = gone.kind, new.attributes = '{}', new.implied = true "
    "RETURN count(*)"
)


# --------------------------------------------------------------------------------------------- reading


# One row goes out for each page of facts, and in it a list for each column: both sides of the wire handle a list of
# plain values far faster than as many rows, and a page streams while the next is read.
_PAGES: Final = "WITH collect(f) AS found UNWIND range(0, size(found) - 1, $page) AS at "


def _columns(schema: pa.Schema) -> str:
    """A list for each column and one of the loads; null for a column that is missing throughout the page."""
    lists = [f"[r IN rows | r[{i}]]" for i in range(len(schema) + 1)]
    for i, field in enumerate(schema):
        if field.nullable:
            lists[i] = f"CASE WHEN any(r IN rows WHERE r[{i}] IS NOT NULL) THEN {lists[i]} END"
    return f"WHERE size(rows) > 0 RETURN {', '.join(lists)}"


def read_facts(name: str, schema: pa.Schema) -> str:
    values = ", ".join(f"f.`{column}`" for column in schema.names)
    return (
        f"MATCH (f:{name}) {_PAGES}"
        f"WITH [f IN found[at .. at + $page] WHERE {visible('f')} | [{values}, f.load]] AS rows "
        f"{_columns(schema)}"
    )


def read_links() -> str:
    """A page is $page parties with all the links that leave them."""
    values = ", ".join(f"f.`{name}`" for name in LINK_VALUES)
    return (
        f"MATCH (f:Party) {_PAGES}CALL (found, at) {{ UNWIND found[at .. at + $page] AS a WITH a, a.id AS source "
        f"MATCH (a)-[f]->(b) WHERE {visible('f')} "
        f"RETURN collect([source, b.id, type(f), f.key, {values}, f.load]) AS rows }} WITH rows "
        f"{_columns(RELATIONSHIPS)}"
    )


def party_facts() -> str:
    columns = ", ".join(f"f.`{name}`" for name in PARTIES.names)
    return (
        f"MATCH (f:PartyFact {{id: $id}}) WHERE {visible('f')} MATCH (l:Load {{id: f.load}}) "
        f"RETURN [{columns}] ORDER BY f.implied DESC, l.revision, f.origin"
    )


def neighbours() -> str:
    values = ", ".join(f"f.`{name}`" for name in LINK_VALUES)
    return (
        f"MATCH (:Party {{id: $id}})-[f]-(other:Party) WHERE {visible('f')} "
        "WITH DISTINCT f, other.id AS other, startNode(f).id AS source, endNode(f).id AS target, type(f) AS kind "
        "ORDER BY kind, other, source, target, f.key SKIP $after LIMIT $limit "
        f"RETURN other, [source, target, kind, f.key, {values}]"
    )
