"""Why a score is asked, and so which relationships may count in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

from graph.errors import UnknownPurpose
from graph.schema import CATEGORIES


@dataclass(frozen=True, slots=True)
class Purpose:
    """A reason to ask, as a value.

    categories: relationship categories that may count. retention_days: how long after an outcome closed it may
    count. cap: the largest shift others may cause, in natural log-odds, None for none. review: a person must look
    before anything is decided. threshold: where set, the caller sees only yes or no against this score.
    """

    name: str
    categories: frozenset[str]
    retention_days: int
    cap: float | None = None
    review: bool = False
    threshold: int | None = None

    def policy(self) -> str:
        """SHA-256 of everything that this purpose says; it stands in every answer."""
        value = asdict(self) | {"categories": sorted(self.categories)}
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
    """The purpose of that name. Raises UnknownPurpose, naming those there are."""
    try:
        return purposes[name]
    except KeyError:
        raise UnknownPurpose(f"no purpose is called {name!r}; there are {', '.join(purposes)}") from None
