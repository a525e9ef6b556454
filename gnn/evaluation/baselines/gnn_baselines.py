"""The baselines GraphSAGE and GPR-GNN: graph neural networks trained end to end with torch-geometric.

Both read the union of all links, undirected and without weights, and the labels of the training rows only. Neither is
served, so torch is imported only where it is used.
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

HIDDEN: Final = 64  # units of a hidden layer
MAX_EPOCHS: Final = 150
VALIDATE_EVERY: Final = 2  # epochs
PATIENCE: Final = 30  # epochs without a better validation AUROC
DROPOUT: Final = 0.2
LEARNING_RATE: Final = 0.01
WEIGHT_DECAY: Final = 1e-5
GPR_STEPS: Final = 10  # as in the paper
TELEPORT: Final = 0.1  # GPR-GNN's weights begin as personalised PageRank
MAX_CATEGORIES: Final = 64  # one-hot columns of one categorical attribute, the most frequent first
MAX_ABS_VALUE: Final = 10.0  # standardised values are clipped here


def inputs(snapshot: Snapshot, degree: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float32]:
    """Input features of each party, float32[n, w]: log degree, attributes that are not protected, and party kind."""
    columns: list[npt.NDArray[np.float32]] = [_standardised(np.log1p(degree).astype(np.float32))]
    for name, values in sorted(snapshot.numeric.items()):
        if name in snapshot.protected:
            continue
        missing = np.isnan(values)
        columns.append(np.where(missing, np.float32(0), _standardised(values)))
        if missing.any():
            columns.append(missing.astype(np.float32))
    for name, (codes, vocabulary) in sorted(snapshot.categorical.items()):
        if name not in snapshot.protected:
            counts = np.bincount(codes[codes >= 0], minlength=len(vocabulary))
            frequent = np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]
            columns += [(codes == code).astype(np.float32) for code in frequent]
    if len(snapshot.party_kinds) > 1:
        columns += [(snapshot.party_kind == code).astype(np.float32) for code in range(len(snapshot.party_kinds))]
    return np.column_stack(columns).astype(np.float32)


def _standardised(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    present = values[~np.isnan(values)].astype(np.float64)
    if not len(present):
        return np.zeros(len(values), np.float32)
    scaled: npt.NDArray[np.float32] = np.clip(
        (values - present.mean()) / (present.std() or 1.0), -MAX_ABS_VALUE, MAX_ABS_VALUE
    )
    return scaled.astype(np.float32, copy=False)


def graph_sage(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row by a two-layer GraphSAGE: float64[len(split.test)]."""
    return fit_graph_sage(snapshot, y, split, seed).probability(split.test)


@dataclass(frozen=True, slots=True)
class FittedNetwork:
    """A trained baseline in evaluation mode, with its inputs x float32[n, w] and adjacency (CSR [n, n])."""

    net: torch.nn.Module
    x: torch.Tensor
    adjacency: torch.Tensor

    def probability(self, rows: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
        """Probability of a bad outcome, float64[len(rows)]."""
        import torch

        with torch.no_grad():
            logit = self.net(self.x, self.adjacency)[torch.from_numpy(np.asarray(rows, np.int64))]
        p: npt.NDArray[np.float64] = expit(logit.numpy().astype(np.float64))
        return p


def fit_graph_sage(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> FittedNetwork:
    """A two-layer GraphSAGE (Hamilton et al. 2017), fitted on `split.train`, stopped by `split.val`."""
    return _fit(snapshot, undirected_adjacency(snapshot), _graph_sage_module, y, split, seed)


def gpr(snapshot: Snapshot, y: npt.NDArray[np.float32], split: Split, seed: int) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row by GPR-GNN: float64[len(split.test)].

    A perceptron gives each party a log-odds h; the logit is base + sum over k of w_k (D^-1/2 A D^-1/2)^k h with learnt
    weights w_k, which may be negative. base is the log-odds of the training rows: a constant would not propagate
    evenly, least to parties without links, and the epoch that is kept may be an early one.

    Source: Chien et al. 2021, equation 1.
    """
    bad = float(y[split.train].sum())
    base = float(np.log((bad + 0.5) / (len(split.train) - bad + 0.5)))
    adjacency = undirected_adjacency(snapshot)
    root = sparse.diags(1.0 / np.sqrt(np.maximum(np.diff(adjacency.indptr), 1)).astype(np.float32))
    normalised = (root @ adjacency @ root).tocsr().astype(np.float32)
    build = partial(_gpr_module, base=base)
    return _fit(snapshot, normalised, build, y, split, seed).probability(split.test)


def _fit(
    snapshot: Snapshot,
    matrix: sparse.csr_matrix,
    build: Callable[[int], torch.nn.Module],
    y: npt.NDArray[np.float32],
    split: Split,
    seed: int,
) -> FittedNetwork:
    """The network that `build` makes of an input width, fitted full batch on `split.train`.

    The epoch with the best AUROC on `split.val` is kept. The same seed gives the same network, and the caller's torch
    generator is left as it was.
    """
    import torch

    x = torch.from_numpy(inputs(snapshot, np.diff(matrix.indptr)))
    adjacency = _csr_tensor(matrix)
    train, val = (torch.from_numpy(np.asarray(rows, np.int64)) for rows in (split.train, split.val))
    target = torch.from_numpy(np.asarray(y, np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build(x.shape[1])
        optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        best, best_epoch, best_state = -1.0, 0, net.state_dict()
        for epoch in range(1, MAX_EPOCHS + 1):
            net.train()
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x, adjacency)[train], target[train])
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if epoch % VALIDATE_EVERY:
                continue
            net.eval()
            with torch.no_grad():
                logit = net(x, adjacency)
            validation_auroc = auroc(logit[val].numpy(), target[val].numpy())
            if validation_auroc > best:
                best, best_epoch = validation_auroc, epoch
                best_state = {name: value.clone() for name, value in net.state_dict().items()}
            if epoch - best_epoch >= PATIENCE:
                break
    net.load_state_dict(best_state)
    return FittedNetwork(net.eval(), x, adjacency)


def _csr_tensor(matrix: sparse.csr_matrix) -> torch.Tensor:
    """The matrix as a torch CSR tensor, over which SAGEConv averages without materialising a message per link."""
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


def _graph_sage_module(width_in: int) -> torch.nn.Module:
    """x[n, width_in], adjacency[n, n] -> logit[n]: two SAGEConv layers (mean of neighbours) and a linear head."""
    import torch
    from torch_geometric.nn import SAGEConv

    class GraphSage(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = SAGEConv(width_in, HIDDEN)
            self.second = SAGEConv(HIDDEN, HIDDEN)
            self.norms = torch.nn.ModuleList([torch.nn.LayerNorm(HIDDEN), torch.nn.LayerNorm(HIDDEN)])
            self.head = torch.nn.Linear(HIDDEN, 1)

        def forward(self, x: torch.Tensor, adjacency: torch.Tensor) -> torch.Tensor:
            for layer, norm in zip((self.first, self.second), self.norms, strict=True):
                x = torch.nn.functional.dropout(norm(layer(x, adjacency)).relu(), DROPOUT, self.training)
            logit: torch.Tensor = self.head(x).squeeze(-1)
            return logit

    return GraphSage()


def _gpr_module(width_in: int, base: float) -> torch.nn.Module:
    """x[n, width_in], normalised adjacency[n, n] -> logit[n], which is `base` where nothing was learnt."""
    import torch

    class Propagate(torch.autograd.Function):
        """One step over a symmetric adjacency, which is its own transpose; torch would build that at every step."""

        @staticmethod
        def forward(context: Any, adjacency: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            context.adjacency = adjacency
            return adjacency @ x

        @staticmethod
        def backward(context: Any, *gradients: torch.Tensor) -> Any:
            return None, context.adjacency @ gradients[0]

    class Gpr(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(width_in, HIDDEN)
            self.second = torch.nn.Linear(HIDDEN, 1)
            start = TELEPORT * (1 - TELEPORT) ** torch.arange(GPR_STEPS + 1.0)
            start[-1] = (1 - TELEPORT) ** GPR_STEPS
            self.weight = torch.nn.Parameter(start)

        def forward(self, x: torch.Tensor, adjacency: torch.Tensor) -> torch.Tensor:
            hidden = torch.nn.functional.dropout(self.first(x).relu(), DROPOUT, self.training)
            h: torch.Tensor = self.second(hidden)
            total = self.weight[0] * h
            for step in range(GPR_STEPS):
                h = Propagate.apply(adjacency, h)  # type: ignore[no-untyped-call]
                total = total + self.weight[step + 1] * h
            return total.squeeze(-1) + base

    return Gpr()
