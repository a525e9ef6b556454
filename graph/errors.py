"""Every exception Kith raises on purpose.

KithError                     one line a person can act on
|-- UsageError                wrong use: the caller must ask differently (exit 2, HTTP 400)
|   |-- UnknownParty          no such party (HTTP 404)
|   |-- UnknownKind           a relationship or party kind the schema does not know (HTTP 404)
|   |-- UnknownPurpose        no such purpose
|   |-- StaleCursor           a cursor of another snapshot or another question (HTTP 409)
|   `-- MappingError          a mapping file says something that cannot be
|-- InputError                a file cannot be read at all (a bad row is a reject, not an error)
|-- StoreError                the store failed or refused
|   |-- StoreUnavailable      it cannot be reached now; trying again later may help
|   |-- UnfinishedLoad        an interrupted load of the same source must be finished or undone first
|   `-- Unsupported           this store cannot do it; names the store and the reason
|-- SnapshotError             a snapshot is damaged, foreign or of another format
|-- ModelError                an artifact is damaged, foreign, or wants other features
|   `-- NoModel               nothing was trained yet, so nothing can be scored (HTTP 503)
|-- TrainingError             the data cannot teach a model (too few outcomes, one class only)
`-- AccessError               whoever asks may not have this (HTTP 403)
    `-- KeyRefused            the key is missing, malformed, unknown or revoked (HTTP 401)
"""

from __future__ import annotations


class KithError(Exception):
    """The root: its text is one line that says what, where and what to do."""


class UsageError(KithError):
    """The caller must ask differently."""


class UnknownParty(UsageError):
    """No party has this id."""

    def __init__(self, party: str) -> None:
        super().__init__(f"no party has the id {party!r}; search for it with its first letters")
        self.party = party


class UnknownKind(UsageError):
    """The schema has no such kind."""


class UnknownPurpose(UsageError):
    """No such purpose."""


class StaleCursor(UsageError):
    """A cursor belongs to another snapshot or to another question."""


class MappingError(UsageError):
    """A mapping file says something that cannot be."""


class InputError(KithError):
    """A file cannot be read at all."""


class StoreError(KithError):
    """The store failed or refused."""


class StoreUnavailable(StoreError):
    """The store cannot be reached now."""


class UnfinishedLoad(StoreError):
    """An interrupted load of the same source stands in the way."""

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


class ModelError(KithError):
    """An artifact is damaged, foreign, or wants other features."""


class NoModel(ModelError):
    """Nothing was trained yet."""

    def __init__(self, where: str) -> None:
        super().__init__(f"there is no model in {where}, so nothing can be scored; run `kith train`")


class TrainingError(KithError):
    """The data cannot teach a model."""


class AccessError(KithError):
    """Whoever asks may not have this."""


class KeyRefused(AccessError):
    """The key is missing, malformed, unknown or revoked."""
