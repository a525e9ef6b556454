"""The exceptions that Kith raises.

KithError                     one line that a person can act on
|-- UsageError                wrong use: the request itself is at fault (exit 2, HTTP 400)
|   |-- UnknownParty          no such party (HTTP 404)
|   |-- UnknownKind           no such kind of relationship or party (HTTP 404)
|   |-- UnknownPurpose        no such purpose
|   |-- StaleCursor           a cursor of another snapshot or another question (HTTP 409)
|   |-- UnknownRecord         no such case, alert, view or receipt (HTTP 404)
|   |-- DoesNotFit           what is said of an applicant does not fit the network (HTTP 422)
|   |-- StateConflict         what is asked does not fit the state of a case or an alert (HTTP 409)
|   |-- RequestPending        another request with the same Idempotency-Key is being carried out (HTTP 409)
|   |-- RequestMismatch       an Idempotency-Key that was sent with another request (HTTP 422)
|   |-- VersionConflict       somebody else has changed it since (HTTP 412)
|   |-- VersionRequired       a change that does not say which version it changes (HTTP 428)
|   `-- MappingError          an invalid mapping file
|-- InputError                a file that cannot be read at all (a bad row is a reject, not an error)
|-- Busy                      others have what is needed for longer than one waits (HTTP 503)
|-- Gone                      the revision that is asked for is not held any more (HTTP 410)
|-- Lagging                   the revision that is asked for is not here yet (HTTP 503)
|-- StoreError                the store failed or refused
|   |-- StoreUnavailable      it cannot be reached now; trying again later may help
|   |-- UnfinishedLoad        an interrupted load of the same source must be finished or undone first
|   `-- Unsupported           this store cannot do it; names the store and the reason
|-- SnapshotError             a snapshot is damaged, foreign or of another format
|   `-- RebuildNeeded         a change that only a new snapshot can take in
|-- ModelError                an artifact is damaged, foreign, or needs other features
|   `-- NoModel               no model is trained yet, so that nothing can be scored (HTTP 503)
|-- ConsentPending            consents changed, and the facts that may count are being read again (HTTP 503)
|-- TrainingError             no model can be trained on the data (too few outcomes, one class only)
|-- BodyLate                  the body of a request did not arrive in time (HTTP 408)
|-- Cancelled                 nobody waits for the answer any more, or it would take too long (HTTP 503)
|-- TryLater                  too much is asked at once; it says when to ask again (HTTP 503)
|   `-- QuotaExceeded         the key has used up its requests (HTTP 429)
`-- AccessError               the caller may not have this (HTTP 403)
    `-- KeyRefused            the key is missing, malformed, unknown, revoked or expired (HTTP 401)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class KithError(Exception):
    """The base class: its text is one line that says what, where and what to do."""


class UsageError(KithError):
    """The request itself is at fault."""


class UnknownParty(UsageError):
    """No party has this id."""

    def __init__(self, party: str, nearest: Sequence[str] = ()) -> None:
        near = f"the nearest: {', '.join(nearest)}" if nearest else "search for it by a part of its id or its name"
        super().__init__(f"no party has the id {party!r}; {near}")
        self.party = party


class UnknownKind(UsageError):
    """No kind of relationship or party has this name."""

    @staticmethod
    def named(name: str, where: str, nearest: Sequence[str], otherwise: str) -> UnknownKind:
        """The error of a name that `where` does not have; it names the nearest kinds, or says what to do otherwise."""
        near = f"the nearest: {', '.join(nearest)}" if nearest else otherwise
        return UnknownKind(f"no kind {name!r} {where}; {near}")


class UnknownPurpose(UsageError):
    """No purpose has this name."""


class StaleCursor(UsageError):
    """A cursor belongs to another snapshot or to another question."""


class UnknownRecord(UsageError):
    """The records hold no such case, alert, view or receipt."""


class DoesNotFit(UsageError):
    """What is said of an applicant does not fit the network, or a threshold the purpose."""


class StateConflict(UsageError):
    """What is asked does not fit the state of a case or an alert."""


class RequestPending(UsageError):
    """Another request with the same Idempotency-Key is being carried out."""


class RequestMismatch(UsageError):
    """An Idempotency-Key was sent with another request."""


class VersionConflict(UsageError):
    """Somebody else has changed it since; `newer` is how it is now."""

    def __init__(self, what: str, newer: object) -> None:
        super().__init__(f"{what} was changed by somebody else since; look at the newer version and send again")
        self.newer = newer


class VersionRequired(UsageError):
    """A change does not say which version it changes."""


class MappingError(UsageError):
    """A mapping file is invalid."""


class InputError(KithError):
    """A file cannot be read at all."""


class Busy(KithError):
    """Others have what is needed for longer than one waits."""


class Gone(KithError):
    """The revision that is asked for is not held any more."""


class Lagging(KithError):
    """The revision that is asked for is not here yet."""

    def __init__(self, wanted: int, here: int, why: str | None = None) -> None:
        reason = f" ({why})" if why else ""
        super().__init__(f"revision {wanted} is not here yet: this answers from revision {here}{reason}; ask again")
        self.wanted = wanted
        self.here = here


class StoreError(KithError):
    """The store failed or refused."""


class StoreUnavailable(StoreError):
    """The store cannot be reached now."""


class UnfinishedLoad(StoreError):
    """An interrupted load of the same source must be finished or undone first."""

    def __init__(self, load: int, source: str) -> None:
        super().__init__(
            f"load {load} of source {source!r} was interrupted: load the same files again to finish it, "
            f"or take it back with `kith load --undo {load}`"
        )
        self.load = load
        self.source = source


class Unsupported(StoreError):
    """This store cannot do it."""

    def __init__(self, store: str, what: str, why: str) -> None:
        super().__init__(f"{what} is not possible on {store}: {why}")


class SnapshotError(KithError):
    """A snapshot is damaged, foreign or of another format."""


class RebuildNeeded(SnapshotError):
    """A change that a snapshot in memory cannot take in: only a new one can."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: only a new snapshot takes that in; run `kith snapshot`")


class ModelError(KithError):
    """An artifact is damaged, foreign, or needs other features."""


class NoModel(ModelError):
    """No model is trained yet."""

    def __init__(self, where: str) -> None:
        super().__init__(f"there is no model in {where}, so nothing can be scored; run `kith train`")


class ConsentPending(KithError):
    """Consents changed, and the facts that may count for a purpose are being read again."""

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f"consents changed, so the facts that count for {purpose} are read again; ask again in a moment"
        )


class TrainingError(KithError):
    """No model can be trained on the data."""


class BodyLate(KithError):
    """The body of a request did not arrive in time."""


class Cancelled(KithError):
    """Nobody waits for the answer any more, or it would take longer than an answer may."""


class TryLater(KithError):
    """Too much is asked at once; `seconds` says when to ask again."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what}; ask again in {math.ceil(seconds)} s")
        self.seconds = math.ceil(seconds)


class QuotaExceeded(TryLater):
    """The key has used up its requests."""


class AccessError(KithError):
    """The caller may not have this."""


class KeyRefused(AccessError):
    """The key is missing, malformed, unknown, revoked or expired."""
