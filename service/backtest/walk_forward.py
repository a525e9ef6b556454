"""Scores of orders by models that were trained before them, from what was known before them.

Orders are cut by time into blocks of equal numbers. The model of a block is trained on the network as of the moment
before its first order, so that it knows no later outcome. Orders of a block are scored in groups, each from a snapshot
as of the moment before its first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gnn.arrays import F64, I64, Bools
from gnn.models.model import Model
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.training.train import TrainingConfig
from gnn.training.trees import Progress
from graph.errors import TrainingError
from graph.snapshots.build import build_snapshot
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import ConsentReader, FactReader
from graph.stores.consented import ConsentedFacts
from loaders.orders import Orders
from service.history import history_of
from service.training import train_risk

DAY: Final = 86_400.0  # seconds
NO_GRAPH: Final = frozenset[str]()  # the categories that the model without the graph reads
UNKNOWN, THIN, ASSESSED, UNTRAINED = "unknown", "thin", "assessed", "untrained"


@dataclass(frozen=True, slots=True)
class WalkForward:
    """How orders are scored.

    blocks: how many models are trained, one after another. snapshots: from how many snapshots orders are scored, at
    least one a block. horizon_days: the longest that the horizon of a model may be. retention_days: see `Purpose`.
    consent_for: the purpose for which facts need consent to count in a score, None where they need none.
    """

    terms: Terms
    retention_days: int
    config: TrainingConfig
    horizon_days: int
    blocks: int
    snapshots: int
    seed: int
    consent_for: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Orders [first, until) and the model that scored them, which knew nothing after `cut` (seconds since 1970).

    n_train: outcomes it was trained on, 0 where there was no model. static_because: why it was not trained point in
    time, or not at all; None where it was. horizon_days: None of a model that was not.
    """

    first: int
    until: int
    cut: float
    n_train: int
    horizon_days: int | None
    static_because: str | None


@dataclass(frozen=True)
class ScoredOrders:
    """m orders as `loaders.orders` has them, scored.

    state: UNTRAINED where no model could be trained before the order, UNKNOWN where the network did not have the party,
    THIN where too little was known of it, else ASSESSED.
    reached, reached_without: up to which threshold a decision is yes, F64[m], -inf where it never is; by the model and
    by the model without the graph. probability, probability_without: F64[m], NaN where not assessed.
    undated: links without a time in the first snapshot, which count as known at every order.
    stalest: the longest time between an order and the snapshot it was scored from, in seconds.
    """

    state: tuple[str, ...]
    reached: F64
    reached_without: F64
    probability: F64
    probability_without: F64
    blocks: tuple[Block, ...]
    undated: int
    stalest: float

    def are(self, *states: str) -> Bools:
        """Which orders are in one of these states."""
        return np.isin(np.array(self.state, object), states)


def walk_forward(
    orders: Orders, facts: ConsentReader, how: WalkForward, scratch: Path, progress: Progress | None = None
) -> ScoredOrders:
    """The orders, scored. scratch: an empty folder for snapshots."""
    scores, revision = _Scores(len(orders)), facts.revision()
    blocks, undated, stalest = [], 0, 0.0
    parts = _parts(orders.time, how.blocks)
    for number, rows in enumerate(parts):
        step = f"block {number + 1} of {len(parts)}"
        folder, cut = scratch / str(number), before(orders.time[rows[0]])
        block, models = _trained(facts, revision, how, rows, cut, folder, _named(progress, step))
        blocks.append(block)
        if models is None:
            continue
        groups = _parts(orders.time[rows], max(how.snapshots // len(parts), 1))
        times = [before(orders.time[rows[group[0]]]) for group in groups]
        snapshots = snapshots_at(facts, times, revision, folder / "orders", how.consent_for)
        for group, snapshot in zip(groups, snapshots, strict=True):
            assert snapshot.as_of is not None
            some = rows[group]
            stalest = max(stalest, float(orders.time[some[-1]] - snapshot.as_of))
            undated = undated or _undated(snapshot)
            scores.add(some, [orders.party[row] for row in some.tolist()], snapshot, models, how)
    return scores.result(tuple(blocks), undated, stalest)


def snapshots_at(
    facts: ConsentReader, times: Sequence[float], revision: int, folder: Path, consent_for: str | None
) -> list[Snapshot]:
    """The snapshots as of these times from which orders are scored; with consent, of the facts that had it by then."""
    if consent_for is None:
        return build_series(facts, folder, times, revision)
    found = []
    for number, time in enumerate(times):
        view = ConsentedFacts(facts, consent_for, time, revision)
        found.append(build_snapshot(view, folder / str(number), time))
    return found


def before(time: float) -> float:
    """The last moment before a time: what happens at the time itself is not known yet."""
    return float(np.nextafter(time, -np.inf))


def _parts(times: F64, count: int) -> list[I64]:
    """Rows of ascending times in at most `count` parts of about the same length; equal times are not parted."""
    _, first = np.unique(times, return_index=True)
    wanted = np.linspace(0, len(times), count, endpoint=False)
    starts = np.unique(first[np.clip(np.searchsorted(first, wanted), 0, len(first) - 1)]) if len(times) else first
    return [part.astype(np.int64) for part in np.split(np.arange(len(times)), starts[1:])] if len(times) else []


def _trained(
    facts: FactReader, revision: int, how: WalkForward, rows: I64, cut: float, folder: Path, progress: Progress
) -> tuple[Block, tuple[Model, Model] | None]:
    """The block of these orders, with its model and the model without the graph; None where none can be trained."""
    past = build_series(facts, folder / "past", [cut], revision)[0]
    history = history_of(past, facts, how.horizon_days, folder / "history")
    without = TrainingConfig(NO_GRAPH, how.config.bad, how.config.population_rate)
    first, until = int(rows[0]), int(rows[-1]) + 1
    try:
        trained, static_because = train_risk(past, how.seed, progress, history, how.config)
        models = trained.model, train_risk(past, how.seed, progress, history, without)[0].model
    except TrainingError as error:
        return Block(first, until, cut, 0, None, str(error)), None
    return Block(first, until, cut, trained.n_train, trained.model.horizon_days, static_because), models


class _Scores:
    """The scores of m orders so far."""

    def __init__(self, m: int) -> None:
        self._state = np.full(m, UNTRAINED, object)
        self._reached = np.full((2, m), -np.inf)
        self._probability = np.full((2, m), np.nan)

    def add(
        self, orders: I64, parties: Sequence[str], snapshot: Snapshot, models: Sequence[Model], how: WalkForward
    ) -> None:
        """Score the orders of some parties from a snapshot, by both models."""
        known = np.array([snapshot.has(party) for party in parties], bool)
        self._state[orders[~known]] = UNKNOWN
        orders, rows = orders[known], snapshot.rows_of([party for party in parties if snapshot.has(party)])
        closed_after = (snapshot.as_of or 0.0) - how.retention_days * DAY
        for which, model in enumerate(models):
            for order, one in zip(
                orders.tolist(), Scorer.of(model, snapshot, closed_after).assess_rows(rows, how.terms), strict=True
            ):
                if which == 0:
                    self._state[order] = THIN if one.score is None else ASSESSED
                if one.score is not None and one.probability is not None:
                    self._probability[which, order] = one.probability
                    if one.reaches(round(one.score)):
                        self._reached[which, order] = round(one.score)

    def result(self, blocks: tuple[Block, ...], undated: int, stalest: float) -> ScoredOrders:
        (reached, without), (probability, of_without) = self._reached, self._probability
        state = tuple(self._state.tolist())
        return ScoredOrders(state, reached, without, probability, of_without, blocks, undated, stalest)


def _undated(snapshot: Snapshot) -> int:
    """How many links have neither a first nor a last time."""
    links = [snapshot.links(kind) for kind in snapshot.kinds]
    return int(sum((np.isnan(one.first) & np.isnan(one.last)).sum() for one in links))


def _named(progress: Progress | None, step: str) -> Progress:
    return lambda name, share: None if progress is None else progress(f"{step}: {name}", share)
