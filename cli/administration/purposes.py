"""`kith purposes`: the purposes of this installation and the locked profiles; `kith purposes check FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, write_json
from graph.schema import CATEGORIES

if TYPE_CHECKING:
    from graph.purposes import Purpose


def add_to(app: typer.Typer) -> None:
    purposes = typer.Typer(help="The purposes that may be asked for, and the locked profiles.")
    purposes.callback(invoke_without_command=True)(list_purposes)
    purposes.command("check")(check)
    app.add_typer(purposes, name="purposes")


def list_purposes(context: typer.Context, json_file: Json = None) -> None:
    """List the purposes of this installation, built in or of the file that KITH_PURPOSES names."""
    if context.invoked_subcommand is None:
        _show(installation.settings().purposes, json_file)


def check(file: Annotated[Path, typer.Argument(help="A file that declares purposes.")], json_file: Json = None) -> None:
    """Check a file that declares purposes, and list what it declares."""
    from graph.purposes import PURPOSES
    from service.purposes.file import read_purposes

    declared = {name: purpose for name, purpose in read_purposes(file).items() if name not in PURPOSES}
    _show(declared, json_file)
    say(f"{file} is in order; KITH_PURPOSES={file} puts it in use")


def _show(purposes: Mapping[str, Purpose], json_file: Path | None) -> None:
    from service.purposes.profiles import profiles

    header = ["purpose", "may count", "retention", "cap", "answer", "review", "consent", "profile and more"]
    table("purposes", header, [_row(purpose) for purpose in purposes.values()])
    for profile in profiles().values():
        say(f"profile {profile.name}: {profile.about}")
        say(*(f"  bars {category}: {why}" for category, why in profile.barred.items()))
        say(*(f"  source: {source}" for source in profile.sources))
    described = {
        "purposes": [_described(purpose) for purpose in purposes.values()],
        "profiles": [
            {"name": profile.name, "about": profile.about, "barred": dict(profile.barred), "sources": profile.sources}
            | {"review": profile.review, "consent": profile.consent}
            | {"retention_days": profile.retention_days, "cap": profile.cap}
            for profile in profiles().values()
        ],
    }
    write_json(json_file, described)


def _row(purpose: Purpose) -> list[Any]:
    categories = "all" if len(purpose.categories) == len(CATEGORIES) else ", ".join(_ordered(purpose))
    cap = "none" if purpose.cap is None else f"{purpose.cap:g}"
    answer = "score" if purpose.threshold is None else f"yes from {purpose.threshold}"
    yes = {True: "yes", False: "no"}
    days = f"{purpose.retention_days} days"
    consent = "needed" if purpose.consent else "no"
    required = "" if purpose.assurance is None else f"identity: {purpose.assurance}"
    shared = "shares without consent" if purpose.shares else ""
    more = "; ".join(filter(None, (purpose.profile, required, shared)))
    return [purpose.name, categories, days, cap, answer, yes[purpose.review], consent, more]


def _described(purpose: Purpose) -> dict[str, Any]:
    return {
        "name": purpose.name,
        "categories": _ordered(purpose),
        "barred": [category for category in CATEGORIES if category not in purpose.categories],
        "retention_days": purpose.retention_days,
        "cap": purpose.cap,
        "answer": "score" if purpose.threshold is None else "decision",
        "threshold": purpose.threshold,
        "review": purpose.review,
        "consent": purpose.consent,
        "profile": purpose.profile,
        "assurance": purpose.assurance,
        "assurance_days": purpose.assurance_days,
        "shares": bool(purpose.shares),
        "policy": purpose.policy(),
    }


def _ordered(purpose: Purpose) -> list[str]:
    return [category for category in CATEGORIES if category in purpose.categories]
