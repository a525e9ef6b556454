"""Identity assurance: how it was checked that a party is who it says, and when.

It stands in two attributes of the party, which an event `identity_check` or a column of a file states.
"""

from __future__ import annotations

from typing import Final

from graph.purposes import ASSURANCES, Purpose
from graph.snapshots.snapshot import Snapshot

ASSURANCE: Final = "identity assurance"  # the attribute, one of ASSURANCES
ASSURED: Final = "identity assured"  # the attribute of when it was checked, seconds since 1970
MISSING: Final = "assurance_missing"  # the warning
DAY: Final = 86_400.0  # seconds


def assurance_of(snapshot: Snapshot, row: int) -> str:
    """The identity assurance of a party: `unknown` where none or an unheard-of one is stated."""
    if ASSURANCE not in snapshot.categorical:
        return ASSURANCES[0]
    codes, names = snapshot.categorical[ASSURANCE]
    stated = names[codes[row]] if codes[row] >= 0 else ASSURANCES[0]
    return stated if stated in ASSURANCES else ASSURANCES[0]


def lacks_assurance(snapshot: Snapshot, row: int, purpose: Purpose, now: float) -> bool:
    """Whether the purpose requires more identity assurance than the party has at a time.

    An assurance of unknown date is too old for a purpose that says how long one counts.
    """
    if purpose.assurance is None:
        return False
    if ASSURANCES.index(assurance_of(snapshot, row)) < ASSURANCES.index(purpose.assurance):
        return True
    if purpose.assurance_days is None:
        return False
    if ASSURED not in snapshot.numeric:
        return True
    return not now - float(snapshot.numeric[ASSURED][row]) <= purpose.assurance_days * DAY
