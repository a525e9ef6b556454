"""Every Cypher statement that Kith runs.

The model: (:Party {id}) nodes, with their kind as a second label, carry the links; each relationship fact is a
relationship of its kind between two of them. Party and outcome facts are nodes of their own, (:PartyFact) and
(:OutcomeFact). A fact has `origin` (source of its load), `load` and `retracted_by` (0 while it is live); (:Load) says
which loads have finished and at which revision. Values travel as parameters, rows as lists; only labels, relationship
types and property names stand in the text, and these come from the schema.
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
UNFINISHED: Final = "MATCH (l:Load {source: $source}) WHERE l.revision IS NULL RETURN l.id, l.fingerprint"
CREATE_LOAD: Final = "CREATE (:Load {id: $load, source: $source, fingerprint: $fingerprint, undone: false})"
FINISH_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.revision = $revision"
MARK_UNDONE: Final = "MATCH (l:Load {id: $load}) SET l.undone = true"
DELETE_LOAD: Final = "MATCH (l:Load {id: $load}) DELETE l"
LOAD: Final = "MATCH (l:Load {id: $load}) RETURN l.source, l.revision, l.undone"
LOADS: Final = "MATCH (l:Load) RETURN l.id, l.source, l.fingerprint, l.revision, l.undone ORDER BY l.id"
ADD_KIND: Final = "MERGE (k:Kind {name: $name}) ON CREATE SET k.category = $category, k.symmetric = $symmetric"
KINDS: Final = "MATCH (k:Kind) RETURN k.name, k.category, k.symmetric ORDER BY k.name"
ADD_PROTECTED: Final = "UNWIND $columns AS name MERGE (:ProtectedColumn {name: name})"
PROTECTED: Final = "MATCH (c:ProtectedColumn) RETURN c.name"
PRESENT: Final = "UNWIND $ids AS id MATCH (f:PartyFact {id: id}) WHERE f.retracted_by = 0 RETURN collect(DISTINCT id)"
ENTITIES: Final = "UNWIND $ids AS id MERGE (:Party {id: id})"
FORGET_ENTITIES: Final = (
    "MATCH (p:Party) WHERE NOT (p)--() AND NOT EXISTS { MATCH (f:PartyFact {id: p.id}) } "
    "WITH p LIMIT $most DELETE p RETURN count(*)"
)
LIVE: Final = "{fact}.retracted_by = 0"
VISIBLE: Final = "{fact}.load IN $finished AND NOT {fact}.retracted_by IN $finished"


def label(name: str) -> str:
    """A kind as a label or type, quoted. Raises UnknownKind for a name that the schema does not allow."""
    if not KIND_NAME.fullmatch(name):
        raise UnknownKind(f"{name!r} cannot name a kind: use letters, digits and _, at most 63")
    return f"`{name}`"


def visible(everything_finished: bool, fact: str) -> str:
    """The condition that a fact is live at the revision whose finished loads are $finished."""
    return (LIVE if everything_finished else VISIBLE).format(fact=fact)


def give_label(kind: str) -> str:
    return f"UNWIND $ids AS id MATCH (p:Party {{id: id}}) SET p:{label(kind)}"


# ------------------------------------------------------------------------------------------ recording


def _values(schema: pa.Schema, key: tuple[str, ...]) -> list[tuple[str, int]]:
    return [(name, i) for i, name in enumerate(schema.names) if name not in key]


def _assigned(fact: str, values: list[tuple[str, int]]) -> str:
    return ", ".join(f"{fact}.`{name}` = r[{i}]" for name, i in values)


def _differs(fact: str, values: list[tuple[str, int]]) -> str:
    return " OR ".join(f"coalesce({fact}.`{name}`, '') <> coalesce(r[{i}], '')" for name, i in values)


def _told(fact: str, values: list[tuple[str, int]]) -> str:
    """Returns how many rows met a fact, how many facts are this load's, and the places of the rows that differ."""
    return (
        f"RETURN count(*), sum(CASE WHEN {fact}.load = $load THEN 1 ELSE 0 END), "
        f"collect(CASE WHEN {_differs(fact, values)} THEN r[-1] END)"
    )


class FactStatements:
    """Statements for one kind of fact. A row is the fact's values in the schema's order, then its place."""

    def __init__(self, find: str, fact: str, pattern: str, create: str, values: list[tuple[str, int]]) -> None:
        assigned = _assigned(fact, values)
        recorded = f"UNWIND $rows AS r {find}MERGE {pattern} ON CREATE SET {fact}.load = $load, {assigned}"
        self.record = f"{recorded} {_told(fact, values)}"
        live = f"UNWIND $rows AS r {find}MATCH {pattern} "
        self.replace_own = f"{live}WHERE {fact}.load = $load SET {assigned}"
        self.retract_other = (
            f"{live}WHERE {fact}.load <> $load SET {fact}.retracted_by = $load "
            f"WITH r{', a, b' if find else ''} CREATE {create} SET new.load = $load, {_assigned('new', values)}"
        )


def party_statements() -> FactStatements:
    values = _values(PARTIES, ("id",))
    properties = "{id: r[0], origin: $origin, retracted_by: 0}"
    return FactStatements("", "f", f"(f:PartyFact {properties})", f"(new:PartyFact {properties})", values)


def outcome_statements() -> FactStatements:
    values = _values(OUTCOMES, ("party", "key"))
    properties = "{party: r[0], key: r[2], origin: $origin, retracted_by: 0}"
    return FactStatements("", "f", f"(f:OutcomeFact {properties})", f"(new:OutcomeFact {properties})", values)


def link_statements(kind: str) -> FactStatements:
    values = _values(RELATIONSHIPS, ("source", "target", "kind", "key"))
    properties = "{key: r[3], origin: $origin, retracted_by: 0}"
    find = "MATCH (a:Party {id: r[0]}) MATCH (b:Party {id: r[1]}) "
    pattern = f"(a)-[e:{label(kind)} {properties}]->(b)"
    return FactStatements(find, "e", pattern, f"(a)-[new:{label(kind)} {properties}]->(b)", values)


# --------------------------------------------------------------------------------------------- undoing

NODES: Final = ("PartyFact", "OutcomeFact")


def matches(kind_or_label: str) -> str:
    """Where a fact `f` is found: a node of a fact label, or a relationship of a kind."""
    if kind_or_label in NODES:
        return f"MATCH (f:{kind_or_label} {{%s}})"
    return f"MATCH ()-[f:{label(kind_or_label)} {{%s}}]->()"


def retract(kind_or_label: str) -> str:
    where = matches(kind_or_label) % "load: $load, retracted_by: 0"
    return f"{where} WITH f LIMIT $most SET f.retracted_by = $by RETURN count(*)"


def unretract(kind_or_label: str) -> str:
    return f"{matches(kind_or_label) % 'retracted_by: $load'} WITH f LIMIT $most SET f.retracted_by = 0 RETURN count(*)"


def delete(kind_or_label: str) -> str:
    return f"{matches(kind_or_label) % 'load: $load'} WITH f LIMIT $most DELETE f RETURN count(*)"


def restore(kind_or_label: str) -> str:
    """Record anew, by load $by, what load $load had corrected, unless the key is live again."""
    if kind_or_label == "PartyFact":
        key, values = "id: f.id", [name for name, _ in _values(PARTIES, ("id",))]
    elif kind_or_label == "OutcomeFact":
        key, values = "party: f.party, key: f.key", [name for name, _ in _values(OUTCOMES, ("party", "key"))]
    else:
        key, values = "key: f.key", list(LINK_VALUES)
    same = ", ".join(f"n.`{name}` = f.`{name}`" for name in values)
    live = f"{{{key}, origin: f.origin, retracted_by: 0}}"
    if kind_or_label in NODES:
        found, made = f"(f:{kind_or_label} {{retracted_by: $load}})", f"(n:{kind_or_label} {live})"
    else:
        kind = label(kind_or_label)
        found, made = f"(a)-[f:{kind} {{retracted_by: $load}}]->(b)", f"(a)-[n:{kind} {live}]->(b)"
    return f"MATCH {found} MERGE {made} ON CREATE SET n.load = $by, {same}"


# --------------------------------------------------------------------------------------------- reading


def read_facts(name: str, schema: pa.Schema, everything_finished: bool) -> str:
    columns = ", ".join(f"f.`{column}`" for column in schema.names)
    return f"MATCH (f:{name}) WHERE {visible(everything_finished, 'f')} RETURN [{columns}, f.origin, f.load]"


def read_links(everything_finished: bool) -> str:
    """One row for each party with links: its id and the list of them, which streams and is not grouped."""
    values = ", ".join(f"e.`{name}`" for name in LINK_VALUES)
    return (
        "MATCH (a:Party) WHERE EXISTS { (a)-->() } "
        f"RETURN a.id, [(a)-[e]->(b:Party) WHERE {visible(everything_finished, 'e')} | "
        f"[b.id, type(e), e.key, {values}, e.origin, e.load]]"
    )


def party_facts(everything_finished: bool) -> str:
    columns = ", ".join(f"f.`{name}`" for name in PARTIES.names)
    return (
        f"MATCH (f:PartyFact {{id: $id}}) WHERE {visible(everything_finished, 'f')} MATCH (l:Load {{id: f.load}}) "
        f"RETURN [{columns}] ORDER BY f.implied DESC, l.revision, f.origin"
    )


def neighbours(everything_finished: bool) -> str:
    values = ", ".join(f"e.`{name}`" for name in LINK_VALUES)
    return (
        f"MATCH (:Party {{id: $id}})-[e]-(other:Party) WHERE {visible(everything_finished, 'e')} "
        f"RETURN DISTINCT e, other.id, [startNode(e).id, endNode(e).id, type(e), e.key, {values}]"
    )
