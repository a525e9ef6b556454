"""`kith show`: all that is known of some parties."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from cli import installation
from cli.ask import Model, Purpose, show_score
from cli.data import Json
from cli.known_ids import end_for_unknown, known_ids
from cli.network.opened import Snapshot, explored
from cli.network.search import show_links
from cli.output import columns, say, when, write_json
from cli.rights.by_rights import ByRights
from graph.errors import ModelError, NoModel
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from graph.snapshots.snapshot import Snapshot as Opened
    from service.answers.profiles import KnownOutcome, NamedParty, PartyProfile
    from service.context import ServingContext


def add_to(app: typer.Typer) -> None:
    app.command()(show)


def show(
    ids: Annotated[list[str], typer.Argument(help="Ids of parties.")],
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """Show parties: record, identifiers and who shares them, outcomes, score, rings, links by kind."""
    from service.answers.profiles import profile

    asked = installation.purpose(purpose)
    context = _opened(snapshot, model).ready_for(asked)
    known = known_ids(context.snapshot, ids)
    by_rights = ByRights(context)
    profiles = []
    for id in known:
        own = by_rights.purpose_for(id, asked)
        one = profile(context, id, own)
        score = None if one.score is None else by_rights.stated(one.score, own)
        profiles.append(one.model_copy(update={"score": score}))
    for one in profiles:
        show_profile(one, context.snapshot)
    unknown = [id for id in dict.fromkeys(ids) if id not in known]
    write_json(json_file, {"parties": [one.to_json() for one in profiles], "unknown": unknown})
    end_for_unknown(known, ids)


def _opened(snapshot: Path | None, model: Path | None) -> ServingContext:
    """The snapshot with the model, and without one where none was named and none fits."""
    from service.context import ServingContext

    try:
        return ServingContext.open(installation.settings(), snapshot, model)
    except ModelError as error:
        if model is not None:
            raise
        if not isinstance(error, NoModel):
            say(f"no scores: {error}")
        return explored(snapshot)


def show_profile(profile: PartyProfile, snapshot: Opened) -> None:
    """Print all that is known of a party."""
    record = profile.record
    implied = ", known only as an end of links" if record.implied else ""
    say(f"{record.party}: {record.kind}{f' {record.name}' if record.name else ''}{implied}")
    if len(record.ids) > 1:
        say(f"  one party under {', '.join(record.ids)}")
    attributes = record.attributes | {f"{name} (protected)": one for name, one in record.protected_attributes.items()}
    columns([["", name, _figure(value) if isinstance(value, float) else value] for name, value in attributes.items()])
    for held in record.holdings:
        say(f"  holds {held.identifier}: {held.level.replace('_', ' ')} on {when(held.time)}")
    for shared in profile.identifiers:
        names = ", ".join(map(_named, shared.others)) + (" and more" if shared.shared > len(shared.others) else "")
        with_whom = f"shared with {shared.shared:,}: {names}" if shared.shared else "shared with nobody"
        say(f"  {_named(shared.identifier)}: {with_whom}")
    for outcome in profile.outcomes:
        opened, closed = when(outcome.opened), when(outcome.closed)
        times = (f", {opened}" if opened else "") + (f", closed {closed}" if closed else "")
        say(f"  outcome {outcome.outcome}, {outcome.state}{times}{size_of(outcome)}")
    for ring in profile.rings or ():
        role = next(member.role for member in ring.members if member.party in record.ids)
        say(f"  ring {ring.ring} ({ring.kind}, {ring.level}), {role} of {len(ring.members)}")
        say(*(f"    {evidence.text}" for evidence in ring.evidence))
    if profile.score is not None:
        show_score(profile.score, snapshot)
    for links in profile.links:
        total = links.counts.out + links.counts.in_
        more = f", the first {len(links.links)}" if total > len(links.links) else ""
        show_links(
            f"{links.kind} ({links.category}): {links.counts.out:,} out, {links.counts.in_:,} in{more}", links.links
        )


def size_of(outcome: KnownOutcome) -> str:
    """How late an outcome was and how much it was about, where that is known, to stand behind its times."""
    days = "" if outcome.days_late is None else f", {outcome.days_late:,} days late"
    return days + ("" if outcome.amount is None else f", amount {outcome.amount:,.10g}")


def _figure(value: float) -> str:
    """A figure without an exponent, as short as a snapshot keeps it: in 32 bits.

    >>> _figure(1435356032.0), _figure(2611.080078125), _figure(3.0)
    ('1,435,356,000', '2,611.08', '3')
    """
    return f"{float(str(np.float32(value))):,.10g}"


def _named(party: NamedParty) -> str:
    return f"{party.party} ({party.kind}{f' {party.name}' if party.name else ''})"
