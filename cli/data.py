"""`kith load` and `kith snapshot`: files into a store, a store into a snapshot."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.output import counting, say, say_warnings, write_json
from graph.errors import UsageError
from graph.stores.open import not_made

if TYPE_CHECKING:
    from graph.snapshots.snapshot import Snapshot
    from graph.stores.base import GraphStore

Json = Annotated[Path | None, typer.Option("--json", help="Write the answer as one JSON object to this file.")]
Store = Annotated[str | None, typer.Option(help="sqlite:///path or neo4j://user:password@host:port/database.")]


def add_to(app: typer.Typer) -> None:
    app.command()(load)
    app.command()(snapshot)


def load(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders or files.", show_default=False)] = None,
    mapping: Annotated[str | None, typer.Option(help="A built-in mapping's name or a TOML file.")] = None,
    store: Store = None,
    source: Annotated[str | None, typer.Option(help="What to call the source, if not by its folder.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The files are full exports: what they no longer list ends.")
    ] = False,
    undo: Annotated[int | None, typer.Option(help="Take back the facts of this load.")] = None,
    json_file: Json = None,
) -> None:
    """Load files into the store; rejected rows go to a rejects file with line and reason."""
    from loaders.ingest import load as load_files

    if undo is None and not paths:
        raise UsageError("name files to load, or a load to take back with --undo")
    if undo is not None:
        _refuse_beside_undo({"paths": paths, "--mapping": mapping, "--source": source, "--replace": replace})
    workspace = installation.workspace()
    if not dry_run:
        workspace.made()
    with _opened(store or workspace.store_url, dry_run) as opened:
        if undo is not None:
            _undo(opened, undo, dry_run, json_file)
            return
        with counting("reading") as progress:
            rejects = None if dry_run else workspace.folder / "rejects"
            result = load_files(paths or [], opened, mapping, source, dry_run, rejects, progress, replace=replace)
        suppressed = {} if dry_run else _suppressed(opened)
        unknown_purposes = _unknown_purposes(opened) if result.loaded.get("consents") else []
    new = ", ".join(f"{count:,} {table}" for table, count in result.loaded.items() if count) or "nothing new"
    does = "would load" if dry_run else "loaded"
    ended = f"{result.ended:,} ended, " if result.ended else ""
    say(
        f"read {result.read:,} rows: {does} {new}; {result.implied:,} implied parties, "
        f"{result.unchanged:,} unchanged, {ended}{result.rejected:,} rejected ({result.seconds:.1f} s)"
    )
    say_warnings([*result.warnings, *unknown_purposes])
    for reject in result.examples[:5]:
        say(f"  {reject.render()}")
    if result.rejects_file is not None:
        say(f"rejected rows are in {result.rejects_file}: correct them and load that file")
    if result.load is not None:
        where = " and the same --store" if store else ""
        back = f"take it back with kith load --undo {result.load}{where}"
        say(f"load {result.load}, revision {result.revision}; {back}")
    for rule, count in sorted(suppressed.items()):
        say(f"the suppression rule {rule} covers {count:,} outcomes more")
    write_json(json_file, result.to_json())


def _suppressed(store: GraphStore) -> dict[str, int]:
    """How many outcomes the suppression rules cover beside those of before, by rule; none without records of rules."""
    records = installation.kept_records()
    if records is None:
        return {}
    from service.rights.disputes.handling import Office
    from service.rights.suppression.applying import apply_rules

    return apply_rules(Office(records, store, time.time())).suppressed


def _unknown_purposes(store: GraphStore) -> list[str]:
    """A warning of consents for purposes that this installation does not have."""
    known = installation.settings().purposes
    stated = {name for batch in store.read_consents() for name in batch.column("purpose").unique().to_pylist()}
    unknown = sorted(stated - known.keys())
    return [f"consents are for purposes that this installation does not have: {', '.join(unknown)}"] if unknown else []


def _undo(store: GraphStore, load: int, dry_run: bool, json_file: Path | None) -> None:
    """Take a load back, or say what that would take."""
    from loaders.undoing import rehearse, undo

    found = rehearse(store, load) if dry_run else undo(store, load)
    had_ended = next(record.details.counts.get("ended", 0) for record in store.loads() if record.id == load)
    taken, kept = _counted(found.taken) or "no facts", _counted(found.kept)
    if dry_run:
        say(f"taking load {load} back would take {taken}; nothing is changed")
    else:
        say(f"load {load} is taken back with {taken}; {store.name} is at revision {found.revision}")
    if kept:
        say(f"{kept} of it {'would stay' if dry_run else 'stay'}: later loads of the same source stated them again")
    if had_ended:
        holds = "would hold" if dry_run else "hold"
        say(f"{had_ended:,} facts that it had ended {holds} again, but for those of which later loads say otherwise")
    if found.ended:
        say(f"{_counted(found.ended)} that it had ended stay ended: later loads of the same source state otherwise")
    if found.unmarked:
        numbers = ", ".join(map(str, found.unmarked))
        say(f"what load {numbers}, of an earlier Kith, found unchanged goes too: load its files again")
    write_json(json_file, found.to_json())


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in counts.items() if count)


def _refuse_beside_undo(options: Mapping[str, object]) -> None:
    """Whoever says one of these expects something else than a load taken back."""
    ignored = [name for name, given in options.items() if given]
    if ignored:
        raise UsageError(f"--undo takes a whole load back, at once; leave out {', '.join(ignored)}")


@contextmanager
def _opened(url: str, dry_run: bool) -> Iterator[GraphStore]:
    """The store; where a dry run finds none yet, an empty one that is thrown away."""
    from graph.stores.open import open_store

    with ExitStack() as ending:
        if dry_run and not_made(url):
            scratch = ending.enter_context(tempfile.TemporaryDirectory(prefix="kith-dry-run-"))
            url = f"sqlite:///{scratch}/kith.db"
        yield ending.enter_context(closing(open_store(url)))


def snapshot(
    as_of: Annotated[str | None, typer.Option(help="ISO 8601 date or time (UTC unless it says otherwise).")] = None,
    store: Store = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; .kith/snapshots/ by default.")] = None,
    revision: Annotated[int | None, typer.Option(help="An earlier revision; the newest by default.")] = None,
    json_file: Json = None,
) -> None:
    """Build a snapshot: the network as of a time, as memory-mapped arrays."""
    from graph.snapshots.build import build_snapshot
    from graph.stores.open import open_store
    from service.webhooks.announcing import announce

    started = time.monotonic()
    workspace = installation.workspace()
    url = store or workspace.store_url
    if not_made(url):
        raise UsageError(f"{url} is no store yet; load something into it first")
    opened = open_store(url)
    try:
        if opened.revision() == 0:
            raise UsageError(f"the store {opened.name} is empty; load something first")
        at = None if as_of is None else parse_time(as_of)
        built = (
            workspace.keep_snapshot(opened, at, revision) if out is None else build_snapshot(opened, out, at, revision)
        )
        consented = {} if out is not None else _consented(built, url)
        if out is None:
            said = {"snapshot": built.id, "revision": built.revision, "as_of": built.as_of}
            announce(installation.settings(), "snapshot.published", said)
    finally:
        opened.close()
    kinds = {name: info.facts for name, info in built.kinds.items()}
    carried = {name: info.carried for name, info in built.kinds.items() if info.carried}
    loose = [*_carried_lines(built, carried), *_same_as_lines(built)]
    loose += [f"left out, as an end is no party: {built.dangling:,} relationships"] if built.dangling else []
    if built.later["relationships"]:
        loose.append(f"left out, as they begin later: {built.later['relationships']:,} relationships")
    if built.later["totals"]:
        loose.append(
            f"of {built.later['totals']:,} relationships that go on later, last date, count and amount are missing"
        )
    outcomes = len(built.outcomes.party)
    of_kinds = "1 kind" if len(kinds) == 1 else f"{len(kinds)} kinds"
    say(
        f"snapshot {built.id[:16]} of revision {built.revision}: {built.n_parties:,} parties, "
        f"{sum(kinds.values()):,} relationships of {of_kinds}, {outcomes:,} outcomes",
        *loose,
        str(built.folder),
    )
    for purpose, view in consented.items():
        links = sum(info.facts for info in view.kinds.values())
        say(f"with consent for {purpose}: {links:,} relationships, {len(view.outcomes.party):,} outcomes")
    write_json(
        json_file,
        {
            "snapshot": str(built.folder),
            "id": built.id,
            "parties": built.n_parties,
            "relationships": kinds,
            "carried": carried,
            "own_transfers": built.own_transfers,
            "crowded": built.crowded,
            "same_as": built.same_as,
            "outcomes": outcomes,
            "dangling": built.dangling,
            "later": built.later,
            "consented": {purpose: view.id for purpose, view in consented.items()},
            "revision": built.revision,
            "as_of": built.as_of,
            "seconds": round(time.monotonic() - started, 3),
        },
    )


def _consented(built: Snapshot, store_url: str) -> dict[str, Snapshot]:
    """The snapshots of the facts with consent beside a main one, by purpose."""
    from service.consented import ConsentedSnapshots

    kept = ConsentedSnapshots(installation.workspace(), store_url)
    needing = [name for name, purpose in installation.settings().purposes.items() if purpose.consent]
    return {name: kept.refreshed(name, built) for name in needing}


def _carried_lines(built: Snapshot, carried: Mapping[str, int]) -> list[str]:
    """What is said of carried links, of own transfers, and of identifiers with too many holders."""
    from graph.snapshots.carrying import MAX_HOLDERS

    lines = []
    if carried:
        lines.append(f"carried to the holders of accounts and phones: {_by_kind(carried)}")
    if built.own_transfers:
        lines.append(f"own transfers, between identifiers of one holder: {_by_kind(built.own_transfers)}")
    if number := built.crowded["identifiers"]:
        named = ", ".join(built.crowded["ids"]) + (", ..." if number > len(built.crowded["ids"]) else "")
        lines.append(
            f"warning: {number:,} identifiers have more than {MAX_HOLDERS} holders at the time of a link, which is "
            f"carried to none of them: {named}"
        )
    return lines


def _same_as_lines(built: Snapshot) -> list[str]:
    """What is said of parties with several ids, and of what these contradict each other in."""
    found = built.same_as
    if not found["parties"]:
        return []
    lines = [f"parties known under several ids: {found['parties']:,}, with {found['ids']:,} ids more than parties"]
    if found["contradictions"]:
        named = "; ".join(f"{one['column']} of {', '.join(one['ids'])}" for one in found["first"])
        more = "; ..." if found["contradictions"] > len(found["first"]) else ""
        lines.append(
            f"warning: ids of one party contradict each other in {found['contradictions']:,} values, "
            f"of which one counts, as of several sources: {named}{more}"
        )
    if bounded := found.get("bounded"):
        lines.append(
            f"warning: {bounded:,} SAME_AS facts have an end and count all the same, because the snapshot is of no "
            "time; --as-of leaves out those that have ended"
        )
    return lines


def _by_kind(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in numbers.items())


def parse_time(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date or time; UTC where no zone is given. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time; write it like 2025-06-30 or 2025-06-30T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
