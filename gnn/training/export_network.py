"""The trained network with its encoding as an ONNX graph, which serves without torch."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from gnn.training.encoding import Encoding
from gnn.training.gated_network import GatedBlocks

BATCH: Final = 4  # rows in one run: a lone party should not cost more, and the bits are those of 64

Step = tuple[str, list[str], list[str], dict[str, Any]]  # operator, inputs, outputs, attributes


def to_onnx(model: GatedBlocks, encoding: Encoding) -> bytes:
    """A graph from features float32[BATCH, F] to log-odds float32[BATCH]."""
    features, count = encoding.blocks.shape
    constants = _constants(model, encoding)
    nodes = [helper.make_node(op, taken, given, **more) for op, taken, given, more in _steps(count)]
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


def _constants(model: GatedBlocks, encoding: Encoding) -> dict[str, npt.NDArray[Any]]:
    with torch.no_grad():
        return {
            **{name: np.asarray(getattr(encoding, name)) for name in ("feature", "low", "width", "mean", "sizes")},
            "blocks": encoding.blocks,
            "zero": np.array(0, np.float32),
            "one": np.array(1, np.float32),
            "shape": np.array([-1, len(model.inner), model.members, model.width], np.int64),
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


def _steps(count: int) -> list[Step]:
    """The equations of `gnn.training.gated_network`, and the encoding before them, for so many blocks."""
    names = [f"block_{b}" for b in range(count)]
    return [
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
