"""The gated network: torch for training, and the same network written as ONNX for serving.

It has K members that are trained side by side and averaged. For party i with blocks b = 1..B (own record, each
category, each mixed path) and member k:

    e = clip((x[feature] - low) / width, 0, 1) - mean, 0 where missing      float32[n, P]
    h_bk = relu(W_bk e_b + c_bk)                                            float32[n, D]
    g_bk = present_b * sigmoid(u_bk . h_bk + d_bk)                          float32[n]
    s_k = sum_b g_bk h_bk                                                   float32[n, D]
    log-odds = mean_k w2_k . relu(W1_k s_k + c1_k) + c2_k                   float32[n]

e is the piecewise linear encoding of every feature over quantile bins of the training rows (Gorishniy et al. 2022,
eq. 1). A block that is wholly missing has present_b = 0, so an absent category says nothing. The gates over the
propagated blocks take the place of attention over neighbours (gated aggregation as in Li et al. 2016, eq. 3-6, over
relations instead of time). Members stop apart, each at its own best log-loss on the held-out parties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from gnn.feature_spec import FeatureSpec
from gnn.heads import BATCH

MEMBERS: Final = 4
WIDTH: Final = 48
BINS: Final = 6
EPOCHS: Final = 80
PATIENCE: Final = 8  # epochs in which no member gets better
BETTER: Final = 1e-4
LEARNING_RATE: Final = 1e-3
WEIGHT_DECAY: Final = 1e-2
INPUT_DROPOUT: Final = 0.5
DROPOUT: Final = 0.4
ROWS: Final = 256

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoding:
    """The P encoded inputs, block by block: which feature each is of, where its bin begins, how wide it is, its mean.

    feature int64[P], low, width, mean float32[P]; sizes int64[B] counts each block's inputs; blocks float32[F, B] marks
    each feature's block.
    """

    feature: Ints
    low: Floats
    width: Floats
    mean: Floats
    sizes: Ints
    blocks: Floats


def fit_encoding(spec: FeatureSpec, values: Floats) -> Encoding:
    """Quantile bins of what is known in the training rows, float32[k, F]; a feature with one value has none."""
    feature: list[int] = []
    low: list[float] = []
    width: list[float] = []
    sizes: list[int] = []
    blocks = np.zeros((spec.width, len(spec.blocks)), np.float32)
    for b, block in enumerate(spec.blocks):
        columns = range(*spec.slice(block.name).indices(spec.width))
        blocks[spec.slice(block.name), b] = 1
        before = len(feature)
        for column in columns:
            edges = _edges(values[:, column])
            feature += [column] * (len(edges) - 1)
            low += edges[:-1].tolist()
            width += np.diff(edges).tolist()
        if len(feature) == before:  # a block needs an input, even one that says nothing
            feature, low, width = [*feature, columns[0]], [*low, 0.0], [*width, 1.0]
        sizes.append(len(feature) - before)
    found = Encoding(
        np.array(feature, np.int64),
        np.array(low, np.float32),
        np.array(width, np.float32),
        np.zeros(len(feature), np.float32),
        np.array(sizes, np.int64),
        blocks,
    )
    known = ~np.isnan(values)[:, found.feature]
    total = encode(found, values).sum(axis=0, dtype=np.float64)
    mean = (total / np.maximum(known.sum(axis=0), 1)).astype(np.float32)
    return Encoding(found.feature, found.low, found.width, mean, found.sizes, blocks)


def _edges(column: Floats) -> Floats:
    known = np.sort(column[~np.isnan(column)])
    if not len(known):
        return np.empty(1, np.float32)
    edges: Floats = np.unique(known[np.round(np.linspace(0, len(known) - 1, BINS + 1)).astype(np.int64)])
    return edges


def encode(encoding: Encoding, values: Floats) -> Floats:
    """e float32[n, P] of features float32[n, F]."""
    x = values[:, encoding.feature]
    inside = np.clip((x - encoding.low) / encoding.width, 0, 1) - encoding.mean
    return np.where(np.isnan(x), np.float32(0), inside).astype(np.float32)


def presence(encoding: Encoding, values: Floats) -> Floats:
    """float32[n, B]: 1 where anything of a block is known."""
    return ((~np.isnan(values)).astype(np.float32) @ encoding.blocks > 0).astype(np.float32)


class GatedBlocks(torch.nn.Module):
    """The equations above: e[n, P] and presence[n, B] -> log-odds of every member [n, K]."""

    def __init__(self, sizes: Ints, members: int = MEMBERS, width: int = WIDTH) -> None:
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
        self.input_dropout = torch.nn.Dropout(INPUT_DROPOUT)
        self.dropout = torch.nn.Dropout(DROPOUT)

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
    spec: FeatureSpec,
    train: tuple[Floats, npt.NDArray[Any], npt.NDArray[Any]],
    val: tuple[Floats, npt.NDArray[Any]],
    seed: int,
    progress: Callable[[str, float], None] | None = None,
) -> bytes:
    """Train on (values, y, weight), stop by the log-loss on `val` (values, y); returns the network as ONNX."""
    encoding = fit_encoding(spec, train[0])
    e, present = (torch.from_numpy(part(encoding, train[0])) for part in (encode, presence))
    y, weight = (torch.from_numpy(np.asarray(part, np.float32))[:, None] for part in train[1:])
    held_out = [torch.from_numpy(part(encoding, val[0])) for part in (encode, presence)]
    held_out_y = torch.from_numpy(np.asarray(val[1], np.float32))[:, None]
    loss = torch.nn.BCEWithLogitsLoss(reduction="none")
    with _reproducible(seed):
        model = GatedBlocks(encoding.sizes)
        rate = float((y * weight).sum() / weight.sum())
        torch.nn.init.constant_(model.second_bias, float(np.log(rate / (1 - rate))))
        optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        best = _Best(model)
        for epoch in range(EPOCHS):
            model.train()
            for rows in torch.split(torch.randperm(len(y)), ROWS):
                optimiser.zero_grad()
                each = loss(model(e[rows], present[rows]), y[rows].expand(-1, MEMBERS)) * weight[rows]
                each.mean(0).sum().backward()
                optimiser.step()
            model.eval()
            with torch.no_grad():
                best.look(loss(model(*held_out), held_out_y.expand(-1, MEMBERS)).mean(0))
            if progress is not None:
                progress("network", (epoch + 1) / EPOCHS)
            if best.since == PATIENCE:
                break
        best.restore()
    return to_onnx(model, encoding)


class _Best:
    """The parameters of each member at its best held-out loss."""

    def __init__(self, model: GatedBlocks) -> None:
        self._model = model
        self._loss = torch.full((model.members,), float("inf"))
        self._kept = [parameter.detach().clone() for parameter in model.parameters()]
        self.since = 0

    def look(self, loss: torch.Tensor) -> None:
        better = loss < self._loss - BETTER
        self.since = 0 if bool(better.any()) else self.since + 1
        self._loss = torch.where(better, loss, self._loss)
        for kept, now in zip(self._kept, self._model.parameters(), strict=True):
            self.by_member(kept)[better] = self.by_member(now.detach())[better]

    def restore(self) -> None:
        with torch.no_grad():
            for kept, parameter in zip(self._kept, self._model.parameters(), strict=True):
                parameter.copy_(kept)

    def by_member(self, parameter: torch.Tensor) -> torch.Tensor:
        """A view of a parameter with the members in front."""
        k, inputs = self._model.members, parameter.shape[-1] == self._model.members * self._model.width
        if inputs:
            return parameter.view(len(parameter), k, -1).transpose(0, 1)
        return parameter if parameter.shape[0] == k and parameter.dim() == 3 else parameter.transpose(0, 1)


def to_onnx(model: GatedBlocks, encoding: Encoding) -> bytes:
    """The trained network with its encoding as an ONNX graph: features float32[BATCH, F] -> float32[BATCH]."""
    features, count = encoding.blocks.shape
    names = [f"block_{b}" for b in range(count)]
    with torch.no_grad():
        constants: dict[str, npt.NDArray[Any]] = {
            **{name: np.asarray(getattr(encoding, name)) for name in ("feature", "low", "width", "mean", "sizes")},
            "blocks": encoding.blocks,
            "zero": np.array(0, np.float32),
            "one": np.array(1, np.float32),
            "shape": np.array([-1, count, model.members, model.width], np.int64),
            **{f"inner_{b}": weight.numpy() for b, weight in enumerate(model.inner)},
            "inner_bias": model.inner_bias.numpy(),
            "gate": model.gate.numpy(),
            "gate_bias": model.gate_bias.numpy(),
            "w1": model.first.numpy(),
            "c1": model.first_bias.numpy(),
            "w2": model.second.numpy(),
            "c2": model.second_bias.numpy(),
            **{f"axis_{axis}": np.array([axis], np.int64) for axis in (1, 2, 3)},
        }
    steps: list[tuple[str, list[str], list[str], dict[str, Any]]] = [
        ("Gather", ["features", "feature"], ["x"], {"axis": 1}),
        ("IsNaN", ["x"], ["missing"], {}),
        ("Sub", ["x", "low"], ["above"], {}),
        ("Div", ["above", "width"], ["position"], {}),
        ("Clip", ["position", "zero", "one"], ["inside"], {}),
        ("Sub", ["inside", "mean"], ["centred"], {}),
        ("Where", ["missing", "zero", "centred"], ["e"], {}),
        ("IsNaN", ["features"], ["unknown"], {}),
        ("Not", ["unknown"], ["known"], {}),
        ("Cast", ["known"], ["known_f"], {"to": TensorProto.FLOAT}),
        ("MatMul", ["known_f", "blocks"], ["known_in_block"], {}),
        ("Greater", ["known_in_block", "zero"], ["is_present"], {}),
        ("Cast", ["is_present"], ["present"], {"to": TensorProto.FLOAT}),
        ("Split", ["e", "sizes"], [f"e_{name}" for name in names], {"axis": 1}),
        *(("MatMul", [f"e_{name}", f"inner_{b}"], [f"flat_{name}"], {}) for b, name in enumerate(names)),
        *(("Unsqueeze", [f"flat_{name}", "axis_1"], [f"h_{name}"], {}) for name in names),
        ("Concat", [f"h_{name}" for name in names], ["stacked"], {"axis": 1}),
        ("Reshape", ["stacked", "shape"], ["by_member"], {}),
        ("Add", ["by_member", "inner_bias"], ["inner_raw"], {}),
        ("Relu", ["inner_raw"], ["h"], {}),
        ("Mul", ["h", "gate"], ["h_gate"], {}),
        ("ReduceSum", ["h_gate", "axis_3"], ["gate_sum"], {"keepdims": 0}),
        ("Add", ["gate_sum", "gate_bias"], ["gate_raw"], {}),
        ("Sigmoid", ["gate_raw"], ["gate_open"], {}),
        ("Unsqueeze", ["present", "axis_2"], ["present_wide"], {}),
        ("Mul", ["gate_open", "present_wide"], ["g"], {}),
        ("Unsqueeze", ["g", "axis_3"], ["g_wide"], {}),
        ("Mul", ["h", "g_wide"], ["gated"], {}),
        ("ReduceSum", ["gated", "axis_1"], ["summed"], {"keepdims": 0}),
        ("Transpose", ["summed"], ["s"], {"perm": [1, 0, 2]}),
        ("MatMul", ["s", "w1"], ["first_sum"], {}),
        ("Add", ["first_sum", "c1"], ["first_raw"], {}),
        ("Relu", ["first_raw"], ["first"], {}),
        ("MatMul", ["first", "w2"], ["second_sum"], {}),
        ("Add", ["second_sum", "c2"], ["of_members"], {}),
        ("ReduceMean", ["of_members"], ["log_odds"], {"axes": [0, 2], "keepdims": 0}),
    ]
    nodes = [helper.make_node(op, taken, given, **more) for op, taken, given, more in steps]
    graph = helper.make_graph(
        nodes,
        "kith",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [BATCH, features])],
        [helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, [BATCH])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(built)
    return bytes(built.SerializeToString(deterministic=True))
