"""A question to a partner: of which parties facts are wanted, by hashes that only the two can make."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from graph.errors import UsageError
from graph.purposes import Purpose
from graph.stores.base import GraphStore
from service.exchange.consents import Exchangeable
from service.exchange.files import MANIFEST, Manifest, new_folder, write_manifest, write_part
from service.exchange.known_by import Hashes, check_ways, hashes
from service.exchange.partners import Partner

A_PART: Final = 10_000  # hashes


def ask(
    home: Path,
    store: GraphStore,
    partner: Partner,
    sender: str,
    purpose: Purpose,
    by: Collection[str],
    parties: Collection[str] | None,
    folder: Path,
    now: float,
) -> Manifest:
    """Write a question about some parties, or all, into a folder: those alone who consent to what the partner says.

    sender: how this institution calls itself. Raises UsageError where there is nobody to ask about, or a question is
    there already.
    """
    ways = check_ways(by)
    if (folder / MANIFEST).exists():
        raise UsageError(f"{folder} holds a question already; name another folder")
    wanted = sorted(asked_of(store, partner, purpose, ways, parties, now))  # in an order that tells nothing
    if not wanted:
        raise UsageError(
            f"nobody can be asked about: no party known by {', '.join(ways)} consents to the source {partner.source} "
            f"for {purpose.name}, and the purpose does not say `shares = true`"
        )
    pieces = [wanted[start : start + A_PART] for start in range(0, len(wanted), A_PART)]
    new_folder(folder)
    parts = tuple(write_part(folder, number, [{"hash": one} for one in some]) for number, some in enumerate(pieces))
    manifest = Manifest(
        kind="question",
        sender=sender,
        recipient=partner.name,
        purpose=purpose.name,
        by=ways,
        made=now,
        of=None,
        total=len(parts),
        parts=parts,
    )
    write_manifest(home, folder, manifest)
    return manifest


def asked_of(
    store: GraphStore,
    partner: Partner,
    purpose: Purpose,
    by: Collection[str],
    parties: Collection[str] | None,
    now: float,
) -> Hashes:
    """Who of this institution may be asked about, by hash. parties: of these alone, None for all."""
    may = Exchangeable(store, purpose, now)
    found = hashes(store, partner, by)
    return {
        digest: party
        for digest, party in found.items()
        if (parties is None or party in parties) and may.of(party, partner.source)
    }
