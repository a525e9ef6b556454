"""Small networks for the tests of gnn: facts in memory, and the snapshot that they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gnn.explain.explainer import Explainer
from gnn.models.model import Model
from gnn.scoring.scorer import Scorer
from gnn.training import train
from gnn.training.splits import labelled
from graph.schema import OUTCOMES_KNOWN, RELATIONSHIP_KINDS, Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import ConsentReader
from graph.stores.open import open_store
from loaders.ingest import load
from tests.conftest import data_folder
from tests.graph.networks import MemoryStore, load_facts


@dataclass(frozen=True)
class Facts:
    """A network as facts."""

    parties: Sequence[Party] = ()
    relationships: Sequence[Relationship] = ()
    outcomes: Sequence[Outcome] = ()

    def store(self) -> ConsentReader:
        """A store in memory that was loaded with them once."""
        store = MemoryStore()
        load_facts(store, (*self.parties, *self.relationships, *self.outcomes))
        return store

    def snapshot(self, folder: Path, as_of: float | None = None) -> Snapshot:
        return build_snapshot(self.store(), folder, as_of)

    def without_category(self, category: str) -> Facts:
        kept = [link for link in self.relationships if RELATIONSHIP_KINDS[link.kind].category != category]
        return replace(self, relationships=kept)

    def renamed(self, name: Callable[[str], str]) -> Facts:
        return replace(
            self,
            parties=[replace(party, id=name(party.id)) for party in self.parties],
            relationships=[replace(k, source=name(k.source), target=name(k.target)) for k in self.relationships],
            outcomes=[replace(outcome, party=name(outcome.party)) for outcome in self.outcomes],
        )

    def shuffled(self, seed: int) -> Facts:
        random = np.random.default_rng(seed)

        def mixed(facts: Sequence[Any]) -> list[Any]:
            return [facts[i] for i in random.permutation(len(facts))]

        return Facts(mixed(self.parties), mixed(self.relationships), mixed(self.outcomes))


def published(name: str, mapping: str | None = None) -> Callable[[Path], Snapshot]:
    """How to make a snapshot of a folder of ../shared/data in a scratch folder; skips where it is absent."""

    def loaded(scratch: Path) -> Snapshot:
        store = open_store(f"sqlite:///{scratch}/kith.db")
        load([data_folder(name)], store, mapping, rejects_dir=scratch / "rejects")
        snapshot = build_snapshot(store, scratch / "snapshot")
        store.close()
        return snapshot

    return loaded


def town(parties: int = 600, seed: int = 0) -> Facts:
    """People with a hidden risk that friends and guarantors share; calls, payments and phones; a default or none."""
    random = np.random.default_rng(seed)
    group = random.integers(0, max(parties // 15, 2), parties)
    risk = random.normal(size=group.max() + 1)[group] + 0.5 * random.normal(size=parties)
    people = [_person(i, float(risk[i]), random) for i in range(parties)]
    phones = [Party(f"phone{i:04}", "Phone") for i in range(parties // 2)]
    links: dict[tuple[str, str, str], Relationship] = {}
    wanted = {"CALLS": 4, "FRIEND_OF": 3, "PAYS": 3, "GUARANTEES": 1}
    for kind, each in wanted.items():
        for i in range(parties):
            for _ in range(random.poisson(each)):
                near = np.flatnonzero(group == group[i]) if random.random() < 0.7 else np.arange(parties)
                j = int(random.choice(near))
                if i != j:
                    link = Relationship(f"p{i:04}", f"p{j:04}", kind, "1", first=1e9, last=1.1e9)
                    if kind in {"CALLS", "PAYS"}:
                        count = int(random.integers(1, 20))
                        link = replace(link, count=count, amount=float(np.round(count * random.random() * 9, 2)))
                    links[kind, link.source, link.target] = link
    for i in range(parties):
        phone = f"phone{int(random.integers(0, len(phones))):04}"
        links["USES_PHONE", f"p{i:04}", phone] = Relationship(f"p{i:04}", phone, "USES_PHONE", "1")
    bad = random.random(parties) < 1 / (1 + np.exp(1.5 - 1.8 * risk))
    known = random.random(parties) < 0.8
    outcomes = [Outcome(f"p{i:04}", "default" if bad[i] else "good", "1") for i in range(parties) if known[i]]
    return Facts([*people, *phones], list(links.values()), outcomes)


def _person(i: int, risk: float, random: np.random.Generator) -> Party:
    income = None if random.random() < 0.1 else float(np.round(2000 - 200 * risk + 300 * random.normal(), 2))
    trade = str(random.choice(["baker", "clerk", "driver", "smith"]))
    attributes = {"income": income, "trade": trade, "age": float(random.integers(18, 80)), "sex": "fm"[i % 2]}
    return Party(f"p{i:04}", "Person", f"Person {i}", attributes)


@dataclass(frozen=True)
class Trained:
    """A town, and a model trained on its known outcomes."""

    facts: Facts
    snapshot: Snapshot
    learnt: train.TrainingResult
    scorer: Scorer

    @property
    def model(self) -> Model:
        return self.learnt.model

    @property
    def explainer(self) -> Explainer:
        return Explainer(self.scorer)

    @staticmethod
    def on(facts: Facts, folder: Path) -> Trained:
        snapshot = facts.snapshot(folder)
        y = np.full(snapshot.n_parties, np.nan, np.float32)
        y[snapshot.outcomes.party] = snapshot.outcomes.outcome == OUTCOMES_KNOWN.index("default")
        learnt = train.train(snapshot, y, labelled(y), seed=0, progress=lambda *_: None)
        return Trained(facts, snapshot, learnt, Scorer.of(learnt.model, snapshot))
