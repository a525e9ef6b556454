"""`kith keys`: make, list, rotate and revoke API keys."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, write_json, write_secret
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.records.keys import Key

UNITS = {"m": 60, "h": 3_600, "d": 86_400}  # seconds


def add_to(app: typer.Typer) -> None:
    keys = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("list")(list_keys)
    keys.command("rotate")(rotate)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def create(
    role: Annotated[str, typer.Option(help="service, investigator, admin or subject.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose it may ask for; may be repeated.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Whose key it is; a person needs one to sign in to the workbench.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="When it ends: a date (2027-03-31), a time with its zone, or 90d, 12h, 30m.")
    ] = None,
    per_minute: Annotated[int | None, typer.Option(help="How many requests a minute it may make.")] = None,
    per_day: Annotated[int | None, typer.Option(help="How many requests a day it may make.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Answer it from test parties, never from data.")] = False,
    party: Annotated[str | None, typer.Option(help="Of a subject's key: the party that it is bound to.")] = None,
    assurance: Annotated[
        str | None, typer.Option(help="Of a subject's key, how it was checked: declared, document, bank or in_person.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Make a key; it is shown once.

    Without --purpose a service may ask for lending alone, and an investigator or admin for fraud_investigation alone.
    `--purpose all` gives every purpose.
    """
    from service.records import keys

    ends = None if expires is None else _moment(expires, datetime.now(UTC))
    limits = keys.Limits(ends, per_minute, per_day, sandbox)
    settings = installation.settings()
    holder = None if party is None and assurance is None else keys.Holder(party or "", assurance or "")
    records = installation.records()
    text, key = keys.create(
        records, settings.purposes, role, purpose or [], name, limits, _who(), holder, settings.tenant
    )
    say(text, _described(key))
    if not purpose and holder is None:
        say("no --purpose was named, so it has that of its role; --purpose P gives it another, --purpose all every one")
    write_secret(json_file, {"key": text, "id": key.id})


def list_keys(json_file: Json = None) -> None:
    """Every key, without its secret."""
    from service.records import keys

    every, now = keys.all_keys(installation.records()), datetime.now(UTC)
    rows = [
        [
            key.id,
            f"kith_{key.prefix}_...",
            key.name or "",
            key.role,
            ", ".join(sorted(key.purposes)),
            key.state(now),
            _time(key.expires),
            _time(key.used),
        ]
        for key in every
    ]
    table("keys", ["id", "key", "name", "role", "purposes", "state", "expires", "last use"], rows)
    write_json(json_file, {"keys": [_as_json(key, now) for key in every]})


def rotate(
    id: Annotated[int, typer.Argument(help="The number of the key that is replaced.")],
    overlap: Annotated[str, typer.Option(help="How long both are valid: 30m, 24h, 7d; 0h: not at all.")] = "24h",
    json_file: Json = None,
) -> None:
    """Make a key that takes the place of another, which ends after the overlap; the new one is shown once."""
    from service.records import keys

    text, key = keys.rotate(installation.records(), id, _span(overlap), _who(), installation.settings().tenant)
    say(text, _described(key), f"key {id} ends in {overlap}")
    write_secret(json_file, {"key": text, "id": key.id, "replaces": id})


def revoke(id: Annotated[int, typer.Argument(help="The key's number.")], json_file: Json = None) -> None:
    """Refuse a key from now on."""
    from service.records import keys

    keys.revoke(installation.records(), id, _who())
    say(f"key {id} is revoked")
    write_json(json_file, {"id": id, "state": "revoked"})


def _who() -> str:
    """Who changes keys, as the access log names them."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "command line"


def _described(key: Key) -> str:
    of = "" if key.name is None else f" of {key.name}"
    limits = [] if key.expires is None else [f"valid until {_time(key.expires)}"]
    limits += [f"at most {most:,} requests a {unit}" for most, unit in _quotas(key)]
    limits += ["answered from test parties alone"] if key.sandbox else []
    said = "".join(f", {limit}" for limit in limits)
    if key.party is not None:
        return f"key {key.id}{of}, role subject, bound to {key.party} ({key.assurance}){said}; it is not shown again"
    return (
        f"key {key.id}{of}, role {key.role}, may ask for {', '.join(sorted(key.purposes))}{said}; it is not shown again"
    )


def _quotas(key: Key) -> list[tuple[int, str]]:
    both = ((key.per_minute, "minute"), (key.per_day, "day"))
    return [(most, unit) for most, unit in both if most is not None]


def _as_json(key: Key, now: datetime) -> dict[str, Any]:
    holder = {} if key.party is None else {"party": key.party, "assurance": key.assurance}
    return holder | {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "role": key.role,
        "purposes": sorted(key.purposes),
        "state": key.state(now),
        "expires": key.expires and key.expires.isoformat(),
        "used": key.used and key.used.isoformat(timespec="seconds"),
        "per_minute": key.per_minute,
        "per_day": key.per_day,
        "sandbox": key.sandbox,
    }


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def _moment(text: str, now: datetime) -> datetime:
    """The time that is meant: a date or time (UTC where it names no zone), or a span from now on. Raises UsageError."""
    if text[-1:] in UNITS:
        return now + _span(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time; write 2027-03-31, 2027-03-31T18:00+01:00, 90d, 12h or 30m") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _span(text: str) -> timedelta:
    """The span of time that is meant. Raises UsageError."""
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise UsageError(f"{text!r} is no span of time; write 30m, 24h or 7d")
    return timedelta(seconds=int(number) * UNITS[unit])
