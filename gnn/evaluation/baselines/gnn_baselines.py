"""The networks that a model has to beat, trained end to end: GraphSAGE and GPR-GNN.

Both read the union of all links, undirected and without weights, and take the outcomes of the training rows only.
Neither is ever served: they stand in the report of `kith evaluate`, so torch is imported only when it is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from gnn.evaluation.baselines.label_propagation import undirected_adjacency
from gnn.metrics import auroc
from gnn.training.splits import Split
from graph.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    import torch

WIDTH: Final = 64
EPOCHS: Final = 150
LOOK: Final = 2  # epochs between looks at the validation rows
PATIENCE: Final = 30  # epochs without a better validation AUROC
DROPOUT: Final = 0.2
RATE: Final = 0.01
DECAY: Final = 1e-5
STEPS: Final = 10  # of GPR-GNN, as in its paper
TELEPORT: Final = 0.1  # its weights begin as personalised PageRank
MOST_VALUES: Final = 64  # one-hot columns of one categorical attribute, the most frequent first
FAR: Final = 10.0  # standardised values are clipped here


def inputs(snapshot: Snapshot, degree: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float32]:
    """What both see of each party, float32[n, w]: attributes that are not protected, kind, and log degree."""
    columns: list[npt.NDArray[np.float32]] = [_standard(np.log1p(degree).astype(np.float32))]
    for name, values in sorted(snapshot.numeric.items()):
        if name in snapshot.protected:
            continue
        missing = np.isnan(values)
        columns.append(np.where(missing, np.float32(0), _standard(values)))
        if missing.any():
            columns.append(missing.astype(np.float32))
    for name, (codes, vocabulary) in sorted(snapshot.categorical.items()):
        if name not in snapshot.protected:
            counts = np.bincount(codes[codes >= 0], minlength=len(vocabulary))
            frequent = np.argsort(-counts, kind="stable")[:MOST_VALUES]
            columns += [(codes == code).astype(np.float32) for code in frequent]
    if len(snapshot.party_kinds) > 1:
        columns += [(snapshot.party_kind == code).astype(np.float32) for code in range(len(snapshot.party_kinds))]
    return np.column_stack(columns).astype(np.float32)


def _standard(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    present = values[~np.isnan(values)].astype(np.float64)
    if not len(present):
        return np.zeros(len(values), np.float32)
    scaled: npt.NDArray[np.float32] = np.clip((values - present.mean()) / (present.std() or 1.0), -FAR, FAR)
    return scaled.astype(np.float32, copy=False)


def graph_sage(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row by a two-layer GraphSAGE: float64[len(split.test)]."""
    return fit_graph_sage(snapshot, y, split, seed).probability(split.test)


@dataclass(frozen=True, slots=True)
class FittedNetwork:
    """A trained baseline in evaluation mode, with its inputs x float32[n, w] and links (CSR [n, n])."""

    net: torch.nn.Module
    x: torch.Tensor
    links: torch.Tensor

    def probability(self, rows: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
        """Of a bad outcome, float64[len(rows)]."""
        import torch

        with torch.no_grad():
            logit = self.net(self.x, self.links)[torch.from_numpy(np.asarray(rows, np.int64))]
        found: npt.NDArray[np.float64] = expit(logit.numpy().astype(np.float64))
        return found


def fit_graph_sage(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> FittedNetwork:
    """Train a two-layer GraphSAGE; see `_fitted`."""
    return _fitted(snapshot, undirected_adjacency(snapshot), _network, y, split, seed)


def gpr(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row by GPR-GNN (Chien et al. 2021, eq. 1): float64[len(split.test)].

    A perceptron gives each party a log-odds; STEPS steps over the normalised links spread it, and what each step brings
    counts by a learnt weight, which may be negative. What is learnt is added to the log-odds of the training rows: a
    constant does not spread evenly, least to parties without links, and the epoch that is kept may be an early one.
    """
    bad = float(y[split.train].sum())
    base = float(np.log((bad + 0.5) / (len(split.train) - bad + 0.5)))
    matrix = undirected_adjacency(snapshot)
    root = sparse.diags(1.0 / np.sqrt(np.maximum(np.diff(matrix.indptr), 1)).astype(np.float32))
    normalised = (root @ matrix @ root).tocsr().astype(np.float32)
    build = partial(_gpr_network, base=base)
    return _fitted(snapshot, normalised, build, y, split, seed).probability(split.test)


def _fitted(
    snapshot: Snapshot,
    matrix: sparse.csr_matrix,
    build: Callable[[int], torch.nn.Module],
    y: npt.NDArray[np.float32],
    split: Split,
    seed: int,
) -> FittedNetwork:
    """Train full batch on `split.train`; the epoch with the best AUROC on `split.val` is kept.

    The same seed gives the same network, and the caller's torch generator is left as it was.
    """
    import torch

    x = torch.from_numpy(inputs(snapshot, np.diff(matrix.indptr)))
    links = _sparse(matrix)
    train, val = (torch.from_numpy(np.asarray(rows, np.int64)) for rows in (split.train, split.val))
    target = torch.from_numpy(np.asarray(y, np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build(x.shape[1])
        optimiser = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=DECAY)
        best, best_epoch, kept = -1.0, 0, net.state_dict()
        for epoch in range(1, EPOCHS + 1):
            net.train()
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x, links)[train], target[train])
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if epoch % LOOK:
                continue
            net.eval()
            with torch.no_grad():
                logit = net(x, links)
            reached = auroc(logit[val].numpy(), target[val].numpy())
            if reached > best:
                best, best_epoch = reached, epoch
                kept = {name: value.clone() for name, value in net.state_dict().items()}
            if epoch - best_epoch >= PATIENCE:
                break
    net.load_state_dict(kept)
    return FittedNetwork(net.eval(), x, links)


def _sparse(matrix: sparse.csr_matrix) -> torch.Tensor:
    """The matrix as torch's CSR, which SAGEConv averages over without materialising a message per link."""
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int32)),  # int32 takes two thirds of the time of int64
            torch.from_numpy(matrix.indices.astype(np.int32)),
            torch.from_numpy(matrix.data),
            size=matrix.shape,
            check_invariants=True,
        )


def _network(width_in: int) -> torch.nn.Module:
    """x[n, width_in], links[n, n] -> logit[n]. Two SAGEConv layers (mean of neighbours) and a linear head."""
    import torch
    from torch_geometric.nn import SAGEConv

    class GraphSage(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = SAGEConv(width_in, WIDTH)
            self.second = SAGEConv(WIDTH, WIDTH)
            self.norms = torch.nn.ModuleList([torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)])
            self.head = torch.nn.Linear(WIDTH, 1)

        def forward(self, x: torch.Tensor, links: torch.Tensor) -> torch.Tensor:
            for layer, norm in zip((self.first, self.second), self.norms, strict=True):
                x = torch.nn.functional.dropout(norm(layer(x, links)).relu(), DROPOUT, self.training)
            logit: torch.Tensor = self.head(x).squeeze(-1)
            return logit

    return GraphSage()


def _gpr_network(width_in: int, base: float) -> torch.nn.Module:
    """x[n, width_in], normalised links[n, n] -> logit[n], which is `base` where nothing was learnt."""
    import torch

    class Spread(torch.autograd.Function):
        """One step over symmetric links: their transpose, which torch would build for every step, is themselves."""

        @staticmethod
        def forward(context: Any, links: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            context.links = links
            return links @ x

        @staticmethod
        def backward(context: Any, *gradients: torch.Tensor) -> Any:
            return None, context.links @ gradients[0]

    class Gpr(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(width_in, WIDTH)
            self.second = torch.nn.Linear(WIDTH, 1)
            start = TELEPORT * (1 - TELEPORT) ** torch.arange(STEPS + 1.0)
            start[-1] = (1 - TELEPORT) ** STEPS
            self.weight = torch.nn.Parameter(start)

        def forward(self, x: torch.Tensor, links: torch.Tensor) -> torch.Tensor:
            hidden = torch.nn.functional.dropout(self.first(x).relu(), DROPOUT, self.training)
            spread: torch.Tensor = self.second(hidden)
            total = self.weight[0] * spread
            for step in range(STEPS):
                spread = Spread.apply(links, spread)  # type: ignore[no-untyped-call]
                total = total + self.weight[step + 1] * spread
            return total.squeeze(-1) + base

    return Gpr()
