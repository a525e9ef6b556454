"""Scores as of an earlier time: what the served model says of what was known then.

The facts of the store are built into a snapshot as of that time, everybody in it is scored once, and only the scores
are kept, in the memory of the process. So a second question about the same time is answered at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gnn.features.compatibility import refuse_unfit
from gnn.scoring.scorer import NOT_ASSESSED, Scorer
from graph.errors import AccessError, DoesNotFit, StoreUnavailable, UsageError
from graph.purposes import Purpose
from graph.snapshots.build import build_snapshot
from graph.snapshots.columns import index_in
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader
from graph.stores.open import not_made, open_store
from service.answers.comparing.comparisons import assessed_by
from service.answers.objecting import NO_OTHERS, Others, by_row
from service.answers.scores import Level
from service.closed import Closed
from service.context import DAY, ServingContext
from service.last_asked import LastAsked
from service.workspace import Workspace

MOST_FACTS: Final = 1_000_000  # parties and relationships of a network; of a larger one a snapshot takes minutes
TIMES_KEPT: Final = 64  # those asked for last
LEVELS: Final[tuple[Level, ...]] = ("low", "medium", "high", "very_high", "not_assessed")


class PastScore(Closed):
    """The score of a party as of a time; `known` is false for one that the network did not have then.

    Of one that objected since it is what the answer about it says: without the category, or withheld (`not_assessed`).
    """

    party: str
    known: bool
    score: int | None = Field(ge=350, le=950)
    level: Level | None
    known_bad: bool


class PastScoresAnswer(Closed):
    """Scores of some parties as of a time (seconds since 1970), in the order asked for: from what was known then.

    The model is the one that serves now: it was trained on outcomes that came later. Facts that were recorded after
    `revision`, that of the snapshot served, are left out. parties_then: how many parties the network had.
    """

    scores: tuple[PastScore, ...]
    as_of: float
    purpose: str
    snapshot: str
    revision: int
    model: str
    parties_then: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Of the n parties of a snapshot, what they scored as of an earlier time.

    place int32[n]: where a party stands in the others, -1 for one that was not known then. score int16: 0 for none.
    level uint8: place in LEVELS.
    """

    place: npt.NDArray[np.int32]
    score: npt.NDArray[np.int16]
    level: npt.NDArray[np.uint8]
    bad: npt.NDArray[np.bool_]

    def of(self, party: str, row: int | None, withheld: bool) -> PastScore:
        at = -1 if row is None else int(self.place[row])
        if at < 0:
            return PastScore(party=party, known=False, score=None, level=None, known_bad=False)
        return PastScore(
            party=party,
            known=True,
            score=None if withheld else int(self.score[at]) or None,
            level=NOT_ASSESSED if withheld else LEVELS[int(self.level[at])],
            known_bad=bool(self.bad[at]),
        )


class PastScores:
    """The scores of a process as of the times that were asked for last. store_url: of the store of its snapshots."""

    def __init__(self, workspace: Workspace, store_url: str) -> None:
        self._workspace, self._url = workspace, store_url
        self._one_at_a_time = threading.Lock()  # each builds a whole snapshot
        self._held: LastAsked[tuple[str, str, str, float], _Scores] = LastAsked(TIMES_KEPT)
        self._checked: str | None = None  # the snapshot that is known to come from the store

    def of(
        self,
        context: ServingContext,
        parties: Sequence[str],
        purpose: Purpose,
        as_of: float,
        others: Others = NO_OTHERS,
    ) -> PastScoresAnswer:
        """The scores of some parties as of a time (seconds since 1970), from the snapshot of a context as it was built.

        others: the purposes of parties that objected; for each of them the past is scored again.

        Raises AccessError for a purpose that tells only yes or no; UsageError for one that needs consent; DoesNotFit
        for a time that is not past, and for too large a network; StoreUnavailable, ModelError, NoModel.
        """
        base = context.base
        _refuse(base, purpose, as_of)
        own = by_row(base.snapshot, others)
        rows = [base.snapshot.find(party) for party in parties]
        asked = [purpose if row is None else own.get(row, purpose) for row in rows]
        told = {purpose, *(one for one in asked if not one.withheld)}
        with self._one_at_a_time:
            by_own = {one: self._scores(base, one, as_of) for one in told}
        found = by_own[purpose]
        return PastScoresAnswer(
            scores=tuple(
                by_own.get(one, found).of(party, row, one.withheld)
                for party, row, one in zip(parties, rows, asked, strict=True)
            ),
            as_of=as_of,
            purpose=purpose.name,
            snapshot=base.snapshot.id,
            revision=base.snapshot.revision,
            model=base.model_id,
            parties_then=len(found.score),
        )

    def _scores(self, base: ServingContext, purpose: Purpose, as_of: float) -> _Scores:
        key = (base.snapshot.id, base.model_id, purpose.policy(), as_of)
        return self._held.of(key, lambda: self._made(base, purpose, as_of))

    def _made(self, base: ServingContext, purpose: Purpose, as_of: float) -> _Scores:
        snapshot = base.snapshot
        if not_made(self._url):
            raise StoreUnavailable("the store is not there, so the past cannot be read; name it in KITH_STORE_URL")
        with closing(open_store(self._url)) as store, self._workspace.scratch("past") as folder:
            if self._checked != snapshot.id:
                if not _comes_from(store, snapshot, folder / "same"):
                    raise StoreUnavailable(
                        f"the snapshot was not built from {store.name}; name its store in KITH_STORE_URL"
                    )
                self._checked = snapshot.id
            past = build_snapshot(store, folder / "past", as_of, snapshot.revision)
            refuse_unfit(base.model.spec, past)
            return _scored(base, past, purpose, as_of)


def _refuse(base: ServingContext, purpose: Purpose, as_of: float) -> None:
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for past scores for another")
    if purpose.consent:
        raise UsageError(f"{purpose.name} needs consent, which past scores do not look up; name another purpose")
    if not as_of < base.now:
        raise DoesNotFit("as_of: send a time before the newest that the snapshot knows, in seconds since 1970")
    facts = base.snapshot.manifest["relationships"] + base.snapshot.manifest["parties"]
    if facts > MOST_FACTS:
        raise DoesNotFit(
            f"the network has {facts:,} parties and relationships; past scores are made of up to {MOST_FACTS:,}, "
            "`kith snapshot --as-of` and `kith score --snapshot` of any number"
        )


def _comes_from(store: FactReader, snapshot: Snapshot, folder: Path) -> bool:
    """Whether the store's facts give this very snapshot; `folder` is where it is built again."""
    if store.revision() < snapshot.revision:
        return False
    return build_snapshot(store, folder, snapshot.as_of, snapshot.revision).id == snapshot.id


def _scored(base: ServingContext, past: Snapshot, purpose: Purpose, as_of: float) -> _Scores:
    scorer = Scorer.of(base.model, past, as_of - purpose.retention_days * DAY)
    assessments = list(assessed_by(scorer, range(past.n_parties), base.terms(purpose)))
    return _Scores(
        place=index_in(base.snapshot.id_array(), past.id_array()).astype(np.int32),
        score=np.array([0 if one.score is None else round(one.score) for one in assessments], np.int16),
        level=np.array([LEVELS.index(one.level) for one in assessments], np.uint8),
        bad=np.asarray(scorer.outcomes.bad, bool).copy(),
    )
