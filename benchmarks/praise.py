"""How far accounts that do nothing but praise a party move trust in it and its score, beside the mean of its ratings.

The four worst rated parties of the built-in town each get the best rating of n new accounts, n from 1 to 1,000. Asked
are an outsider's trust in each of them, and its score, before and after, by the model of the town as it was.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.stores import arrow_batch, load
from gnn.features.statements.ratings import Ratings, ratings_of
from gnn.models.model import Model
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.scoring.trust_scorer import TrustScorer
from graph.schema import CATEGORIES, PARTIES, RELATIONSHIPS
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import load as load_files
from loaders.synthetic.town import write_town
from service.training import train_serving_model

PARTIES_OF_TOWN: Final = 1500
SEED: Final = 7
PRAISED: Final = 4
LEAST_RATINGS: Final = 5  # of a praised party
NUMBERS: Final = (1, 3, 10, 30, 100, 300, 1000)
ALL: Final = Terms(frozenset(CATEGORIES))
Answer = dict[str, np.ndarray[Any, np.dtype[np.float64]]]


def run() -> dict[str, Any]:
    """The largest move of trust and of a score for each number of accounts; the peer is the shrunk mean rating."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        store = open_store(f"sqlite:///{folder / 'kith.db'}")
        write_town(folder / "town", PARTIES_OF_TOWN, SEED)
        load_files([folder / "town"], store, rejects_dir=folder / "rejects")
        snapshot = build_snapshot(store, folder / "before")
        model = train_serving_model(snapshot, 0, None, lambda step, share: None).model
        praised = _worst_rated(ratings_of(snapshot), snapshot)
        outsider = _outsider(snapshot, praised)
        before = _answers(snapshot, model, outsider, praised)
        rows, there = [], 0
        for n in NUMBERS:
            _add_accounts(store, praised, there, n)
            there = n
            after = _answers(build_snapshot(store, folder / str(n)), model, outsider, praised)
            moved = {name: float(np.abs(after[name] - before[name]).max()) for name in before}
            rows.append(_row(f"trust, {n} accounts", moved["trust"], "mean rating", moved["mean"], "trust, -1..1"))
            rows.append(_row(f"score, {n} accounts", moved["score"], "", None, "points"))
        store.close()
    return {"name": "praise", "rows": rows}


def _worst_rated(ratings: Ratings, snapshot: Snapshot) -> list[str]:
    count = np.bincount(ratings.target, minlength=ratings.n)
    mean = np.bincount(ratings.target, ratings.value, ratings.n) / np.maximum(count, 1)
    mean[count < LEAST_RATINGS] = 1.0
    return [snapshot.id_of(row) for row in np.argsort(mean, kind="stable")[:PRAISED].tolist()]


def _outsider(snapshot: Snapshot, praised: list[str]) -> str:
    """The first person that has rated none of them."""
    ratings = ratings_of(snapshot)
    raters = set(ratings.source[np.isin(ratings.target, snapshot.rows_of(praised))].tolist())
    person = snapshot.party_kinds.index("Person")
    return next(
        snapshot.id_of(row)
        for row in np.flatnonzero(snapshot.party_kind == person).tolist()
        if row not in raters and snapshot.id_of(row) not in praised
    )


def _answers(snapshot: Snapshot, model: Model, outsider: str, praised: list[str]) -> Answer:
    """Trust of the outsider, score and shrunk mean rating of each praised party, float64[PRAISED]."""
    trust, scorer, ratings = TrustScorer(snapshot, model.trust), Scorer.of(model, snapshot), ratings_of(snapshot)
    rows = snapshot.rows_of(praised).tolist()
    found = [trust.predict(snapshot.row_of(outsider), row, ALL.categories).trust or 0.0 for row in rows]
    scores = [scorer.assess(row, ALL).score or 0.0 for row in rows]
    means = [ratings.value[ratings.target == row].sum() / ((ratings.target == row).sum() + 2) for row in rows]
    return {"trust": np.array(found), "score": np.array(scores), "mean": np.array(means)}


def _add_accounts(store: GraphStore, praised: list[str], there: int, n: int) -> None:
    pairs = [(f"new-{id}-{i}", id) for id in praised for i in range(there, n)]
    accounts = [account for account, _ in pairs]
    links = arrow_batch(
        RELATIONSHIPS,
        len(pairs),
        source=accounts,
        target=[id for _, id in pairs],
        kind=["RATES"] * len(pairs),
        key=["1"] * len(pairs),
        weight=[1.0] * len(pairs),
    )
    load(store, [arrow_batch(PARTIES, len(pairs), id=accounts, kind=["Person"] * len(pairs))], [links])


def _row(case: str, ours: float, peer: str, peer_value: float | None, unit: str) -> dict[str, Any]:
    """One line of the answer; there is no ratio where nothing moved."""
    ratio = None if peer_value is None or ours == 0 else round(peer_value / ours, 2)
    shown = None if peer_value is None else round(peer_value, 4)
    return {"case": case, "ours": round(ours, 4), "peer": peer, "peer_value": shown, "unit": unit, "ratio": ratio}
