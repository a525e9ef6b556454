"""`kith rings`: groups that chance does not make and nothing innocent explains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import installation
from cli.data import Json
from cli.output import console, say, table, write_json

SHOWN = 12  # members named in a row of the table


def add_to(app: typer.Typer) -> None:
    app.command()(rings)


def rings(
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    before: Annotated[Path | None, typer.Option(help="An earlier answer's JSON, whose rings keep their names.")] = None,
    language: Annotated[str, typer.Option(help="Of evidence: en or zh.")] = "en",
    json_file: Json = None,
) -> None:
    """Find rings: shared identifiers, money circles, guarantee loops, bursts of new links."""
    from graph.rings.find import find_rings
    from graph.rings.roles import COLLECTOR
    from service.answers.rings import renamed_after
    from service.wording.reasons import voice_named
    from service.wording.rings import render_ring

    spoken = voice_named("investigator", language).language

    opened = installation.workspace().snapshot(snapshot)
    with console.status("looking for rings"):
        found = find_rings(opened)
    named = found if before is None else renamed_after(found, before)
    rows = []
    for ring in named:
        members = [f"{m.party} ({m.role})" if m.role != "member" else m.party for m in ring.members]
        more = f" and {len(members) - SHOWN} more" if len(members) > SHOWN else ""
        rows.append([ring.ring, ring.kind, ring.level, len(members), ", ".join(members[:SHOWN]) + more])
    table(f"rings in snapshot {opened.id[:16]}", ["ring", "kind", "level", "parties", "members"], rows)
    answers = [render_ring(ring, opened, spoken) for ring in named]
    for answer in answers:
        collectors = [f"{m.party} {m.text}" for m in answer.members if m.role == COLLECTOR]
        say(f"{answer.ring}: " + "; ".join([*(evidence.text for evidence in answer.evidence), *collectors]))
    write_json(json_file, {"rings": [answer.to_json() for answer in answers], "snapshot": opened.id})
