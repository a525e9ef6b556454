"""Every Cypher statement that Kith runs.

The model: links are relationships of their kind between (:Party {id}) nodes, which have the party's kind as a second
label. Other facts are nodes of their own, (:PartyFact), (:OutcomeFact), (:ConsentFact) and (:EventFact). A fact has
`origin` (source of its load), `load` and `retracted_by` (0 while no load has retracted it); one that an undo restored
also has `restored`, the load whose fact it counts as, and one that later loads left unchanged `restated`, a list of
them. (:Load) has the
revision at which each load finished: a fact is live at a revision when its load has finished by then, and the load that
retracted it has not. A retracted fact also has `ended_by`, the same load: an index of it holds retracted facts alone.
One of `retracted_by` would hold every fact, and tempt the planner to read all live links of a kind for each row.

Values are passed as parameters, rows as lists; only labels, relationship types and property names are in the text, and
these come from the schema.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from graph.errors import UnknownKind
from graph.schema import CONSENTS, EVENTS, KIND_NAME, OUTCOMES, PARTIES, RELATIONSHIPS

CONSENT_KEY: Final = ("party", "source", "purpose", "given")
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
    "CREATE CONSTRAINT event_fact IF NOT EXISTS FOR (f:EventFact) REQUIRE (f.id, f.origin, f.retracted_by) IS UNIQUE",
    "CREATE INDEX event_fact_load IF NOT EXISTS FOR (f:EventFact) ON (f.load)",
    "CREATE INDEX party_fact_load IF NOT EXISTS FOR (f:PartyFact) ON (f.load)",
    "CREATE INDEX outcome_fact_load IF NOT EXISTS FOR (f:OutcomeFact) ON (f.load)",
    "CREATE CONSTRAINT consent_fact IF NOT EXISTS FOR (f:ConsentFact) "
    "REQUIRE (f.party, f.source, f.purpose, f.given, f.origin, f.retracted_by) IS UNIQUE",
    "CREATE INDEX consent_fact_load IF NOT EXISTS FOR (f:ConsentFact) ON (f.load)",
    "CREATE INDEX party_fact_ended IF NOT EXISTS FOR (f:PartyFact) ON (f.ended_by)",
    "CREATE INDEX outcome_fact_ended IF NOT EXISTS FOR (f:OutcomeFact) ON (f.ended_by)",
    "CREATE INDEX consent_fact_ended IF NOT EXISTS FOR (f:ConsentFact) ON (f.ended_by)",
)
COUNTERS: Final = (
    "MERGE (l:Counter {name: 'load'}) ON CREATE SET l.value = 0 "
    "MERGE (r:Counter {name: 'revision'}) ON CREATE SET r.value = 0"
)
CONSENTS_CHANGED: Final = (
    "MATCH (l:Load) WHERE l.revision > $after AND (EXISTS { MATCH (f:ConsentFact) WHERE f.load = l.id } "
    "OR EXISTS { MATCH (f:ConsentFact) WHERE f.ended_by = l.id }) RETURN count(l) > 0"
)
REVISION: Final = "MATCH (c:Counter {name: 'revision'}) RETURN c.value"
NEXT_REVISION: Final = "MATCH (c:Counter {name: 'revision'}) SET c.value = c.value + 1 RETURN c.value"
# Setting the counter locks it, so that two loads of one source cannot begin at once.
NEXT_LOAD: Final = "MATCH (c:Counter {name: 'load'}) SET c.value = c.value + 1 RETURN c.value"
UNFINISHED: Final = "MATCH (l:Load {source: $source}) WHERE l.revision IS NULL RETURN l.id, l.fingerprint, l.undone"
CREATE_LOAD: Final = "CREATE (:Load {id: $load, source: $source, fingerprint: $fingerprint, undone: false})"
# Setting a property locks the load until the transaction ends: what is read of it then stays true until the commit.
LOCK_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.locked = true WITH l RETURN l.revision, l.undone"
FINISH_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.revision = $revision"
DESCRIBE_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.details = $details"
MARK_UNDONE: Final = "MATCH (l:Load {id: $undone}) SET l.undone = true"
DELETE_LOAD: Final = "MATCH (l:Load {id: $load}) SET l.locked = true WITH l WHERE l.revision IS NULL DELETE l"
LOADS: Final = "MATCH (l:Load) RETURN l.id, l.source, l.fingerprint, l.revision, l.undone, l.details ORDER BY l.id"
DEFINE_KIND: Final = (
    "MERGE (k:Kind {name: $name}) ON CREATE SET k.category = $category, k.symmetric = $symmetric "
    "SET k.holding = coalesce(k.holding, false) OR $holding"
)
# A kind that was defined before kinds could be holding does not have the property.
KINDS: Final = "MATCH (k:Kind) RETURN k.name, k.category, k.symmetric, coalesce(k.holding, false) ORDER BY k.name"
ADD_PROTECTED: Final = "UNWIND $columns AS name MERGE (:ProtectedColumn {name: name})"
PROTECTED: Final = "MATCH (c:ProtectedColumn) RETURN c.name"
PRESENT: Final = "UNWIND $ids AS id MATCH (f:PartyFact {id: id}) WHERE f.retracted_by = 0 RETURN collect(DISTINCT id)"
OF_KINDS: Final = (
    "UNWIND $ids AS id MATCH (f:PartyFact {id: id}) WHERE f.retracted_by = 0 AND f.kind IN $kinds "
    "RETURN collect(DISTINCT id)"
)
HELD: Final = (
    "UNWIND $ids AS id MATCH (p:Party {id: id}) WHERE EXISTS { "
    "MATCH (p)<-[f]-() WHERE f.retracted_by = 0 AND type(f) IN $kinds } RETURN collect(id)"
)
ENTITIES: Final = "UNWIND $ids AS id MERGE (:Party {id: id})"
# The nodes of parties that only an unfinished load has facts of, whose links are deleted already.
DELETE_ENTITIES: Final = (
    "MATCH (f:PartyFact {load: $load}) MATCH (p:Party {id: f.id}) "
    "WHERE NOT (p)--() AND NOT EXISTS { MATCH (other:PartyFact {id: f.id}) WHERE other <> f } "
    "WITH p LIMIT $limit DELETE p RETURN count(*)"
)
# The retracted facts about $party, and its node once nothing is said of it any more.
ERASE: Final = (
    "MATCH (:Party {id: $party})-[f]-() WHERE f.retracted_by <> 0 WITH DISTINCT f DELETE f RETURN count(*)",
    "MATCH (f:OutcomeFact {party: $party}) WHERE f.retracted_by <> 0 DELETE f RETURN count(*)",
    "MATCH (f:PartyFact {id: $party}) WHERE f.retracted_by <> 0 DELETE f RETURN count(*)",
    "MATCH (f:ConsentFact {party: $party}) DELETE f RETURN count(*)",
    "MATCH (f:EventFact) WHERE f.body CONTAINS $quoted DELETE f RETURN count(*)",
)
ERASE_ENTITY: Final = (
    "MATCH (p:Party {id: $party}) WHERE NOT (p)--() AND NOT EXISTS { MATCH (:PartyFact {id: $party}) } DELETE p"
)
TYPES: Final = "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType ORDER BY relationshipType"


def label(name: str) -> str:
    """A kind as a label or type, quoted. Raises UnknownKind for a name that the schema does not allow."""
    if not KIND_NAME.fullmatch(name):
        raise UnknownKind(f"{name!r} cannot name a kind: use letters, digits and _, at most 63")
    return f"`{name}`"


def visible(fact: str) -> str:
    """The condition that a fact is live at a revision; $finished are the loads that had finished by then."""
    return f"{fact}.load IN $finished AND NOT {fact}.retracted_by IN $finished"


def give_label(kind: str) -> str:
    """The statement that labels the parties $ids with their kind."""
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
    """Statements for one kind of fact. A row is the fact's values in the order of the schema, then its position.

    `record` returns the number of rows that were matched or created, the positions of those whose fact is of another
    load, and of those whose fact has other content. `restate` notes that the load left the facts of rows unchanged. The
    rows that differ are given to `replace_own` and `retract_other`: no reader has seen what this very load recorded, so
    that it is replaced and not retracted.
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
        # Not `f.load` alone: the planner would read all facts of a load from an index of it, for each row.
        load = "coalesce(f.load, 0)"
        self.replace_own = f"{live}WHERE {load} = $load SET {_assigned('f', values)}"
        self.restate = (
            f"{live}WHERE {load} <> $load AND NOT $load IN coalesce(f.restated, []) "
            "SET f.restated = coalesce(f.restated, []) + $load"
        )
        self.retract_other = (
            f"{live}WHERE {load} <> $load SET f.retracted_by = $load, f.ended_by = $load "
            f"WITH r{', a, b' if find else ''} CREATE {new} SET new.load = $load, {_assigned('new', values)}"
        )


def party_statements() -> FactStatements:
    """The statements for party facts."""
    live = "{id: r[0], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:PartyFact {live})", f"(new:PartyFact {live})", PARTIES, ("id",))


def outcome_statements() -> FactStatements:
    """The statements for outcome facts."""
    live = "{party: r[0], key: r[2], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:OutcomeFact {live})", f"(new:OutcomeFact {live})", OUTCOMES, ("party", "key"))


def event_statements() -> FactStatements:
    """The statements for events."""
    live = "{id: r[0], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:EventFact {live})", f"(new:EventFact {live})", EVENTS, ("id",))


def consent_statements() -> FactStatements:
    """The statements for consents."""
    live = "{party: r[0], source: r[1], purpose: r[2], given: r[3], origin: $origin, retracted_by: 0}"
    return FactStatements("", f"(f:ConsentFact {live})", f"(new:ConsentFact {live})", CONSENTS, CONSENT_KEY)


def link_statements(kind: str) -> FactStatements:
    """The statements for links of a kind. Raises UnknownKind for a name that cannot be a kind."""
    find = "MATCH (a:Party {id: r[0]}) MATCH (b:Party {id: r[1]}) "
    live = f"{label(kind)} {{key: r[3], origin: $origin, retracted_by: 0}}"
    key = ("source", "target", "kind", "key")
    return FactStatements(find, f"(a)-[f:{live}]->(b)", f"(a)-[new:{live}]->(b)", RELATIONSHIPS, key)


# --------------------------------------------------------------------------------------------- undoing

NODES: Final = ("PartyFact", "OutcomeFact", "EventFact", "ConsentFact")


def _fact(name: str, kind_or_label: str, properties: str = "") -> str:
    """A fact as a pattern: a node of a fact label, or a relationship of a kind between `a` and `b`."""
    inside = f"{name}:{label(kind_or_label)} {properties}"
    return f"({inside})" if kind_or_label in NODES else f"(a)-[{inside}]->(b)"


def _key(kind_or_label: str) -> tuple[str, ...]:
    keys = {"PartyFact": ("id",), "OutcomeFact": ("party", "key"), "EventFact": ("id",), "ConsentFact": CONSENT_KEY}
    return keys.get(kind_or_label, ("key",))


def retract(kind_or_label: str) -> str:
    """The statement by which $by retracts facts that $load recorded, or that an undo restored for it."""
    live = _fact("f", kind_or_label, "{retracted_by: 0}")
    return (
        f"MATCH {live} WHERE f.load = $load OR f.restored = $load "
        "WITH f LIMIT $limit SET f.retracted_by = $by, f.ended_by = $by RETURN count(*)"
    )


def count_own(kind_or_label: str) -> str:
    """The statement that counts the live facts of $load, and those of them that $remaining stated too."""
    live = _fact("f", kind_or_label, "{retracted_by: 0}")
    return (
        f"MATCH {live} WHERE f.load = $load OR f.restored = $load "
        "RETURN count(f), count(CASE WHEN any(l IN coalesce(f.restated, []) WHERE l IN $remaining) THEN 1 END)"
    )


def end(kind_or_label: str) -> str:
    """The statement by which $load retracts the live facts of $origin with the keys of $rows, but for its own.

    A row is the key of a node, or source, target and key of a link.
    """
    key = _key(kind_or_label)
    at = 0 if kind_or_label in NODES else 2
    same = ", ".join([*(f"{name}: r[{at + i}]" for i, name in enumerate(key)), "origin: $origin, retracted_by: 0"])
    ends = "" if kind_or_label in NODES else "MATCH (a:Party {id: r[0]}) MATCH (b:Party {id: r[1]}) "
    return (
        f"UNWIND $rows AS r {ends}MATCH {_fact('f', kind_or_label, f'{{{same}}}')} WHERE f.load <> $load "
        "SET f.retracted_by = $load, f.ended_by = $load RETURN count(f)"
    )


def unretract(kind_or_label: str) -> str:
    """The statement that makes facts live again that $load retracted."""
    retracted = _fact("f", kind_or_label, "{retracted_by: $load}")
    return f"MATCH {retracted} WITH f LIMIT $limit SET f.retracted_by = 0 REMOVE f.ended_by RETURN count(*)"


def delete(kind_or_label: str) -> str:
    """The statement that deletes facts of $load."""
    return f"MATCH {_fact('f', kind_or_label, '{load: $load}')} WITH f LIMIT $limit DELETE f RETURN count(*)"


def restore(kind_or_label: str) -> str:
    """The statement by which $by records what the newest of $remaining stated of each key that $retracted_by retracted.

    A fact is stated by the load that recorded it, unless it is a copy that an undo made, and by those of `restated`.
    """
    key = _key(kind_or_label)
    same = ", ".join([*(f"{name}: old.{name}" for name in key), "origin: old.origin"])
    copied = ", ".join([*(f"{name}: f.{name}" for name in key), "origin: f.origin, retracted_by: 0"])
    ends = "" if kind_or_label in NODES else "a, b, "
    schemas = {"PartyFact": PARTIES, "OutcomeFact": OUTCOMES, "EventFact": EVENTS, "ConsentFact": CONSENTS}
    schema = schemas.get(kind_or_label)
    values = LINK_VALUES if schema is None else [name for name, _ in _values(schema, key)]
    content = ", ".join(f"new.`{name}` = f.`{name}`" for name in values)
    # An index of several properties is used where the statement has each of them: hence `retracted_by`.
    return (
        f"MATCH {_fact('old', kind_or_label, '{retracted_by: $retracted_by}')} "
        f"WHERE NOT EXISTS {{ MATCH {_fact('live', kind_or_label, f'{{{same}, retracted_by: 0}}')} }} "
        f"CALL ({ends}old) {{ MATCH {_fact('f', kind_or_label, f'{{{same}}}')} "
        "WHERE f.retracted_by >= 0 "
        "WITH f, coalesce(f.restated, []) + CASE WHEN f.restored IS NULL THEN [f.load] ELSE [] END AS stated "
        "UNWIND [load IN stated WHERE load IN $remaining] AS newest "
        "RETURN f, newest ORDER BY newest DESC, f.load LIMIT 1 } "
        f"WITH {ends}f, newest LIMIT $limit CREATE {_fact('new', kind_or_label, f'{{{copied}}}')} "
        f"SET new.load = $by, new.restored = newest, {content} RETURN count(*)"
    )


# A party that $by retracted, and that no other load records, is recorded without attributes while live links or
# outcomes of its source need it. It then counts as recorded by the oldest of the loads of these links and outcomes. (An
# index of several properties is used where the statement has each of them: hence the key.)
RECORD_NEEDED_PARTIES: Final = (
    "MATCH (old:PartyFact {retracted_by: $by}) "
    "WHERE NOT EXISTS { MATCH (:PartyFact {id: old.id, origin: old.origin, retracted_by: 0}) } "
    "CALL (old) { CALL (old) { "
    "MATCH (:Party {id: old.id})-[f {origin: old.origin, retracted_by: 0}]-() "
    "RETURN f.load AS load, f.restored AS first "
    "UNION ALL MATCH (f:OutcomeFact {party: old.id, origin: old.origin, retracted_by: 0}) "
    "WHERE f.key IS NOT NULL "
    "RETURN f.load AS load, f.restored AS first } RETURN min(coalesce(first, load)) AS oldest } "
    "WITH old, oldest WHERE oldest IS NOT NULL WITH old, oldest LIMIT $limit "
    "CREATE (new:PartyFact {id: old.id, origin: old.origin, retracted_by: 0}) "
    "SET new.load = $by, new.restored = oldest, new.kind = old.kind, new.attributes = '{}', new.implied = true "
    "RETURN count(*)"
)


# --------------------------------------------------------------------------------------------- reading


# A page of facts is returned as one row with a list for each column: server and driver handle a list of plain values
# far faster than as many rows, and a page is sent while the next is read.
_PAGES: Final = "WITH collect(f) AS facts UNWIND range(0, size(facts) - 1, $page) AS at "


def _columns(schema: pa.Schema) -> str:
    """A list for each column and one of the loads; null for a column that is missing throughout the page."""
    lists = [f"[r IN rows | r[{i}]]" for i in range(len(schema) + 1)]
    for i, field in enumerate(schema):
        if field.nullable:
            lists[i] = f"CASE WHEN any(r IN rows WHERE r[{i}] IS NOT NULL) THEN {lists[i]} END"
    return f"WHERE size(rows) > 0 RETURN {', '.join(lists)}"


def read_facts(name: str, schema: pa.Schema) -> str:
    """The statement that reads the live facts of a label in pages of $page."""
    values = ", ".join(f"f.`{column}`" for column in schema.names)
    return (
        f"MATCH (f:{name}) {_PAGES}"
        f"WITH [f IN facts[at .. at + $page] WHERE {visible('f')} | [{values}, f.load]] AS rows "
        f"{_columns(schema)}"
    )


def read_links() -> str:
    """The statement that reads all live links, in pages of $page parties with the links that leave them."""
    values = ", ".join(f"f.`{name}`" for name in LINK_VALUES)
    return (
        f"MATCH (f:Party) {_PAGES}CALL (facts, at) {{ UNWIND facts[at .. at + $page] AS a WITH a, a.id AS source "
        f"MATCH (a)-[f]->(b) WHERE {visible('f')} "
        f"RETURN collect([source, b.id, type(f), f.key, {values}, f.load]) AS rows }} WITH rows "
        f"{_columns(RELATIONSHIPS)}"
    )


# Of the facts that $loads recorded, those that are live when $finished have finished; and of those that $loads
# retracted, those that $finished had recorded.
_CAME: Final = "f.load IN $loads AND NOT f.retracted_by IN $finished"
_WENT: Final = "f.ended_by IN $loads AND f.load IN $finished"


def index_by_loads(kind: str) -> tuple[str, str]:
    """The statements that make the changes of the links of a kind quick to find."""
    found = [
        f"CREATE INDEX {kind.lower()}_{name}_of_links IF NOT EXISTS FOR ()-[f:{label(kind)}]-() ON (f.{name})"
        for name in ("load", "ended_by")
    ]
    return found[0], found[1]


ENDED_KNOWN: Final = "MATCH (c:Counter {name: 'ended_by'}) RETURN count(c)"
SET_ENDED_KNOWN: Final = "MERGE (c:Counter {name: 'ended_by'}) SET c.value = 1"


def say_ended(kind_or_label: str) -> str:
    """The statement by which retracted facts of earlier versions say so in `ended_by`, $limit of them."""
    return (
        f"MATCH {_fact('f', kind_or_label)} WHERE f.retracted_by > 0 AND f.ended_by IS NULL "
        "WITH f LIMIT $limit SET f.ended_by = f.retracted_by RETURN count(*)"
    )


def count_changed(kind_or_label: str, came: bool) -> str:
    """The statement that counts the facts that came, or went, with $loads."""
    return f"MATCH {_fact('f', kind_or_label)} WHERE {_CAME if came else _WENT} RETURN count(f)"


def changed_facts(name: str, schema: pa.Schema, came: bool) -> str:
    """The statement that reads the facts of a label that came, or went, with $loads."""
    values = ", ".join(f"f.`{column}`" for column in schema.names)
    return f"MATCH (f:{name}) WHERE {_CAME if came else _WENT} RETURN {values}"


def changed_links(kind: str, came: bool) -> str:
    """The statement that reads the links of a kind that came, or went, with $loads."""
    values = ", ".join(f"f.`{name}`" for name in LINK_VALUES)
    found = f"MATCH (a:Party)-[f:{label(kind)}]->(b:Party) WHERE {_CAME if came else _WENT}"
    return f"{found} RETURN a.id, b.id, type(f), f.key, {values}"


def facts_of_parties() -> str:
    """The statement that reads the live facts of the parties $ids."""
    values = ", ".join(f"f.`{column}`" for column in PARTIES.names)
    return f"UNWIND $ids AS id MATCH (f:PartyFact {{id: id}}) WHERE {visible('f')} RETURN {values}, f.load"


EVENTS_OF: Final = (
    "UNWIND $ids AS id MATCH (f:EventFact {id: id, origin: $source, retracted_by: 0}) "
    "MATCH (l:Load {id: f.load}) WHERE l.revision IS NOT NULL RETURN f.id, f.body"
)


EVENTS_OF_TYPES: Final = (
    "MATCH (f:EventFact {retracted_by: 0}) WHERE f.type IN $types "
    "MATCH (l:Load {id: f.load}) WHERE l.revision IS NOT NULL RETURN f.origin, f.id, f.type, f.time, f.body"
)


def party_facts() -> str:
    """The statement that reads the live facts of the party $id, those of highest precedence last."""
    columns = ", ".join(f"f.`{name}`" for name in PARTIES.names)
    return (
        f"MATCH (f:PartyFact {{id: $id}}) WHERE {visible('f')} MATCH (l:Load {{id: f.load}}) "
        f"RETURN [{columns}] ORDER BY f.implied DESC, l.revision, f.origin"
    )


def neighbours() -> str:
    """The statement that reads $limit live links of the party $id after the first $after."""
    values = ", ".join(f"f.`{name}`" for name in LINK_VALUES)
    return (
        f"MATCH (:Party {{id: $id}})-[f]-(other:Party) WHERE {visible('f')} "
        "WITH DISTINCT f, other.id AS other, startNode(f).id AS source, endNode(f).id AS target, type(f) AS kind "
        "ORDER BY kind, other, source, target, f.key SKIP $after LIMIT $limit "
        f"RETURN other, [source, target, kind, f.key, {values}]"
    )
