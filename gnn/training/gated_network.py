"""The gated network, trained by torch; `gnn.training.export_network` exports it for serving.

It has K members that are trained side by side and averaged. For party i with blocks b = 1..B (own record, each
category, each mixed path) and member k:

    e = clip((x[feature] - low) / width, 0, 1) - mean, 0 where missing      float32[n, P]
    h_bk = relu(W_bk e_b + c_bk)                                            float32[n, D]
    g_bk = present_b * sigmoid(u_bk . h_bk + d_bk)                          float32[n]
    s_k = sum_b g_bk h_bk                                                   float32[n, D]
    log-odds = mean_k w2_k . relu(W1_k s_k + c1_k) + c2_k                   float32[n]

e is the piecewise linear encoding of every feature over quantile bins of the training rows (Gorishniy et al. 2022,
eq. 1). A block that is wholly missing has present_b = 0, so an absent category adds nothing. The gates over the
propagated blocks take the place of attention over neighbours (gated aggregation as in Li et al. 2016, eq. 3-6, over
relations instead of time). Members stop apart, each at its own best log-loss on the held-out parties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch

from gnn.arrays import F64, I64, Bools
from gnn.features.spec import FeatureSpec
from gnn.training.cross_fitting import N_FOLDS, TrainingSet
from gnn.training.encoding import AT_ONCE, Encoding, encode, fit_encoding, presence

WIDTH: Final = 64
EPOCHS: Final = 80
PATIENCE: Final = 4  # epochs in which no member gets better
BETTER: Final = 1e-4
LEARNING_RATE: Final = 3e-3
WEIGHT_DECAY: Final = 1e-2
INPUT_DROPOUT: Final = 0.6
DROPOUT: Final = 0.4
ROWS: Final = 256
MOST_ROWS: Final = 20_000  # in an epoch, drawn anew for each; with more it would stop after few epochs, each of minutes


class Dropout(torch.nn.Module):
    """torch.nn.Dropout by the bytes of a numpy generator, at a tenth of the time; rates are in steps of 1/256."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._dropped = round(256 * rate)
        self._random = np.random.default_rng(int(torch.randint(2**31, ())))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        drawn = torch.from_numpy(np.frombuffer(self._random.bytes(x.numel()), np.uint8).copy()).view(x.shape)
        return x * (drawn >= self._dropped) * (256 / (256 - self._dropped))


class GatedBlocks(torch.nn.Module):
    """The equations above: e[n, P] and presence[n, B] -> log-odds of every member [n, K]."""

    def __init__(self, sizes: I64, members: int = N_FOLDS, width: int = WIDTH) -> None:
        super().__init__()
        self.sizes, self.members, self.width = sizes.tolist(), members, width
        count = len(self.sizes)
        self.inner = torch.nn.ParameterList(
            [torch.nn.Parameter(torch.randn(size, members * width) * (1.0 / size) ** 0.5) for size in self.sizes]
        )
        self.inner_bias = torch.nn.Parameter(torch.zeros(count, members, width))
        self.gate = torch.nn.Parameter(torch.randn(count, members, width) / width**0.5)
        self.gate_bias = torch.nn.Parameter(torch.zeros(count, members))
        self.first = torch.nn.Parameter(torch.randn(members, width, width) * (2.0 / width) ** 0.5)
        self.first_bias = torch.nn.Parameter(torch.zeros(members, 1, width))
        self.second = torch.nn.Parameter(torch.randn(members, width, 1) / width**0.5)
        self.second_bias = torch.nn.Parameter(torch.zeros(members, 1, 1))
        self.input_dropout = Dropout(INPUT_DROPOUT)
        self.dropout = Dropout(DROPOUT)

    def forward(self, e: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        parts = torch.split(self.input_dropout(e), self.sizes, dim=1)
        h = torch.stack([part @ weight for part, weight in zip(parts, self.inner, strict=True)], dim=1)
        h = torch.relu(h.view(len(e), len(parts), self.members, self.width) + self.inner_bias)
        g = present.unsqueeze(-1) * torch.sigmoid((h * self.gate).sum(-1) + self.gate_bias)
        s = (self.dropout(h) * g.unsqueeze(-1)).sum(1).transpose(0, 1)
        hidden = self.dropout(torch.relu(s @ self.first + self.first_bias))
        out: torch.Tensor = (hidden @ self.second + self.second_bias).squeeze(-1).T
        return out


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """torch with this seed, one thread and deterministic kernels; afterwards as it was."""
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)


def fit_network(
    spec: FeatureSpec, data: TrainingSet, seed: int, progress: Callable[[str, float], None] | None = None
) -> tuple[GatedBlocks, Encoding, F64]:
    """The network, its encoding, and out-of-fold log-odds F64[n_parties], by the members each party is held out of."""
    fitted = torch.from_numpy(np.flatnonzero(data.fitted_mask))
    encoding = fit_encoding(spec, data.values[fitted.numpy()])
    present = torch.from_numpy(presence(encoding, data.values))
    y, n = torch.from_numpy(data.y)[:, None], data.n_parties
    fits = _by_fold(data.fit_mask).float()
    held_out = _by_fold(data.held_out_mask).float()
    loss = torch.nn.BCEWithLogitsLoss(reduction="none")

    def log_odds_of(rows: torch.Tensor) -> torch.Tensor:
        return model(torch.from_numpy(encode(encoding, data.values[rows.numpy()])), present[rows])  # type: ignore[no-any-return]

    def party_log_odds() -> torch.Tensor:
        return torch.cat([log_odds_of(rows) for rows in torch.split(torch.arange(n), AT_ONCE)])

    with _reproducible(seed):
        model = GatedBlocks(encoding.sizes)
        rate = float(y[fitted].mean())
        torch.nn.init.constant_(model.second_bias, float(np.log(rate / (1 - rate))))
        optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        best = _Best(model)
        for epoch in range(EPOCHS):
            model.train()
            for rows in torch.split(fitted[torch.randperm(len(fitted))[:MOST_ROWS]], ROWS):
                optimiser.zero_grad()
                each = loss(log_odds_of(rows), y[rows].expand(-1, N_FOLDS)) * fits[rows]
                each.mean(0).sum().backward()
                optimiser.step()
            model.eval()
            with torch.no_grad():
                each = loss(party_log_odds(), y[:n].expand(-1, N_FOLDS)) * held_out
            best.look(each.sum(0) / held_out.sum(0))
            if progress is not None:
                progress("network", (epoch + 1) / EPOCHS)
            if best.since == PATIENCE:
                break
        best.restore()
        if progress is not None:
            progress("network", 1.0)  # it mostly stops early
        with torch.no_grad():
            oof_log_odds = (party_log_odds() * held_out).sum(1) / held_out.sum(1).clamp(min=1)
    return model, encoding, oof_log_odds.numpy().astype(np.float64)


def _by_fold(mask: Callable[[int], Bools]) -> torch.Tensor:
    """The masks of all folds side by side, bool [m, N_FOLDS]."""
    return torch.from_numpy(np.stack([mask(fold) for fold in range(N_FOLDS)], axis=1))


class _Best:
    """The parameters of each member at its best held-out loss."""

    def __init__(self, model: GatedBlocks) -> None:
        self._model = model
        self._loss = torch.full((model.members,), float("inf"))
        self._kept = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        self.since = 0

    def look(self, loss: torch.Tensor) -> None:
        better = loss < self._loss - BETTER
        self.since = 0 if bool(better.any()) else self.since + 1
        self._loss = torch.where(better, loss, self._loss)
        for name, now in self._model.named_parameters():
            self.by_member(name, self._kept[name])[better] = self.by_member(name, now.detach())[better]

    def restore(self) -> None:
        with torch.no_grad():
            for name, parameter in self._model.named_parameters():
                parameter.copy_(self._kept[name])

    def by_member(self, name: str, parameter: torch.Tensor) -> torch.Tensor:
        """A view of a parameter with the members in front."""
        if name.startswith("inner."):
            return parameter.view(len(parameter), self._model.members, -1).transpose(0, 1)
        return parameter if name.startswith(("first", "second")) else parameter.transpose(0, 1)
