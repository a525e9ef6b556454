"""`kith disputes`: facts that parties say are wrong, what is due and late, and the work on them."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from cli import installation
from cli.data import Json, Store
from cli.facts.listed import existing_store
from cli.output import say, table, write_json, write_text
from graph.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from service.rights.disputes.handling import DisputeAnswer, Office

Checked = TypeVar("Checked", bound="BaseModel")
Id = Annotated[int, typer.Argument(help="The dispute's number.")]
By = Annotated[str | None, typer.Option(help="Who does it; by default the user of this computer.")]


def add_to(app: typer.Typer) -> None:
    disputes = typer.Typer(help="Facts that parties say are wrong.", no_args_is_help=True)
    for command in (items, open_one, show, move, result, affected, corrections, sweep, profiles):
        disputes.command("open" if command is open_one else command.__name__)(command)
    disputes.command("list")(listed)
    app.add_typer(disputes, name="disputes")


def items(
    party: Annotated[str, typer.Argument(help="Id of the party.")], store: Store = None, json_file: Json = None
) -> None:
    """The facts about a party that it can dispute, with the name of each."""
    from service.rights.disputes.items import items_about

    with closing(existing_store(store)) as opened:
        found = items_about(opened, party)
    rows = [
        [one.name.table, one.name.source, json.dumps(one.name.key, ensure_ascii=False), _said(one.content)]
        for one in found
    ]
    table(f"facts about {party}", ["table", "source", "key", "says"], rows)
    write_json(json_file, {"items": [one.to_json() for one in found]})


def open_one(
    party: Annotated[str, typer.Argument(help="Id of the party that disputes.")],
    source: Annotated[str, typer.Option(help="Who states the fact.")],
    key: Annotated[str, typer.Option(help='The key of the fact as `kith disputes items` lists it: ["ann", "1"].')],
    text: Annotated[str, typer.Option(help="What is wrong, in the words of the party.")],
    of: Annotated[str, typer.Option("--table", help="outcomes or relationships.")] = "outcomes",
    evidence: Annotated[list[str] | None, typer.Option(help="What the party sends; may be repeated.")] = None,
    channel: Annotated[str, typer.Option(help="letter, email, phone, desk or representative.")] = "desk",
    representative: Annotated[str | None, typer.Option(help="Who speaks for the party.")] = None,
    identity_theft: Annotated[bool, typer.Option("--identity-theft")] = False,
    identified: Annotated[bool, typer.Option("--identified", help="It was checked who disputes.")] = False,
    profile: Annotated[str | None, typer.Option(help="By which law; by default that of KITH_LEGAL_PROFILE.")] = None,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Receive a dispute; with --identified the fact is marked at once, else once `move ID open` says so."""
    from service.rights.disputes.dispute import Claim
    from service.rights.disputes.handling import receive
    from service.rights.disputes.items import ItemName

    said = {"text": text, "evidence": evidence or [], "channel": channel, "representative": representative}
    claim = checked(Claim, said | {"identity_theft": identity_theft})
    name = checked(ItemName, {"table": of, "source": source, "key": json_value(key, list)})
    law = profile or installation.settings().legal_profile
    with office_of(store) as office:
        answer = receive(office, party, name, claim, law, by or user(), identified)
    _tell(answer)
    write_json(json_file, answer.to_json())


def listed(
    party: Annotated[str | None, typer.Option(help="Only those of this party.")] = None,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 100,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """The queue: what is due first."""
    from service.records.rights.disputes import DisputeQuery
    from service.rights.disputes.handling import queue

    with office_of(store) as office:
        page = queue(office, DisputeQuery(party, state, None if every else False), limit)
    rows = [
        [
            one.dispute.dispute,
            one.dispute.party,
            one.dispute.item.name.source,
            one.dispute.state,
            one.dispute.profile,
            ", ".join(f"{duty.what}{' LATE' if duty.late else ''} {day_of(duty.due)}".strip() for duty in one.duties),
        ]
        for one in page.disputes
    ]
    table(f"{page.total:,} disputes", ["dispute", "party", "source", "state", "profile", "to do, by the end of"], rows)
    write_json(json_file, page.to_json())


def show(dispute: Id, store: Store = None, json_file: Json = None) -> None:
    """A dispute with every step."""
    from service.rights.disputes.handling import read

    with office_of(store) as office:
        answer = read(office, dispute)
    _tell(answer)
    steps = [
        [step.number, _moment(step.time), step.by, step.move, step.old, step.new, step.told or ""]
        for step in answer.dispute.steps
    ]
    table("steps", ["step", "time (UTC)", "by", "move", "from", "to", "told"], steps)
    write_json(json_file, answer.to_json())


def move(
    dispute: Id,
    name: Annotated[str, typer.Argument(metavar="MOVE", help="ask_furnisher, verify, correct, delete, notify, ...")],
    told: Annotated[str | None, typer.Option(help="Why, the furnisher's answer, or the party's statement.")] = None,
    second: Annotated[str | None, typer.Option(help="Who agrees, where it goes against the party.")] = None,
    corrected: Annotated[str | None, typer.Option(help='What is right: {"amount": 20}.')] = None,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Make one legal move; an illegal one names those that are legal."""
    from service.rights.disputes import handling
    from service.rights.disputes.dispute import Move

    right = None if corrected is None else json_value(corrected, dict)
    asked = checked(Move, {"move": name, "told": told, "second": second, "corrected": right})
    with office_of(store) as office:
        version = handling.read(office, dispute).dispute.version
        answer = handling.move(office, dispute, version, asked, by or user())
    _tell(answer)
    write_json(json_file, answer.to_json())


def result(
    dispute: Id,
    page: Annotated[Path | None, typer.Option(help="Write it as a page to print to this file.")] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the page.")] = "en",
    store: Store = None,
    json_file: Json = None,
) -> None:
    """What the party was told of the result, as it was told."""
    from service.rights.disputes.handling import read
    from service.rights.disputes.results import read_result, result_page

    with office_of(store) as office:
        told = read_result(office.records, read(office, dispute).dispute)
    if page is not None:
        write_text(page, result_page(told, language))
    say(f"dispute {dispute} of {told.party}: {told.outcome} on {day_of(told.decided + 1)}, SHA-256 {told.sha256()}")
    write_json(json_file, told.to_json())


def affected(dispute: Id, store: Store = None, json_file: Json = None) -> None:
    """The answers that rested on the fact and would be others without it, and who was given them."""
    from service.rights.disputes.affected import affected as found_affected

    with office_of(store) as office:
        found = found_affected(office, installation.settings(), dispute)
    rows = [
        [_moment(one.time), one.to, one.party, one.purpose, _figure(one.before), _figure(one.after), one.receipt[:16]]
        for one in found.answers
    ]
    table(
        f"answers of {found.looked_at:,}", ["time (UTC)", "to", "party", "purpose", "with", "without", "receipt"], rows
    )
    say(f"{found.decisions:,} decisions would be others; tell {', '.join(found.recipients) or 'nobody'}")
    write_json(json_file, found.to_json())


def corrections(
    receipt: Annotated[str, typer.Argument(help="The receipt of an answer.")],
    store: Store = None,
    json_file: Json = None,
) -> None:
    """The facts that an answer rested on and disputes found wrong since, and what the score is without them."""
    from service.rights.disputes.affected import corrections_since

    with office_of(store) as office:
        found = corrections_since(office, installation.settings(), receipt.strip().lower())
    for one in found:
        scores = f"without it the score is {_figure(one.after)} and not {_figure(one.before)}"
        say(f"dispute {one.dispute}: what {one.source} says of {one.about} was wrong ({one.outcome}); {scores}")
    say(f"{len(found):,} facts of this answer were found wrong since")
    write_json(json_file, {"corrections": [one.to_json() for one in found]})


def sweep(store: Store = None, json_file: Json = None) -> None:
    """Do what time asks for: delete what nobody verified in time, do what is owed; run it daily. Exit code 0."""
    from service.rights.disputes.handling import sweep as swept

    with office_of(store) as office:
        answer = swept(office)
    lapsed, late = ", ".join(map(str, answer.lapsed)) or "none", ", ".join(map(str, answer.late)) or "none"
    say(f"facts deleted, since nobody verified them in time: disputes {lapsed}", f"late: disputes {late}")
    write_json(json_file, answer.to_json())


def profiles(json_file: Json = None) -> None:
    """The legal profiles, with the source of every clock."""
    from service.rights.legal.legal_profiles import legal_profiles

    for profile in legal_profiles().values():
        say(f"{profile.name}: {profile.about}")
        rows = [[clock.name, str(clock.period), clock.source, clock.when or ""] for clock in profile.clocks.values()]
        table(f"calendar {profile.calendar.name}", ["clock", "period", "source", "only where"], rows)
        say(*(f"  source: {source}" for source in profile.sources), *(f"  people: {one}" for one in profile.people))
    described = {
        name: {
            "about": profile.about,
            "calendar": profile.calendar.name,
            "clocks": {
                clock.name: {"period": str(clock.period), "source": clock.source, "when": clock.when}
                for clock in profile.clocks.values()
            },
            "pause": profile.pause,
            "sources": list(profile.sources),
            "people": list(profile.people),
        }
        for name, profile in legal_profiles().items()
    }
    write_json(json_file, {"profiles": described})


@contextmanager
def office_of(store: str | None) -> Iterator[Office]:
    """The records and the store of the installation, now."""
    from service.rights.disputes.handling import Office

    url = store or installation.settings().store
    with closing(existing_store(url)) as opened:
        yield Office(installation.records(), opened, time.time())


def checked(model: type[Checked], value: dict[str, Any]) -> Checked:
    """The model of a value. Raises UsageError with the first thing that is wrong."""
    from pydantic import ValidationError

    from service.faults import first_fault

    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise UsageError(f"{first_fault(error)}, not {error.errors()[0]['input']!r}") from None


def json_value(text: str, kind: type) -> Any:
    """The JSON value of a text, of this kind. Raises UsageError."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, kind):
        raise UsageError(f"{text!r} is no JSON {'array' if kind is list else 'object'}; quote it for the shell")
    return value


def _tell(answer: DisputeAnswer) -> None:
    one = answer.dispute
    say(f"dispute {one.dispute} of {one.party}: {one.state}, by {one.profile} until the end of {day_of(one.clock.due)}")
    say(f"  the fact: {one.item.name.source} says {_said(one.item.content)}")
    say(*(f"  to do: {duty.what} {day_of(duty.due)}{' LATE' if duty.late else ''}".rstrip() for duty in answer.duties))


def _said(content: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in content.items() if value is not None)


def day_of(due: float | None) -> str:
    """The last day before a time."""
    return "" if due is None else datetime.fromtimestamp(due - 1, UTC).strftime("%Y-%m-%d")


def _figure(score: int | None) -> str:
    return "none" if score is None else str(score)


def _moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")


def user() -> str:
    """Who sits at this computer."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "command line"
