"""Ids of parties that a user names: known ones are answered, unknown ones reported with the nearest parties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer

from cli.output import say_error
from graph.errors import UnknownParty

if TYPE_CHECKING:
    from graph.snapshots.snapshot import Snapshot

NEAREST: Final = 3  # parties that are named where an id is unknown


def known_ids(snapshot: Snapshot, ids: Sequence[str]) -> list[str]:
    """Those of the ids that parties have, each once; the others are reported, one line each.

    Whoever answers for the rest ends with `end_for_unknown`.

    Raises UnknownParty where a single id is named and unknown.
    """
    distinct = list(dict.fromkeys(ids))
    if len(distinct) == 1:
        return [known_id(snapshot, distinct[0])]
    for id in distinct:
        if not snapshot.has(id):
            say_error(f"kith: {UnknownParty(id, nearest(snapshot, id))}")
    return [id for id in distinct if snapshot.has(id)]


def end_for_unknown(known: Sequence[str], ids: Sequence[str]) -> None:
    """End with exit code 1 where some of the ids were unknown."""
    if len(known) < len(set(ids)):
        raise typer.Exit(1)


def known_id(snapshot: Snapshot, id: str) -> str:
    """The id. Raises UnknownParty, which names the nearest parties."""
    if not snapshot.has(id):
        raise UnknownParty(id, nearest(snapshot, id))
    return id


def nearest(snapshot: Snapshot, text: str) -> list[str]:
    """The parties that a search finds first, each by id, kind and name."""
    from graph.explore.search import search

    return [named(snapshot, row) for row in search(snapshot, text, NEAREST)] if text else []


def named(snapshot: Snapshot, row: int) -> str:
    """A party by id, kind and name, for people."""
    name = snapshot.name_of(row)
    return f"{snapshot.id_of(row)} ({snapshot.kind_of(row)}{f' {name}' if name else ''})"
