"""The trained network with its encoding as an ONNX graph, which serves without torch.

Each block comes in with its distinct rows alone, see `gnn.models.gated_learner`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from gnn.models.gated_learner import AT, BLOCK, PRESENT
from gnn.training.encoding import Encoding
from gnn.training.gated_network import GatedBlocks

ROWS: Final = "rows"  # any number of them; of each block its own
OF_BLOCK: Final = ("feature", "low", "width", "mean")  # constants of the encoding, one entry for each of its inputs

Step = tuple[str, list[str], list[str], dict[str, Any]]  # operator, inputs, outputs, attributes


def to_onnx(model: GatedBlocks, encoding: Encoding) -> bytes:
    """A graph from the distinct rows of each block, and where the parties have theirs, to log-odds float32[n]."""
    count = encoding.blocks.shape[1]
    constants = _constants(model, encoding)
    nodes = [helper.make_node(op, taken, given, **more) for op, taken, given, more in _steps(count)]
    graph = helper.make_graph(
        nodes,
        "kith",
        [
            *(
                helper.make_tensor_value_info(f"{BLOCK}{b}", TensorProto.FLOAT, [f"{ROWS}_{b}", columns])
                for b, columns in enumerate(encoding.blocks.sum(axis=0).astype(int).tolist())
            ),
            helper.make_tensor_value_info(AT, TensorProto.INT64, [ROWS, count]),
            helper.make_tensor_value_info(PRESENT, TensorProto.FLOAT, [ROWS, count]),
        ],
        [helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, [ROWS])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(built)
    return bytes(built.SerializeToString(deterministic=True))


def _constants(model: GatedBlocks, encoding: Encoding) -> dict[str, npt.NDArray[Any]]:
    end = np.cumsum(encoding.sizes)
    inputs = [slice(*bounds) for bounds in zip(end - encoding.sizes, end, strict=True)]
    first = np.argmax(encoding.blocks, axis=0)  # column of each block
    of_block = {f"{name}_{b}": getattr(encoding, name)[some] for b, some in enumerate(inputs) for name in OF_BLOCK}
    of_block |= {f"feature_{b}": encoding.feature[some] - first[b] for b, some in enumerate(inputs)}
    with torch.no_grad():
        return {
            **of_block,
            "zero": np.array(0, np.float32),
            "one": np.array(1, np.float32),
            "nothing": np.zeros((1, model.members * model.width), np.float32),
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
    return [
        *(step for b in range(count) for step in _of_block(b)),
        ("Concat", ["nothing", *(f"flat_{b}" for b in range(count))], ["flat"], {"axis": 0}),
        ("Gather", ["flat", AT], ["of_parties"], {"axis": 0}),
        ("Reshape", ["of_parties", "shape"], ["by_member"], {}),
        ("Add", ["by_member", "inner_bias"], ["inner_raw"], {}),
        ("Relu", ["inner_raw"], ["h"], {}),
        ("Mul", ["h", "gate"], ["h_gate"], {}),
        ("ReduceSum", ["h_gate", "axis_3"], ["gate_sum"], {"keepdims": 0}),
        ("Add", ["gate_sum", "gate_bias"], ["gate_raw"], {}),
        ("Sigmoid", ["gate_raw"], ["gate_open"], {}),
        ("Unsqueeze", [PRESENT, "axis_2"], ["present_wide"], {}),
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


def _of_block(b: int) -> list[Step]:
    """The encoding of the distinct rows of a block, and what they give before the bias."""

    def step(op: str, taken: list[str], given: str, **more: Any) -> Step:
        of_block = {*OF_BLOCK, "inner", "x", "missing", "above", "position", "inside", "centred", "e"}
        return op, [f"{one}_{b}" if one in of_block else one for one in taken], [f"{given}_{b}"], more

    return [
        step("Gather", [f"{BLOCK}{b}", "feature"], "x", axis=1),
        step("IsNaN", ["x"], "missing"),
        step("Sub", ["x", "low"], "above"),
        step("Div", ["above", "width"], "position"),
        step("Clip", ["position", "zero", "one"], "inside"),
        step("Sub", ["inside", "mean"], "centred"),
        step("Where", ["missing", "zero", "centred"], "e"),
        step("MatMul", ["e", "inner"], "flat"),
    ]
