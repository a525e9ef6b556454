"""Explanations beside GNNExplainer: are they the same twice, do they add up, are they true, how long do they take.

Ours is what `kith explain` gives. The peer is torch-geometric's GNNExplainer (Ying et al. 2019) over the GraphSAGE
baseline, its edge mask read as the importance of each of a party's links, for the same parties. Each explains its own
model, and each is held to its own model: several links of a party are removed together, the model answers again, and
the change is compared with what the explanation said, ours as the sum of the effects of single removals, the peer's as
the sum of the masks. A mask has no sign, so for the peer the size of the change is compared; its inputs other than
the links are left as they were, as it assumes. `python -m benchmarks.explanations [PARTIES EXPLAINED]`.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from gnn.evaluation.baselines.gnn_baselines import FittedNetwork, fit_graph_sage
from gnn.explain.explainer import Explainer
from gnn.explain.link_removal import removals
from gnn.features.targets import outcomes_as_labels
from gnn.scoring.incremental import updated_log_odds
from gnn.scoring.scorer import NOT_ASSESSED
from gnn.scoring.terms import Terms
from gnn.training.splits import labelled, stratified
from gnn.training.train import train
from graph.purposes import DEFAULT_PURPOSE, purpose_named
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.synthetic.town import write_town
from service.answers.explanations import explanation
from service.context import ServingContext

if TYPE_CHECKING:
    import torch

ADDED_UP: Final = 1_000  # parties whose shares are added up
SETS: Final = 20  # sets of links removed from each party
FEWEST: Final = 4  # parties that a party must be linked to, for sets of them to differ
MARK_MS: Final = 100.0
EPOCHS: Final = 200  # of GNNExplainer

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A party and the sets of other parties from which it is parted."""

    row: int
    others: tuple[int, ...]
    sets: tuple[tuple[int, ...], ...]


def town(folder: Path, parties: int, seed: int) -> Snapshot:
    """The built-in town, loaded and frozen."""
    write_town(folder / "town", parties, seed)
    store = open_store(f"sqlite:///{folder / 'town.db'}")
    load([folder / "town"], store, rejects_dir=folder / "rejects")
    snapshot = build_snapshot(store, folder / "snapshot")
    store.close()
    return snapshot


def cases(explainer: Explainer, terms: Terms, wanted: int, seed: int) -> list[Case]:
    """Parties by chance that are linked to enough others over what matters, each with SETS random sets of them."""
    random, found, scorer = np.random.default_rng(seed), [], explainer.scorer
    for row in random.permutation(scorer.snapshot.n_parties).tolist():
        if scorer.assess(row, terms).level == NOT_ASSESSED:
            continue
        effects = removals(scorer, row, explainer.attribution(row, terms), terms).parties
        others = tuple(one.other for one in effects if not one.via)
        if len(others) >= FEWEST:
            sizes = random.integers(2, len(others) + 1, SETS)
            sets = tuple(tuple(sorted(random.choice(others, size, replace=False).tolist())) for size in sizes)
            found.append(Case(row, others, sets))
        if len(found) == wanted:
            break
    return found


def rank_agreement(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None where one of the two is all the same."""
    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return float(spearmanr(a, b).statistic)


def mean(values: Sequence[float | None]) -> float:
    """Of those that are there."""
    return float(np.mean([value for value in values if value is not None]))


def ours_against_the_truth(explainer: Explainer, case: Case, terms: Terms) -> tuple[list[float], list[float]]:
    """Predicted and true effects of the sets, in log-odds."""
    found, scorer = explainer.attribution(case.row, terms), explainer.scorer
    effects = {one.other: one for one in removals(scorer, case.row, found, terms).parties}
    predicted = [sum(effects[other].log_odds for other in chosen) for chosen in case.sets]
    removed = [[tie for other in chosen for tie in effects[other].ended] for chosen in case.sets]
    after = updated_log_odds(scorer, case.row, removed, terms)
    return predicted, [found.logit - x for x in after]


def sizes(values: Sequence[float]) -> list[float]:
    return [abs(value) for value in values]


def pooled(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Rank agreement over the sets of all parties together."""
    predicted, true = ([value for pair in pairs for value in pair[side]] for side in (0, 1))
    return rank_agreement(predicted, true) or 0.0


class Peer:
    """GNNExplainer over a fitted GraphSAGE, party by party on its two-hop subgraph, which is all that it sees."""

    def __init__(self, fitted: FittedNetwork) -> None:
        import torch

        degree = fitted.adjacency.crow_indices().diff().long()
        source = fitted.adjacency.col_indices().long()
        target = torch.repeat_interleave(torch.arange(len(degree)), degree)
        self.net, self.x = fitted.net, fitted.x
        self.edges = torch.stack([source, target])  # row i of the matrix hears those in its columns

    def around(self, row: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
        """Rows, their inputs, the edges among them and the party's own place."""
        from torch_geometric.utils import k_hop_subgraph

        rows, edges, at, _ = k_hop_subgraph(row, 2, self.edges, relabel_nodes=True, num_nodes=len(self.x))
        return rows, self.x[rows], edges, int(at)

    def masks(self, case: Case, seed: int) -> dict[int, float]:
        """What the edge mask says of each other party: the sum over both directions of the link."""
        import torch
        from torch_geometric.explain import Explainer, GNNExplainer

        rows, x, edges, at = self.around(case.row)
        torch.manual_seed(seed)
        explainer = Explainer(
            self.net,
            GNNExplainer(epochs=EPOCHS),
            explanation_type="model",
            edge_mask_type="object",
            model_config={"mode": "binary_classification", "task_level": "node", "return_type": "raw"},
        )
        mask = explainer(x, edges, index=at).edge_mask
        source, target = rows[edges[0]], rows[edges[1]]
        return {
            other: float(
                mask[((source == other) & (target == case.row)) | ((source == case.row) & (target == other))].sum()
            )
            for other in case.others
        }

    def after(self, case: Case) -> tuple[float, list[float]]:
        """The model's answer, and its answers without each of the sets."""
        import torch

        rows, x, edges, at = self.around(case.row)
        source, target = rows[edges[0]], rows[edges[1]]
        answers = []
        with torch.no_grad():
            whole = float(self.net(x, edges)[at])
            for chosen in case.sets:
                others = torch.tensor(chosen)
                gone = (torch.isin(source, others) & (target == case.row)) | (
                    (source == case.row) & torch.isin(target, others)
                )
                answers.append(float(self.net(x, edges[:, ~gone])[at]))
        return whole, answers


def peer_rows(peer: Peer, chosen: Sequence[Case]) -> tuple[float, list[tuple[list[float], list[float]]], list[float]]:
    """Agreement of two seeds, what masks predict of each set beside the size of its effect, and seconds of each."""
    agreed, pairs, seconds = [], [], []
    for case in chosen:
        begun = time.perf_counter()
        first = peer.masks(case, 0)
        seconds.append(time.perf_counter() - begun)
        second = peer.masks(case, 1)
        agreed.append(rank_agreement([first[o] for o in case.others], [second[o] for o in case.others]))
        whole, after = peer.after(case)
        predicted = [sum(first[other] for other in removed) for removed in case.sets]
        pairs.append((predicted, [abs(whole - x) for x in after]))
    return mean(agreed), pairs, seconds


def largest_gap(explainer: Explainer, rows: Sequence[int]) -> float:
    """Between the sum of the shares and the log-odds that are answered, in all of them, with a cap and without."""
    categories, scorer, gaps = purpose_named(DEFAULT_PURPOSE).categories, explainer.scorer, []
    for row in rows:
        for cap in (None, 1.0):
            told = explainer.attribution(row, Terms(categories, cap))
            answered = float(scorer.log_odds(scorer.scoring_input(row).values[None], Terms(categories, cap))[0])
            gaps.append(abs(told.base + sum(told.contributions.values()) - answered))
    return max(gaps)


def timed(state: ServingContext, ids: Sequence[str]) -> tuple[list[float], list[float], bool]:
    """Seconds of each whole explanation, of them those of the processor, and whether asking again gave the same bytes.

    On a machine with other work the processor's seconds say more.
    """
    purpose, said = purpose_named(DEFAULT_PURPOSE), []
    seconds, processor = [], []
    for id in ids:
        begun, ran = time.perf_counter(), time.process_time()
        said.append(json.dumps(explanation(state, id, purpose).to_json()))
        seconds.append(time.perf_counter() - begun)
        processor.append(time.process_time() - ran)
    again = ServingContext(Snapshot.open(state.snapshot.folder), state.model, state.model_id)
    some = slice(0, max(len(ids) // 10, 1))
    return seconds, processor, [json.dumps(explanation(again, id, purpose).to_json()) for id in ids[some]] == said[some]


def row(
    case: str, ours: float, peer: str, peer_value: float, unit: str, more_is_better: bool = False
) -> dict[str, Any]:
    """One line of the answer; ratio > 1 where we are ahead."""
    ratio = ours / peer_value if more_is_better else peer_value / max(ours, 1e-300)
    return {"case": case, "ours": ours, "peer": peer, "peer_value": peer_value, "unit": unit, "ratio": round(ratio, 2)}


def run(parties: int = 5_000, explained: int = 200, compared: int = 30, seed: int = 0) -> dict[str, Any]:
    """Measure on the built-in town; the answer is what `kith bench explanations` prints."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        snapshot = town(Path(name), parties, seed)
        y = outcomes_as_labels(snapshot)
        split = stratified(y, seed)
        state = ServingContext(snapshot, train(snapshot, y, labelled(y), seed).model, "model")
        explainer = state.explainer(purpose_named(DEFAULT_PURPOSE))
        terms = Terms(purpose_named(DEFAULT_PURPOSE).categories)
        rows = np.random.default_rng(seed).permutation(snapshot.n_parties).tolist()
        explanation(state, snapshot.id_of(rows[0]), purpose_named(DEFAULT_PURPOSE))  # compiles what is compiled
        gc.collect()
        gc.freeze()  # training brought torch along, which no serving process has: its objects are not searched again
        seconds, processor, same = timed(state, [snapshot.id_of(at) for at in rows[:explained]])
        gap = largest_gap(explainer, rows[:ADDED_UP])
        chosen = cases(explainer, terms, compared, seed)
        found = [ours_against_the_truth(explainer, case, terms) for case in chosen]
        peer = Peer(fit_graph_sage(snapshot, y, split, seed))
        agreed, of_peer, peer_seconds = peer_rows(peer, chosen)
    ms, processor_ms, peer_ms = (1000 * np.array(times) for times in (seconds, processor, peer_seconds))
    of_sizes = [(sizes(predicted), sizes(true)) for predicted, true in found]
    return {
        "name": "explanations",
        "parties": snapshot.n_parties,
        "explained": len(seconds),
        "compared": len(chosen),
        "with_sign": {"party_by_party": mean([rank_agreement(*pair) for pair in found]), "pooled": pooled(found)},
        "rows": [
            row("sum of shares against the answer, largest gap", gap, "mark", 1e-6, "log-odds"),
            row("asked twice: bytes / two seeds: ranks", float(same), "GNNExplainer", agreed, "agreement", True),
            row(
                "several links removed together, sizes, party by party",
                mean([rank_agreement(*pair) for pair in of_sizes]),
                "GNNExplainer",
                mean([rank_agreement(*pair) for pair in of_peer]),
                "Spearman",
                True,
            ),
            row(
                "several links removed together, sizes, pooled",
                pooled(of_sizes),
                "GNNExplainer",
                pooled(of_peer),
                "Spearman",
                True,
            ),
            row(
                "a whole explanation, p50", float(np.quantile(ms, 0.5)), "GNNExplainer", float(np.median(peer_ms)), "ms"
            ),
            row("a whole explanation, p99, processor", float(np.quantile(processor_ms, 0.99)), "mark", MARK_MS, "ms"),
            row("a whole explanation, p99", float(np.quantile(ms, 0.99)), "mark", MARK_MS, "ms"),
        ],
    }


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
