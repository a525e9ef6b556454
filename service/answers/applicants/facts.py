"""What an applicant states, as facts that came after the snapshot; every fault of it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import pyarrow as pa

from graph.column_names import is_forbidden, is_protected
from graph.schema import IDENTIFIER_KINDS, KIND_OF_TARGET, PARTIES, RELATIONSHIP_KINDS, RELATIONSHIPS, nearest_kinds
from graph.snapshots.live.changes import Changes
from graph.snapshots.snapshot import Snapshot
from service.answers.applicants.applicant import Applicant, ApplicantLink

LINK_TO: Final[Mapping[str, str]] = {target: kind for kind, target in KIND_OF_TARGET.items()}
PARTY_KINDS: Final = ("Person", "Merchant", "Company")
MADE_BY_KITH: Final = frozenset({"derived"})  # categories of links that are computed and not stated


def changes_of(applicant: Applicant, id: str, snapshot: Snapshot) -> Changes:
    """The facts of an applicant without faults, recorded under an id that the snapshot does not have."""
    parties = [_party(id, applicant.kind, applicant.attributes_json())]
    links = []
    for number, identifier in enumerate(applicant.identifiers):
        if not snapshot.has(identifier.id):
            parties.append(_party(identifier.id, identifier.kind, "{}", implied=True))
        links.append(_link(id, identifier.id, LINK_TO[identifier.kind], f"identifier {number}"))
    for number, link in enumerate(applicant.links):
        source, target = (id, link.other) if link.direction == "out" else (link.other, id)
        figures = {name: getattr(link, name) for name in ("weight", "first", "last", "count", "amount", "context")}
        links.append(_link(source, target, link.kind, f"link {number}") | figures)
    return Changes(
        snapshot.revision,
        snapshot.revision,
        pa.RecordBatch.from_pylist(parties, PARTIES),
        links=pa.RecordBatch.from_pylist(links, RELATIONSHIPS),
    )


def _party(id: str, kind: str, attributes: str, implied: bool = False) -> dict[str, object]:
    return {"id": id, "kind": kind, "attributes": attributes, "implied": implied}


def _link(source: str, target: str, kind: str, key: str) -> dict[str, object]:
    return {"source": source, "target": target, "kind": kind, "key": key}


def faults_of(applicant: Applicant, snapshot: Snapshot) -> Iterator[str]:
    """What is wrong with an applicant, each in one line that begins with the place."""
    if applicant.id is not None and snapshot.has(applicant.id):
        yield f"id: {applicant.id!r} is a party of the network; ask about it by its id alone"
    if applicant.kind in IDENTIFIER_KINDS:
        yield f"kind: {applicant.kind} only ties parties together, and no applicant is one"
    elif applicant.kind not in {*PARTY_KINDS, *snapshot.party_kinds}:
        known = ", ".join(sorted({*PARTY_KINDS, *snapshot.party_kinds} - IDENTIFIER_KINDS))
        yield f"kind: no kind of party is called {applicant.kind!r}; there are {known}"
    yield from _faults_of_attributes(applicant, snapshot)
    yield from _faults_of_identifiers(applicant, snapshot)
    categories = {name: kind.category for name, kind in RELATIONSHIP_KINDS.items()}
    categories |= {name: info.category for name, info in (snapshot.held_kinds | snapshot.kinds).items()}
    for number, link in enumerate(applicant.links):
        yield from (f"links[{number}].{fault}" for fault in _faults_of_link(link, categories, snapshot))


def _faults_of_attributes(applicant: Applicant, snapshot: Snapshot) -> Iterator[str]:
    known = snapshot.numeric.keys() | snapshot.categorical.keys()
    for name, value in sorted(applicant.attributes.items()):
        at = f"attributes.{name}"
        if is_forbidden(name):
            yield f"{at}: such data may not be stored or used"
        elif name in snapshot.protected or is_protected(name):
            yield f"{at}: it is a protected attribute, which no score may use; leave it out"
        elif name not in known:
            near = get_close_matches(name, sorted(known - snapshot.protected), 3)
            yield f"{at}: the network has no such attribute{_nearest(near)}"
        elif name in snapshot.numeric and isinstance(value, str):
            yield f"{at}: it is a number in the network, and {value!r} is a text"


def _faults_of_identifiers(applicant: Applicant, snapshot: Snapshot) -> Iterator[str]:
    seen = set()
    for number, identifier in enumerate(applicant.identifiers):
        at = f"identifiers[{number}]"
        row = snapshot.row_of(identifier.id) if snapshot.has(identifier.id) else None
        if row is not None and snapshot.kind_of(row) != identifier.kind:
            yield f"{at}: {identifier.id!r} is of the kind {snapshot.kind_of(row)} here, and no {identifier.kind}"
        if identifier.id in seen:
            yield f"{at}: {identifier.id!r} stands there twice"
        if identifier.id == applicant.id:
            yield f"{at}: it has the id of the applicant"
        seen.add(identifier.id)


def _faults_of_link(link: ApplicantLink, categories: Mapping[str, str], snapshot: Snapshot) -> Iterator[str]:
    category = categories.get(link.kind)
    if category is None:
        near = nearest_kinds(link.kind, categories)
        yield f"kind: no kind of relationship is called {link.kind!r}{_nearest(near)}"
    elif category == "identifier":
        yield f"kind: {link.kind} leads to an identifier; state it under `identifiers`"
    elif category in MADE_BY_KITH:
        yield f"kind: {link.kind} is computed and not stated"
    elif category == "trust" and link.weight is not None and not -1 <= link.weight <= 1:
        yield f"weight: {link.weight} is not within -1 to 1"
    if not snapshot.has(link.other):
        yield f"other: no party has the id {link.other!r}; leave the link out, since nothing is known of that party"
    if link.first is not None and link.last is not None and link.last < link.first:
        yield "last: it is before `first`"
    latest = max((time for time in (link.first, link.last) if time is not None), default=None)
    if snapshot.as_of is not None and latest is not None and latest > snapshot.as_of:
        yield f"last: {latest} is after the time that the network is as of, {snapshot.as_of}"


def _nearest(names: Sequence[str]) -> str:
    return f"; the nearest: {', '.join(names)}" if names else ""
