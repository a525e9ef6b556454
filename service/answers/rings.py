"""Rings as they are asked for: page by page, those of one party, and under the names of an earlier answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graph.errors import InputError
from graph.rings.find import Ring, match
from service.answers.pages import Pages
from service.closed import Closed
from service.context import ServingContext
from service.wording.reasons import Language
from service.wording.rings import RingAnswer, render_ring


class RingPage(Closed):
    """Some of the rings, the strongest first; `total` counts all those asked for, `next` is the cursor of the rest."""

    rings: tuple[RingAnswer, ...]
    total: int
    next: str | None
    snapshot: str


def rings_with(context: ServingContext, party: str) -> list[Ring]:
    """The rings of a party, named by any of its ids, the strongest first; none of an unknown one."""
    snapshot = context.snapshot
    member = snapshot.id_of(snapshot.row_of(party)) if snapshot.has(party) else party
    return [ring for ring in context.rings() if member in ring.parties]


def rings_of(
    context: ServingContext, party: str | None, limit: int, cursor: str | None = None, language: Language = "en"
) -> RingPage:
    """A page of the rings of the snapshot, or of those that a party is a member of. Raises StaleCursor."""
    chosen: Sequence[Ring] = context.rings()
    if party is not None:
        chosen = rings_with(context, party)
    pages = Pages(context.snapshot, party or "")
    start = pages.start_within(cursor, len(chosen))
    end = start + limit
    return RingPage(
        rings=tuple(render_ring(ring, context.snapshot, language) for ring in chosen[start:end]),
        total=len(chosen),
        next=pages.cursor(end) if end < len(chosen) else None,
        snapshot=context.snapshot.id,
    )


def renamed_after(rings: Sequence[Ring], file: Path) -> list[Ring]:
    """The rings under the names of the likest ones in `file`, an earlier answer of `kith rings --json`.

    Raises InputError where the file is none.
    """
    try:
        value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        before = [Ring.of_json(ring) for ring in value["rings"]]
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is no answer of `kith rings --json`; name a file that it wrote") from error
    return match(before, rings)
