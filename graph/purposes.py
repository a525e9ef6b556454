"""The purposes of a score, and the relationships that may count for each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from graph.errors import UnknownPurpose
from graph.schema import CATEGORIES

# How it was checked that a party is who it says, the weakest first.
ASSURANCES: Final = ("unknown", "declared", "document", "bank", "in_person")
ADDED: Final = ("assurance", "assurance_days", "shares", "objected")  # fields that came after receipts had been given


@dataclass(frozen=True, slots=True)
class Purpose:
    """The purpose that a score is asked for.

    categories: relationship categories that may count.
    retention_days: for how many days after it closed an outcome may count.
    cap: the largest shift by others in natural log-odds, None for no cap.
    review: whether a person must review every decision.
    threshold: where set, the caller learns only whether the score is at least this.
    consent: whether facts about a party count only with its consent to their source for this purpose.
    profile: the locked profile that it keeps to, by name.
    assurance: the least identity assurance of a party that it says yes to, one of ASSURANCES, None for any.
    assurance_days: for how many days after the check it counts, None for ever.
    shares: whether facts are exchanged with other institutions without consent, on another legal ground.
    objected: whether the party that is asked about objected, so that a person decides: the answer is withheld, or with
    `review` given and says so.
    """

    name: str
    categories: frozenset[str]
    retention_days: int
    cap: float | None = None
    review: bool = False
    threshold: int | None = None
    consent: bool = False
    profile: str | None = None
    assurance: str | None = None
    assurance_days: int | None = None
    shares: bool | None = None
    objected: bool | None = None

    @property
    def withheld(self) -> bool:
        """Whether nothing is told before a person has decided."""
        return bool(self.objected) and not self.review

    def policy(self) -> str:
        """SHA-256 of `rules()`, in hex; every answer names it."""
        return _policy(self)

    def rules(self) -> str:
        """All fields as JSON, from which `purpose_of_rules` makes the purpose again."""
        return _rules(self)


@cache
def _policy(purpose: Purpose) -> str:
    return hashlib.sha256(purpose.rules().encode()).hexdigest()


@cache
def _rules(purpose: Purpose) -> str:
    value = asdict(purpose) | {"categories": sorted(purpose.categories)}
    for added in ADDED:  # what a purpose leaves out does not change its digest
        if value[added] is None:
            del value[added]
    return json.dumps(value, sort_keys=True)


def purpose_of_rules(rules: str) -> Purpose:
    """The purpose whose `rules()` these are.

    >>> purpose_of_rules(PURPOSES["lending"].rules()) == PURPOSES["lending"]
    True
    """
    fields = json.loads(rules)
    return Purpose(**fields | {"categories": frozenset(fields["categories"])})


_YEAR = 365
_PURPOSES = (
    Purpose("fraud_investigation", frozenset(CATEGORIES), 10 * _YEAR, review=True),
    Purpose("lending", frozenset({"money", "guarantee", "ownership", "work", "trust"}), 5 * _YEAR, cap=1.5),
    Purpose("deposit_waiver", frozenset({"money", "guarantee", "trust"}), 2 * _YEAR, cap=1.0, threshold=600),
    Purpose("merchant_onboarding", frozenset({"money", "guarantee", "ownership", "work"}), 5 * _YEAR, review=True),
)
PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType({purpose.name: purpose for purpose in _PURPOSES})
DEFAULT_PURPOSE: Final = "fraud_investigation"


def purpose_named(name: str, purposes: Mapping[str, Purpose] = PURPOSES) -> Purpose:
    """The purpose of this name.

    Raises UnknownPurpose listing the names.
    """
    try:
        return purposes[name]
    except KeyError:
        raise UnknownPurpose(f"no purpose is called {name!r}; there are {', '.join(purposes)}") from None
