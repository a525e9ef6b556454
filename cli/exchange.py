"""`kith exchange`: signed files with institutions that stay closed to each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.data import Json
from cli.output import say, write_json, write_secret
from graph.errors import UsageError

if TYPE_CHECKING:
    from graph.stores.base import GraphStore
    from service.exchange.partners import Partner

PartnerName = Annotated[str, typer.Argument(help="The partner, as `kith exchange partner` named it.")]
PurposeName = Annotated[str, typer.Option("--purpose", help="For which purpose facts are exchanged.")]


def add_to(app: typer.Typer) -> None:
    exchange = typer.Typer(help="Exchange signed files with institutions that stay closed.", no_args_is_help=True)
    exchange.command("key")(key)
    exchange.command("secret")(secret)
    exchange.command("partner")(partner)
    exchange.command("ask")(ask)
    exchange.command("answer")(answer)
    exchange.command("take")(take)
    app.add_typer(exchange, name="exchange")


def key(json_file: Json = None) -> None:
    """The public key of this institution, for its partners; the pair is made where there is none."""
    from service.exchange.partners import own_public_key

    public = own_public_key(installation.workspace().made().folder)
    say(public)
    write_json(json_file, {"public_key": public})


def secret(file: Annotated[Path, typer.Argument(help="The file to make, for its user alone.")]) -> None:
    """Make a secret for two institutions; it is handed over where nobody else can read it."""
    from service.exchange.partners import new_secret

    if file.exists():
        raise UsageError(f"{file} is there already; a secret is never replaced, so name another")
    write_secret(file, {"secret": new_secret()})
    say(f"{file}: a secret of two; whoever has it can find out whom a hash means")


def partner(
    name: Annotated[str, typer.Argument(help="Small letters, digits and -; its facts have the source exchange:NAME.")],
    public_key: Annotated[str, typer.Option(help="What its `kith exchange key` prints.")],
    secret_file: Annotated[Path, typer.Option(help="The file of `kith exchange secret`, the same on both sides.")],
    title: Annotated[str | None, typer.Option(help="What it is called; NAME by default.")] = None,
) -> None:
    """Keep a partner, in place of what was known of it."""
    import json

    from pydantic import ValidationError

    from service.exchange.partners import Partner, add_partner

    try:
        shared = str(json.loads(secret_file.read_text("utf-8"))["secret"])
        kept = Partner(name=name, title=title or name, public_key=public_key, secret=shared)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ValidationError):
            raise UsageError(f"{name!r} names no partner: small letters, digits and -, at most 32") from None
        raise UsageError(f"{secret_file}: is no file of `kith exchange secret`") from None
    add_partner(installation.workspace().made().folder, kept)
    say(f"{name}: kept; its facts will have the source {kept.source}")


def ask(
    name: PartnerName,
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    purpose: PurposeName,
    by: Annotated[list[str] | None, typer.Option(help="What both know parties by: id, Phone, Account ...")] = None,
    party: Annotated[list[str] | None, typer.Option(help="About this party; may be repeated; all by default.")] = None,
    json_file: Json = None,
) -> None:
    """Write a question about parties that consent to the source exchange:NAME, or all for a purpose that shares."""
    from service.exchange.asking import ask as asked
    from service.exchange.partners import partner_named

    home, found = installation.workspace().folder, installation.purpose(purpose)
    other = partner_named(home, name)
    with _store() as store:
        about = None if party is None else set(party)
        made = asked(home, store, other, _own_name(), found, by or ["id"], about, folder, time.time())
    say(f"{folder}: asks {name} about {sum(part.lines for part in made.parts):,} parties in {made.total:,} parts")
    write_json(json_file, made.to_json())


def answer(
    name: PartnerName,
    question: Annotated[Path, typer.Argument(help="The folder of the question.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make, or to go on with.")],
    purpose: PurposeName,
    parts: Annotated[int | None, typer.Option(min=0, help="Write so many further parts at most.")] = None,
    json_file: Json = None,
) -> None:
    """Answer a question of a partner, from its last part on; whom it may not be told of is answered like nobody."""
    from service.exchange.answering import answer as answered
    from service.exchange.partners import partner_named

    home, found = installation.workspace().folder, installation.purpose(purpose)
    other = partner_named(home, name)
    with _store() as store:
        log = _logged(other, found.name)
        made = answered(home, store, other, _own_name(), found, question, folder, time.time(), log, parts)
    say(f"{folder}: answers {len(made.parts):,} of {made.total:,} parts")
    _say_missing(made.missing)
    write_json(json_file, {**made.to_json(), "missing": made.missing})


def take(
    name: PartnerName,
    question: Annotated[Path, typer.Argument(help="The folder of the question.")],
    folder: Annotated[Path, typer.Argument(help="The folder of the answer.")],
    json_file: Json = None,
) -> None:
    """Record what a partner answered, as facts of the source exchange:NAME; `kith snapshot` lets them count."""
    from service.exchange.files import read_manifest
    from service.exchange.partners import own_public_key, partner_named
    from service.exchange.taking import take as taken

    home = installation.workspace().folder
    other = partner_named(home, name)
    asked, _ = read_manifest(question, [own_public_key(home)])
    with _store() as store:
        done = taken(home, store, other, installation.purpose(asked.purpose), question, folder, time.time())
    say(f"{name} tells of {done.parties:,} parties and of {done.silent:,} nothing; revision {done.revision}")
    _say_missing(list(done.missing))
    write_json(json_file, done.to_json())


def _logged(partner: Partner, purpose: str) -> Callable[[Sequence[str]], None]:
    """What writes down in the access log whom a partner is told of, so that each of them can see it."""

    def log(parties: Sequence[str]) -> None:
        from service.records import audit
        from service.records.audit import Access

        if parties:
            about = tuple(sorted(parties))
            line = Access(time.time(), None, partner.title, "exchange.answered", about, purpose)
            audit.write(installation.records(), [line])

    return log


def _say_missing(missing: list[int]) -> None:
    if missing:
        numbers = ", ".join(map(str, missing[:10]))
        say(f"partial: {len(missing):,} parts are missing ({numbers}); of them nothing is known")


def _own_name() -> str:
    """What this institution calls itself to a partner."""
    return installation.settings().tenant or "kith"


@contextmanager
def _store() -> Iterator[GraphStore]:
    from graph.stores.open import open_store

    with closing(open_store(installation.settings().store)) as store:
        yield store
