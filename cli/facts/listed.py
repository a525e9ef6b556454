"""`kith loads`, `kith snapshots` and `kith kinds`: what there is."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import say, table, when, write_json
from graph.errors import UsageError
from graph.stores.open import not_made

if TYPE_CHECKING:
    from graph.schema import RelationshipKind
    from graph.stores.base import GraphStore


def add_to(app: typer.Typer) -> None:
    app.command()(loads)
    app.command()(snapshots)
    app.command()(kinds)


def loads(
    source: Annotated[str | None, typer.Option(help="Only loads of this source.")] = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """List what was loaded into a store, the oldest first."""
    with closing(existing_store(store)) as opened:
        records = [record for record in opened.loads() if source is None or record.source == source]
    if source is not None and not records:
        raise UsageError(f"{opened.name} has no load of the source {source!r}; `kith loads` lists all")
    rows = [
        [
            record.id,
            record.source,
            ", ".join(record.details.files),
            when(record.details.time),
            ", ".join(f"{count:,} {name}" for name, count in record.details.counts.items() if count),
            record.state,
        ]
        for record in records
    ]
    table(f"loads of {opened.name}", ["load", "source", "files", "time", "counts", "state"], rows)
    described = [
        {
            "id": record.id,
            "source": record.source,
            "files": list(record.details.files),
            "time": record.details.time,
            "counts": dict(record.details.counts),
            "state": record.state,
            "revision": record.revision,
        }
        for record in records
    ]
    write_json(json_file, {"store": opened.name, "loads": described})


def snapshots(json_file: Json = None) -> None:
    """List the snapshots of the workspace, the newest revision last."""
    workspace = installation.workspace()
    found = workspace.snapshots()
    newest = workspace.newest_snapshot()
    rows = [
        [
            one.id[:16],
            when(one.as_of) or "any time",
            one.revision,
            one.n_parties,
            sum(info.links for info in one.kinds.values()),
            "newest" if one.folder == newest else "",
        ]
        for one in found
    ]
    if rows:
        columns = ["snapshot", "as of", "revision", "parties", "links", ""]
        table(f"snapshots of {workspace.folder}", columns, rows)
    else:
        say(f"there is no snapshot in {workspace.folder} that this Kith reads; run `kith snapshot`")
    described = [
        {
            "id": one.id,
            "as_of": one.as_of,
            "revision": one.revision,
            "parties": one.n_parties,
            "links": sum(info.links for info in one.kinds.values()),
            "folder": str(one.folder),
            "newest": one.folder == newest,
        }
        for one in found
    ]
    write_json(json_file, {"snapshots": described})


def kinds(store: Store = None, json_file: Json = None) -> None:
    """List the kinds of parties and relationships: the built-in ones, and those that mappings added to the store."""
    from graph.schema import IDENTIFIER_KINDS, PARTY_KINDS, RELATIONSHIP_KINDS

    known = dict(RELATIONSHIP_KINDS)
    if store is not None or not not_made(installation.workspace().store_url):
        with closing(existing_store(store)) as opened:
            known = opened.kinds()
    ordered = sorted(known.values(), key=_by_category)
    parties = [[kind, "identifier" if kind in IDENTIFIER_KINDS else "party"] for kind in PARTY_KINDS]
    table("kinds of parties; an identifier ties parties together", ["kind", "is"], parties)
    links = [
        [
            kind.category,
            kind.name,
            "both ways" if kind.symmetric else "",
            "" if kind.name in RELATIONSHIP_KINDS else "of this store",
        ]
        for kind in ordered
    ]
    table("kinds of relationships", ["category", "kind", "symmetric", ""], links)
    write_json(
        json_file,
        {
            "parties": [{"kind": kind, "identifier": kind in IDENTIFIER_KINDS} for kind in PARTY_KINDS],
            "relationships": [
                {
                    "kind": kind.name,
                    "category": kind.category,
                    "symmetric": kind.symmetric,
                    "built_in": kind.name in RELATIONSHIP_KINDS,
                }
                for kind in ordered
            ],
        },
    )


def _by_category(kind: RelationshipKind) -> tuple[int, str]:
    from graph.schema import CATEGORIES

    return CATEGORIES.index(kind.category), kind.name


def existing_store(url: str | None) -> GraphStore:
    """The store. Raises UsageError where opening would make it."""
    from graph.stores.open import open_store

    url = url or installation.workspace().store_url
    if not_made(url):
        raise UsageError(f"{url} is no store yet; load something into it first")
    return open_store(url)
