"""Replays: an answer given again from the facts, byte for byte, or which part of it is gone or differs.

Nothing that was computed before is used: the snapshot is built again from the store at the receipt's revision, and the
features from it, in a folder that is gone afterwards. So caches may be deleted, and a fact that was changed behind the
store's back is noticed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gnn.features.network_state import changed_state
from gnn.models import artifact
from gnn.models.model import Model
from graph.errors import KithError, ModelError, RebuildNeeded, SnapshotError, StoreError, UsageError
from graph.purposes import Purpose, purpose_of_rules
from graph.snapshots.build import build_snapshot
from graph.snapshots.live.advance import advance
from graph.snapshots.live.changes import read_changes
from graph.snapshots.live.snapshot import LiveSnapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader, GraphStore
from graph.stores.consented import ConsentedFacts
from graph.stores.open import not_made, open_store
from service.answers.applicants.applicant import Applicant
from service.answers.canonical import canonical_bytes, receipt_of, sha256
from service.answers.replaying.receipts import ReceiptAnswer, receipt_answer
from service.answers.scores import ScoreAnswer, scores
from service.closed import Closed
from service.context import ServingContext
from service.records.receipts import StoredReceipt
from service.workspace import Workspace

SHOWN: Final = 16  # hex digits of an id
_ONE_AT_A_TIME: Final = threading.Lock()  # a replay builds a whole snapshot


class ReplayAnswer(Closed):
    """Whether an answer could be given again, byte for byte.

    finding: one line; where it could not, which part is gone or differs, and what to do. answer: what was answered,
    None where it was not given again.
    """

    receipt: ReceiptAnswer
    identical: bool
    finding: str
    answer: ScoreAnswer | None


class _Different(KithError):
    """A part of the answer is gone or differs."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the parts of an answer are kept: models, the store of the facts (URL), the rules of its policy (JSON)."""

    workspace: Workspace
    store: str
    rules: str | None


def replay(stored: StoredReceipt, sources: Sources, applicant: Applicant | None = None) -> ReplayAnswer:
    """The answer of a receipt, given again from the facts. applicant: whom it was about, of whom nothing was kept."""
    told = receipt_answer(stored)
    try:
        answer, finding = _again(told, sources, _asked_about(told, applicant))
    except _Different as error:
        return ReplayAnswer(receipt=told, identical=False, finding=str(error), answer=None)
    return ReplayAnswer(receipt=told, identical=answer is not None, finding=finding, answer=answer)


def _asked_about(receipt: ReceiptAnswer, applicant: Applicant | None) -> str | Applicant:
    if receipt.question.applicant is None:
        if applicant is not None:
            raise UsageError("the answer is about a party of the network; ask for its replay without `applicant`")
        return receipt.party
    if applicant is None:
        raise _Different("applicant: nothing of it was kept; send what the question said of it as `applicant`")
    if applicant.digest() != receipt.question.applicant:
        raise _Different("applicant: what was sent differs from what the question said of it")
    return applicant


def _again(receipt: ReceiptAnswer, sources: Sources, party: str | Applicant) -> tuple[ScoreAnswer | None, str]:
    """The answer and what is said of it; None for one that only another version of Kith can give to the byte."""
    purpose, model = _purpose(receipt, sources.rules), _model(receipt, sources.workspace)
    with ExitStack() as ending:
        ending.enter_context(_ONE_AT_A_TIME)
        folder = ending.enter_context(sources.workspace.scratch("replay"))
        store = ending.enter_context(closing(_store(receipt, sources.store)))
        snapshot = _snapshot(receipt, _facts(receipt, purpose, store), folder / "snapshot")
        try:
            context = ServingContext(
                snapshot,
                model,
                receipt.model,
                receipt.odds0,
                {purpose.name: purpose},
                folder / "tables",
                consenting_for=purpose.name if purpose.consent else None,
            )
            context = _followed(receipt, context, store)
            answer = scores(context, [party], receipt.question.asked(purpose))[0]
        except (ModelError, UsageError) as error:
            raise _Different(f"the answer cannot be given any more: {error}") from error
        return _compared(receipt, answer, context.engine)


def _compared(receipt: ReceiptAnswer, answer: ScoreAnswer, engine: str) -> tuple[ScoreAnswer | None, str]:
    if engine == receipt.engine:
        _refuse_other_bytes(receipt, answer, "although facts, model, policy, scale and engine are the same")
        return answer, "the answer was given again, byte for byte"
    renamed = answer.model_copy(update={"engine": receipt.engine})
    renamed = renamed.model_copy(update={"receipt": receipt_of(renamed)})
    versions = f"engine: it was {receipt.engine} and is {engine}"
    _refuse_other_bytes(receipt, renamed, f"{versions}; install that version to replay it")
    return None, f"{versions}; in all else this version gives the answer again, byte for byte"


def _refuse_other_bytes(receipt: ReceiptAnswer, answer: ScoreAnswer, why: str) -> None:
    if (answer.receipt, sha256(canonical_bytes(answer))) != (receipt.receipt, receipt.sha256):
        raise _Different(f"the answer given again differs from the one of the receipt; {why}")


def _purpose(receipt: ReceiptAnswer, rules: str | None) -> Purpose:
    named = f"policy {receipt.policy[:SHOWN]}"
    if rules is None:
        raise _Different(f"{named}: its rules are gone from the records")
    try:
        purpose = purpose_of_rules(rules)
    except (ValueError, TypeError, KeyError) as error:
        raise _Different(f"{named}: its rules in the records are none of this Kith") from error
    if purpose.policy() != receipt.policy:
        raise _Different(f"{named}: its rules in the records were changed")
    return purpose


def _model(receipt: ReceiptAnswer, workspace: Workspace) -> Model:
    folder = workspace.model_of_id(receipt.model)
    if folder is None:
        raise _Different(f"model {receipt.model[:SHOWN]}: it is gone from {workspace.folder / 'models'}; put it back")
    try:
        model = artifact.load(folder)
        found = artifact.model_id(folder)
    except ModelError as error:
        raise _Different(f"model {receipt.model[:SHOWN]}: {error}") from error
    if found != receipt.model:
        raise _Different(f"model {receipt.model[:SHOWN]}: {folder} holds another one; put it back")
    return model


def _store(receipt: ReceiptAnswer, url: str) -> GraphStore:
    """The store of the facts, which is not made where it is gone."""
    at = f"facts: revision {receipt.base_revision}"
    if not_made(url):
        raise _Different(f"{at} is gone with its store; put the store back")
    try:
        return open_store(url)
    except StoreError as error:
        raise _Different(f"{at} cannot be read again: {error}") from error


def _facts(receipt: ReceiptAnswer, purpose: Purpose, store: GraphStore) -> FactReader:
    """The facts that count for the purpose."""
    if not purpose.consent:
        return store
    return ConsentedFacts(store, purpose.name, receipt.as_of, receipt.base_revision)


def _snapshot(receipt: ReceiptAnswer, store: FactReader, folder: Path) -> Snapshot:
    """The snapshot of the receipt, built from the facts."""
    at = f"facts: revision {receipt.base_revision}"
    try:
        snapshot = build_snapshot(store, folder, receipt.as_of, receipt.base_revision)
    except (StoreError, SnapshotError, UsageError) as error:
        raise _Different(f"{at} cannot be read again: {error}") from error
    if snapshot.id != receipt.snapshot:
        raise _Different(
            f"{at} of the store gives the snapshot {snapshot.id[:SHOWN]} and not {receipt.snapshot[:SHOWN]}: "
            "facts were changed or erased since, or it is another store"
        )
    return snapshot


def _followed(receipt: ReceiptAnswer, context: ServingContext, store: GraphStore) -> ServingContext:
    """The context after what was recorded between the snapshot and the answer, at once or else revision by revision."""
    first, last = receipt.base_revision, receipt.revision
    if first == last:
        return context
    try:
        try:
            return _after(context, store, [(first, last)])
        except RebuildNeeded:
            return _after(context, store, [(before, before + 1) for before in range(first, last)])
    except (StoreError, UsageError, RebuildNeeded) as error:
        raise _Different(f"facts: what came from revision {first} to {last} cannot be read again: {error}") from error


def _after(context: ServingContext, store: GraphStore, spans: Sequence[tuple[int, int]]) -> ServingContext:
    live, state = LiveSnapshot.of(context.snapshot), context.state()
    for before, until in spans:
        live, touched = advance(live, read_changes(store, before, until))
        state = changed_state(state, live, touched.ends, touched.rows)
    return ServingContext.following(context, live, state)
