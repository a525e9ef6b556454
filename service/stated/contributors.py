"""Which institutions said something of a party: the attributes that an exchange with them leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from graph.snapshots.snapshot import Snapshot

SHARED: Final = "shared by "  # before the name of an institution, as the attribute; its value is what it is called
WARNING: Final = "shared_facts"


def contributors(snapshot: Snapshot, row: int) -> list[str]:
    """What the institutions are called whose facts of a party are in a snapshot, sorted."""
    columns = [column for name, column in snapshot.categorical.items() if name.startswith(SHARED)]
    return sorted(names[codes[row]] for codes, names in columns if codes[row] >= 0)


def contributors_in(attributes: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the institutions are called that attributes of a party name, as sources state them, sorted."""
    return sorted({str(value) for some in attributes for name, value in some.items() if name.startswith(SHARED)})
