"""`kith search`, `kith neighbours` and `kith paths`: who there is, and how they are tied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.data import Json
from cli.known_ids import known_id, named
from cli.network.opened import Kinds, Snapshot, explored, kinds_of
from cli.output import say, table, when, write_json
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.answers.parties import PartyLink, SearchMatch
    from service.answers.paths import StepAnswer

REASONS: Final = {
    "id": "is the id",
    "word": "is in the {field}",
    "number": "is the number {found} in the {field}",
    "beginning": "begins {found} in the {field}",
    "part": "is part of {found} in the {field}",
    "typo": "is nearly {found} in the {field}",
}
LINK_COLUMNS: Final = ("party", "name", "kind", "direction", "count", "amount", "weight", "first", "last")


def add_to(app: typer.Typer) -> None:
    app.command()(search)
    app.command()(neighbours)
    app.command()(paths)


def search(
    text: Annotated[list[str], typer.Argument(help="Words of an id or a name, a phone number, an IBAN.")],
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many to show.")] = 20,
    snapshot: Snapshot = None,
    json_file: Json = None,
) -> None:
    """Find parties: word order, case, accents and the writing of numbers do not count, and one typo a word may be."""
    from service.answers.parties import search as find

    wanted = " ".join(text)
    page = find(explored(snapshot), wanted, limit)
    rows = [[one.party, one.kind, one.name or "", "; ".join(map(_reason, one.matches))] for one in page.parties]
    if rows:
        table(f"parties that match {wanted!r}, the best first", ["party", "kind", "name", "why"], rows)
    else:
        say(f"no party matches {wanted!r}, in its id or its name")
    if page.next is not None:
        say("there are more; add a word, or ask for more with --limit")
    write_json(json_file, page.to_json())


def _reason(match: SearchMatch) -> str:
    return f"{match.word} " + REASONS[match.how].format(field=match.field, found=match.found)


def neighbours(
    party: Annotated[str, typer.Argument(help="Id of a party.")],
    kinds: Kinds = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    snapshot: Snapshot = None,
    json_file: Json = None,
) -> None:
    """List the links of a party, by kind and other end, with counts for each kind."""
    from service.answers.parties import links_of

    context = explored(snapshot)
    opened = context.snapshot
    page = links_of(context, known_id(opened, party), kinds_of(kinds), limit, cursor)
    counts = ", ".join(f"{kind} {one.out:,} out {one.in_:,} in" for kind, one in page.counts.items()) or "no links"
    say(f"{named(opened, opened.row_of(party))}: {counts}")
    if page.neighbours:
        show_links(f"{len(page.neighbours):,} of {page.total:,} links", page.neighbours)
    if page.next is not None:
        say(f"there are more; the next page is --cursor {page.next}")
    write_json(json_file, page.to_json())


def show_links(title: str, links: tuple[PartyLink, ...] | list[PartyLink]) -> None:
    """Print links as a table, without columns in which nothing stands."""
    rows = [
        [
            link.party, link.name or "", link.kind, link.direction, link.count, _figure(link.amount, ",.2f"),
            _figure(link.weight, "+.2f"), when(link.first), when(link.last),
        ]
        for link in links
    ]  # fmt: skip
    filled = [place for place in range(len(LINK_COLUMNS)) if any(row[place] != "" for row in rows)]
    table(title, [LINK_COLUMNS[place] for place in filled], [[row[place] for place in filled] for row in rows])


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def paths(
    source: Annotated[str, typer.Argument(help="Id of a party.")],
    target: Annotated[str, typer.Argument(help="Id of another.")],
    kinds: Kinds = None,
    max_hops: Annotated[int, typer.Option(min=1, max=6, help="Links of the longest path.")] = 6,
    limit: Annotated[int, typer.Option(min=1, max=10, help="How many paths, the shortest first.")] = 3,
    snapshot: Snapshot = None,
    json_file: Json = None,
) -> None:
    """Find the shortest paths between two parties, links read as undirected."""
    from service.answers.paths import paths_between

    context = explored(snapshot)
    opened = context.snapshot
    if source == target:
        raise UsageError("a path leads from one party to another; name two")
    found = paths_between(context, known_id(opened, source), known_id(opened, target), max_hops, limit, kinds_of(kinds))
    for number, path in enumerate(found.paths, 1):
        say(f"path {number}, {path.hops} {'hop' if path.hops == 1 else 'hops'}")
        say(f"  {named(opened, opened.row_of(path.parties[0]))}")
        for step in path.steps:
            say(f"    {_ties(step)}", f"  {named(opened, opened.row_of(step.target))}")
    if not found.paths:
        over = "" if kinds is None else f" over {', '.join(kinds_of(kinds) or [])}"
        say(f"no path of at most {max_hops} hops leads from {source} to {target}{over}")
    write_json(json_file, found.to_json())


def _ties(step: StepAnswer) -> str:
    """The kinds between two parties: how many links lead along the path, how many against it."""
    return ", ".join(
        f"{kind.kind}"
        + (f" ->{'' if kind.out_links == 1 else f' x{kind.out_links:,}'}" if kind.out_links else "")
        + (f" <-{'' if kind.in_links == 1 else f' x{kind.in_links:,}'}" if kind.in_links else "")
        for kind in step.kinds
    )
