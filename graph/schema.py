"""The schema of the network: kinds and categories of relationships, and facts.

Facts are passed in bulk as Arrow batches (`PARTIES`, `RELATIONSHIPS`, `OUTCOMES`, `CONSENTS`) and one by one as frozen
dataclasses with the same fields in the same order. Times are seconds since 1970-01-01 UTC as float64; a missing time
means "always" for a beginning and "still" for an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from graph.errors import UnknownKind

CATEGORIES: Final = (
    "contact", "social", "trust", "money", "guarantee", "ownership", "work", "identifier", "derived",
)  # fmt: skip

PARTY_KINDS: Final = ("Person", "Merchant", "Company", "Phone", "Device", "Address", "Account")
IDENTIFIER_KINDS: Final = frozenset({"Phone", "Device", "Address", "Account"})

SAME_AS: Final = "SAME_AS"  # the kind of a fact that two ids are one party; its dates are valid_from and valid_to
LIKE: Final = 0.6  # the least similarity of names of which one is suggested for the other

KIND_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class RelationshipKind:
    """A kind of relationship: its category, whether a link means the same in both directions, and whether it holds.

    A holding link goes from a holder to an identifier, such as an account: what is paid into it or called on it is
    carried to the holder. Only kinds of the category identifier may be holding.

    Raises UnknownKind for a name that is no identifier, a category that is not in CATEGORIES, or a holding kind of
    another category.
    """

    name: str
    category: str
    symmetric: bool = False
    holding: bool = False

    def __post_init__(self) -> None:
        if not KIND_NAME.fullmatch(self.name):
            raise UnknownKind(f"{self.name!r} cannot name a kind: use letters, digits and _, at most 63")
        if self.category not in CATEGORIES:
            raise UnknownKind(f"kind {self.name} has the unknown category {self.category!r}; use one of {CATEGORIES}")
        if self.holding and self.category != "identifier":
            raise UnknownKind(f"kind {self.name} of category {self.category} cannot be holding; only identifier can")


def _kinds(category: str, directed: str, symmetric: str = "") -> list[RelationshipKind]:
    return [RelationshipKind(name, category) for name in directed.split()] + [
        RelationshipKind(name, category, True) for name in symmetric.split()
    ]


def _holding(names: str) -> list[RelationshipKind]:
    return [RelationshipKind(name, "identifier", holding=True) for name in names.split()]


RELATIONSHIP_KINDS: Final[Mapping[str, RelationshipKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *_kinds("contact", "CALLS MESSAGES HAS_CONTACT"),
            *_kinds("social", "FOLLOWS", "KNOWS FRIEND_OF RELATIVE_OF"),
            *_kinds("trust", "TRUSTS RATES VOUCHES_FOR"),
            *_kinds("money", "PAYS ORDERS_FROM LENDS_TO OWES"),
            *_kinds("guarantee", "GUARANTEES"),
            *_kinds("ownership", "OWNS SHAREHOLDER_OF INVESTS_IN BRANCH_OF", "SHARES_OWNER_WITH SHARES_DIRECTOR_WITH"),
            *_kinds("work", "EMPLOYED_BY MANAGES DIRECTS", "WORKED_WITH"),
            *_kinds("identifier", "USES_DEVICE LIVES_AT", SAME_AS),
            *_holding("USES_PHONE HOLDS_ACCOUNT"),
            *_kinds("derived", "", "SIMILAR_TO"),
        )
    }
)

# What the target of such a link is, where nobody has said it: a party that is known only as an end of links.
KIND_OF_TARGET: Final[Mapping[str, str]] = MappingProxyType(
    {"USES_PHONE": "Phone", "USES_DEVICE": "Device", "LIVES_AT": "Address", "HOLDS_ACCOUNT": "Account"}
)


def nearest_kinds(name: str, kinds: Iterable[str] = RELATIONSHIP_KINDS) -> list[str]:
    """The kinds whose names are most like a name, at most three, the likest first.

    >>> nearest_kinds("pay"), nearest_kinds("FRIENDS"), nearest_kinds("xyz")
    (['PAYS'], ['FRIEND_OF'], [])
    """
    by_plain = {re.sub(r"[\W_]+", "", kind).upper(): kind for kind in sorted(kinds)}
    found = get_close_matches(re.sub(r"[\W_]+", "", name).upper(), by_plain, 3, LIKE)
    return [by_plain[plain] for plain in found]


# `good` is the outcome 0 of labelled files: the party was observed, and nothing bad happened.
OUTCOMES_KNOWN: Final = ("good", "default", "late", "fraud", "cured")
BAD_OUTCOMES: Final = frozenset({"default", "fraud"})
OUTCOME_STATES: Final = ("active", "disputed", "corrected", "expired")
# The state of an outcome that a suppression rule covers: it stays in the store and is in no snapshot. No source may
# state it.
SUPPRESSED: Final = "suppressed"
CONTEXTS: Final = ("online", "offline")


@dataclass(frozen=True, slots=True)
class Party:
    """A party (a node of the network) as one source describes it.

    `attributes` maps a column to a number, a text or None. `implied` marks a party known only as an end of a link.
    """

    id: str
    kind: str
    name: str | None = None
    attributes: Mapping[str, float | str | None] = field(default_factory=dict)
    implied: bool = False
    valid_from: float | None = None
    valid_to: float | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A typed link between two parties. `key` distinguishes parallel links of one kind between the same ends."""

    source: str
    target: str
    kind: str
    key: str
    weight: float | None = None
    first: float | None = None
    last: float | None = None
    count: int | None = None
    amount: float | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An observed outcome of a party. `outcome` is one of OUTCOMES_KNOWN, `state` one of OUTCOME_STATES or SUPPRESSED.

    days_late: days past due, where known. amount: what was owed or lost, where known.
    """

    party: str
    outcome: str
    key: str
    opened: float | None = None
    closed: float | None = None
    state: str = "active"
    days_late: int | None = None
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent of a party that facts of a source may count for a purpose, from `given` to `withdrawn`.

    source: what the loads of these facts are called. withdrawn: None while it stands.
    """

    party: str
    source: str
    purpose: str
    given: float
    withdrawn: float | None = None


# Arrow schemas of the batches that loaders pass to a store. `attributes` is canonical JSON (sorted keys, no spaces).
PARTIES: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("attributes", pa.string(), nullable=False),
        pa.field("implied", pa.bool_(), nullable=False),
        pa.field("valid_from", pa.float64()),
        pa.field("valid_to", pa.float64()),
    ]
)
RELATIONSHIPS: Final = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("target", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("weight", pa.float64()),
        pa.field("first", pa.float64()),
        pa.field("last", pa.float64()),
        pa.field("count", pa.int64()),
        pa.field("amount", pa.float64()),
        pa.field("context", pa.string()),
    ]
)
OUTCOMES: Final = pa.schema(
    [
        pa.field("party", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("opened", pa.float64()),
        pa.field("closed", pa.float64()),
        pa.field("state", pa.string(), nullable=False),
        pa.field("days_late", pa.int64()),
        pa.field("amount", pa.float64()),
    ]
)
# What was sent in as it happened, and what it says as canonical JSON: relationships and outcomes aggregate from it.
EVENTS: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("time", pa.float64()),
        pa.field("body", pa.string(), nullable=False),
    ]
)
CONSENTS: Final = pa.schema(
    [
        pa.field("party", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("given", pa.float64(), nullable=False),
        pa.field("withdrawn", pa.float64()),
    ]
)
