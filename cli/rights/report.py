"""`kith report`: all that is held about a party, for it to take along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import say, table, write_json, write_text
from cli.rights.disputes import By, office_of, user
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.rights.reports.own_report import OwnReport


def add_to(app: typer.Typer) -> None:
    app.command()(report)
    app.command()(unseal)
    app.command()(consents)


def report(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    page: Annotated[Path | None, typer.Option(help="Write it as a page to print to this file.")] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of its texts.")] = "en",
    seal_for: Annotated[
        Path | None, typer.Option(help="Public X25519 key (PEM) of an authority that is to read the full report.")
    ] = None,
    sealed: Annotated[Path | None, typer.Option(help="Where the full report goes, sealed for the authority.")] = None,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """All that is held about a party: facts and sources, answers and to whom, who looked, what would change it.

    Other people are withheld, but in the full report, which is written for an authority alone and sealed to its key.
    That the report was made is written down with its digest.
    """
    from service.context import ServingContext
    from service.rights.legal.legal_profiles import law_of
    from service.rights.reports.own_report import ReportQuestion, own_report
    from service.rights.reports.own_report_page import own_report_page

    if (seal_for is None) != (sealed is None):
        raise UsageError("name both --seal-for KEY.pem and --sealed FILE, or neither")
    settings = installation.settings()
    workspace = installation.workspace()
    scored = workspace.newest_snapshot() is not None and (workspace.folder / "models").is_dir()
    context = ServingContext.open(settings) if scored else None
    with office_of(store) as office:
        question, profile = ReportQuestion(by or user(), language), law_of(settings)
        made = own_report(office, context, settings.purposes, party, profile, question)
        if seal_for is not None and sealed is not None:
            full = own_report(office, context, settings.purposes, party, profile, replace(question, full=True))
            _seal(full, seal_for, sealed)
    if page is not None:
        write_text(page, own_report_page(made))
    counts = {
        "sources": len(made.held),
        "outcomes": len(made.outcomes),
        "links": len(made.links),
        "answers": len(made.answers),
        "notices": len(made.notices),
        "disputes": len(made.disputes),
        "looks": len(made.looks),
    }
    say(f"about {party}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    withheld = sum(one.times for one in made.withheld)
    say(f"withheld: {withheld:,} names of other parties; report {made.this_year} within a year")
    if made.free is False:
        say(f"the free reports of the year are used up under the profile {made.law}")
    write_json(json_file, made.to_json())


def unseal(
    file: Annotated[Path, typer.Argument(help="A sealed report.")],
    key: Annotated[Path, typer.Option(help="The private X25519 key (PEM) that it is sealed to.")],
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")],
) -> None:
    """Open a report that was sealed for an authority, with the authority's private key."""
    from service.rights.reports.sealed import unseal as opened

    write_text(out, opened(file, key).decode())
    say(f"the full report is in {out}")


def consents(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    out: Annotated[Path | None, typer.Option(help="Write the records as JSON-LD to this file.")] = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """What a party consented to, per source and purpose: records by ISO/IEC TS 27560 and DPV, as JSON-LD."""
    from service.rights.consents.consent_records import consent_records

    with office_of(store) as office:
        records = consent_records(office.store, party)
    rows = [
        [one.process.source.identifier, one.process.purpose.identifier, *(event.date for event in one.events)]
        for one in records.graph
    ]
    table("consents", ["source", "purpose", "given", "withdrawn"], [[*row, ""][:4] for row in rows])
    if out is not None:
        write_json(out, records.to_json())
    write_json(json_file, records.to_json())


def _seal(report: OwnReport, public_key: Path, out: Path) -> None:
    from service.rights.reports.sealed import seal

    write_json(out, seal(report.model_dump_json().encode("utf-8", "surrogatepass"), public_key).to_json())
    say(f"the full report, which names other parties, is sealed in {out}; only the holder of the key can read it")
