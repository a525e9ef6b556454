"""What these commands work on, and how they speak of parties: the snapshot, known ids, names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.output import say_error
from graph.errors import UnknownParty

if TYPE_CHECKING:
    from graph.snapshots.snapshot import Snapshot as Opened
    from service.context import ServingContext

Snapshot = Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")]
Kinds = Annotated[str | None, typer.Option(help="Only links of these kinds, separated by commas.")]

NEAREST: Final = 3  # parties that are named where an id is unknown


def explored(snapshot: Path | None) -> ServingContext:
    """The named or the newest snapshot, without a model."""
    from service.context import ServingContext

    settings = installation.settings()
    return ServingContext(installation.workspace().snapshot(snapshot), None, purposes=settings.purposes)


def known_ids(snapshot: Opened, ids: Sequence[str]) -> list[str]:
    """Those of the ids that parties have, each once; the others are reported, one line each.

    Raises UnknownParty where there is none. Whoever answers for the rest ends with `end_for_unknown`.
    """
    distinct = list(dict.fromkeys(ids))
    known = [id for id in distinct if snapshot.has(id)]
    if len(distinct) == 1 and not known:
        raise UnknownParty(distinct[0], nearest(snapshot, distinct[0]))
    for id in distinct:
        if id not in known:
            say_error(f"kith: {UnknownParty(id, nearest(snapshot, id))}")
    return known


def end_for_unknown(known: Sequence[str], ids: Sequence[str]) -> None:
    """End with exit code 1 where some of the ids were unknown."""
    if len(known) < len(set(ids)):
        raise typer.Exit(1)


def known_id(snapshot: Opened, id: str) -> str:
    """The id. Raises UnknownParty, which names the nearest parties."""
    if not snapshot.has(id):
        raise UnknownParty(id, nearest(snapshot, id))
    return id


def nearest(snapshot: Opened, text: str) -> list[str]:
    """The parties that a search finds first, each by id, kind and name."""
    from graph.explore.search import search

    return [named(snapshot, row) for row in search(snapshot, text, NEAREST)] if text else []


def named(snapshot: Opened, row: int) -> str:
    """A party by id, kind and name."""
    name = snapshot.name_of(row)
    return f"{snapshot.id_of(row)} ({snapshot.kind_of(row)}{f' {name}' if name else ''})"


def kinds_of(text: str | None) -> list[str] | None:
    """Names of kinds separated by commas; None where none are named."""
    return None if text is None else [kind.strip() for kind in text.split(",") if kind.strip()]
