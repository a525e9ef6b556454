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


@dataclass(frozen=True, slots=True)
class Purpose:
    """The purpose that a score is asked for.

    categories: relationship categories that may count.
    retention_days: for how many days after it closed an outcome may count.
    cap: the largest shift by others in natural log-odds, None for no cap.
    review: whether a person must review every decision.
    threshold: where set, the caller learns only whether the score is at least this.
    """

    name: str
    categories: frozenset[str]
    retention_days: int
    cap: float | None = None
    review: bool = False
    threshold: int | None = None

    def policy(self) -> str:
        """SHA-256 of all fields, in hex; every answer names it."""
        return _policy(self)


@cache
def _policy(purpose: Purpose) -> str:
    value = asdict(purpose) | {"categories": sorted(purpose.categories)}
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


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
