"""The gated network: torch for training, and the same network written as ONNX for serving.

For party i with blocks b = 1..B (own record, each category, each mixed path):

    z = clip((x - mean) / deviation, -4, 4), 0 where missing         float32[k, F]
    h_b = relu(W_b z_b + c_b)                                         float32[k, D]
    g_b = present_b * sigmoid(u_b . h_b + d_b)                        float32[k]
    s = sum_b g_b h_b                                                 float32[k, D]
    raw log-odds = w2 . relu(W1 s + c1) + c2                          float32[k]

A block that is wholly missing has present_b = 0, so an absent category says nothing. The gates over the propagated
blocks take the place of attention over neighbours (gated aggregation as in Li et al. 2016, eq. 3-6, over relations
instead of time).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from gnn.feature_spec import FeatureSpec
from gnn.model import BATCH

WIDTH: Final = 48
CLIP: Final = 4.0
EPOCHS: Final = 60
PATIENCE: Final = 10
LEARNING_RATE: Final = 2e-3
WEIGHT_DECAY: Final = 1e-3
DROPOUT: Final = 0.3
ROWS: Final = 256

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scaling:
    """mean and deviation float32[F] of the training rows; `blocks` float32[F, B] marks each feature's block."""

    mean: Floats
    deviation: Floats
    blocks: Floats


class GatedBlocks(torch.nn.Module):
    """The equations above, on standardised inputs z[k, F] and presence[k, B]."""

    def __init__(self, blocks: Floats, width: int = WIDTH) -> None:
        super().__init__()
        features, count = blocks.shape
        self.count, self.width = count, width
        self.mask: torch.Tensor
        mask = torch.from_numpy(np.repeat(blocks, width, axis=1))
        self.register_buffer("mask", mask)
        fan_in = torch.from_numpy(np.repeat(blocks.sum(0), width))
        self.inner = torch.nn.Parameter(torch.randn(features, count * width) * (2.0 / fan_in).sqrt() * mask)
        self.inner_bias = torch.nn.Parameter(torch.zeros(count * width))
        self.gate = torch.nn.Parameter(torch.randn(count, width) / width**0.5)
        self.gate_bias = torch.nn.Parameter(torch.zeros(count))
        self.first = torch.nn.Linear(width, width)
        self.second = torch.nn.Linear(width, 1)
        self.dropout = torch.nn.Dropout(DROPOUT)

    def forward(self, z: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        h = torch.relu(z @ (self.inner * self.mask) + self.inner_bias).view(-1, self.count, self.width)
        g = present * torch.sigmoid((h * self.gate).sum(-1) + self.gate_bias)
        s = (self.dropout(h) * g.unsqueeze(-1)).sum(1)
        out: torch.Tensor = self.second(self.dropout(torch.relu(self.first(s)))).squeeze(-1)
        return out


def scaling(spec: FeatureSpec, values: Floats) -> Scaling:
    """Scale by what is known in the training rows, float32[k, F]."""
    known = ~np.isnan(values)
    count = np.maximum(known.sum(0), 1)
    x = np.where(known, values, 0).astype(np.float64)
    mean = x.sum(0) / count
    deviation = np.sqrt(np.where(known, (x - mean) ** 2, 0).sum(0) / count)
    blocks = np.zeros((spec.width, len(spec.blocks)), np.float32)
    for b, block in enumerate(spec.blocks):
        blocks[spec.slice(block.name), b] = 1
    return Scaling(mean.astype(np.float32), np.where(deviation > 1e-6, deviation, 1).astype(np.float32), blocks)


def inputs(scale: Scaling, values: Floats) -> tuple[torch.Tensor, torch.Tensor]:
    """z[k, F] and presence[k, B] of features."""
    known = ~np.isnan(values)
    z = np.where(known, np.clip((values - scale.mean) / scale.deviation, -CLIP, CLIP), 0).astype(np.float32)
    present = (known.astype(np.float32) @ scale.blocks > 0).astype(np.float32)
    return torch.from_numpy(z), torch.from_numpy(present)


def fit_network(
    spec: FeatureSpec,
    train: tuple[Floats, npt.NDArray[Any], npt.NDArray[Any]],
    val: tuple[Floats, npt.NDArray[Any]],
    seed: int,
    progress: Callable[[str, float], None] | None = None,
) -> bytes:
    """Train on (values, y, weight), stop by the log-loss on `val` (values, y); returns the network as ONNX."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    scale = scaling(spec, train[0])
    model = GatedBlocks(scale.blocks)
    z, present = inputs(scale, train[0])
    y, weight = (torch.from_numpy(np.asarray(part, np.float32)) for part in train[1:])
    val_z, val_present = inputs(scale, val[0])
    val_y = torch.from_numpy(np.asarray(val[1], np.float32))
    with torch.no_grad():
        rate = float((y * weight).sum() / weight.sum())
        model.second.bias.fill_(float(np.log(rate / (1 - rate))))
    optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    loss = torch.nn.BCEWithLogitsLoss(reduction="none")
    best, best_state, since = np.inf, {k: v.clone() for k, v in model.state_dict().items()}, 0
    for epoch in range(EPOCHS):
        model.train()
        for rows in torch.split(torch.randperm(len(y)), ROWS):
            optimiser.zero_grad()
            value = (loss(model(z[rows], present[rows]), y[rows]) * weight[rows]).mean()
            value.backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            held_out = float(loss(model(val_z, val_present), val_y).mean())
        if progress is not None:
            progress("network", (epoch + 1) / EPOCHS)
        if held_out < best - 1e-4:
            best, best_state, since = held_out, {k: v.clone() for k, v in model.state_dict().items()}, 0
        else:
            since += 1
            if since == PATIENCE:
                break
    model.load_state_dict(best_state)
    return to_onnx(model, scale)


def to_onnx(model: GatedBlocks, scale: Scaling) -> bytes:
    """The trained network with its scaling as an ONNX graph: features float32[BATCH, F] -> float32[BATCH]."""
    features, count = scale.blocks.shape
    with torch.no_grad():
        constants: dict[str, npt.NDArray[Any]] = {
            "mean": scale.mean,
            "deviation": scale.deviation,
            "blocks": scale.blocks,
            "zero": np.array(0, np.float32),
            "low": np.array(-CLIP, np.float32),
            "high": np.array(CLIP, np.float32),
            "shape": np.array([-1, count, model.width], np.int64),
            "inner": (model.inner * model.mask).numpy(),
            "inner_bias": model.inner_bias.numpy(),
            "gate": model.gate.numpy(),
            "gate_bias": model.gate_bias.numpy(),
            "w1": model.first.weight.T.contiguous().numpy(),
            "c1": model.first.bias.numpy(),
            "w2": model.second.weight.T.contiguous().numpy(),
            "c2": model.second.bias.numpy(),
            "axis_1": np.array([1], np.int64),
            "axis_2": np.array([2], np.int64),
        }
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("IsNaN", ["features"], "missing", {}),
        ("Not", ["missing"], "known", {}),
        ("Cast", ["known"], "known_f", {"to": TensorProto.FLOAT}),
        ("Sub", ["features", "mean"], "centred", {}),
        ("Div", ["centred", "deviation"], "scaled", {}),
        ("Clip", ["scaled", "low", "high"], "clipped", {}),
        ("Where", ["missing", "zero", "clipped"], "z", {}),
        ("MatMul", ["known_f", "blocks"], "known_in_block", {}),
        ("Greater", ["known_in_block", "zero"], "is_present", {}),
        ("Cast", ["is_present"], "present", {"to": TensorProto.FLOAT}),
        ("MatMul", ["z", "inner"], "inner_sum", {}),
        ("Add", ["inner_sum", "inner_bias"], "inner_raw", {}),
        ("Relu", ["inner_raw"], "h_flat", {}),
        ("Reshape", ["h_flat", "shape"], "h", {}),
        ("Mul", ["h", "gate"], "h_gate", {}),
        ("ReduceSum", ["h_gate", "axis_2"], "gate_sum", {"keepdims": 0}),
        ("Add", ["gate_sum", "gate_bias"], "gate_raw", {}),
        ("Sigmoid", ["gate_raw"], "gate_open", {}),
        ("Mul", ["gate_open", "present"], "g", {}),
        ("Unsqueeze", ["g", "axis_2"], "g_wide", {}),
        ("Mul", ["h", "g_wide"], "gated", {}),
        ("ReduceSum", ["gated", "axis_1"], "s", {"keepdims": 0}),
        ("MatMul", ["s", "w1"], "first_sum", {}),
        ("Add", ["first_sum", "c1"], "first_raw", {}),
        ("Relu", ["first_raw"], "first", {}),
        ("MatMul", ["first", "w2"], "second_sum", {}),
        ("Add", ["second_sum", "c2"], "second", {}),
        ("Squeeze", ["second", "axis_1"], "log_odds", {}),
    ]
    nodes = [helper.make_node(op, taken, [given], **more) for op, taken, given, more in steps]
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
