"""ONNX Runtime on a network written down in ONNX's own words."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .tasks import Answer


def one_row(given: dict[str, Any], threads: int) -> Answer:
    nodes, constants, last = [], [], "x"
    for i, (W, b) in enumerate(zip(given["weights"][::2], given["weights"][1::2], strict=True)):
        constants.append(numpy_helper.from_array(np.array(W, np.float32), f"W{i}"))
        constants.append(numpy_helper.from_array(np.array(b, np.float32), f"b{i}"))
        nodes.append(helper.make_node("Gemm", [last, f"W{i}", f"b{i}"], [f"z{i}"]))
        nodes.append(helper.make_node("Tanh", [f"z{i}"], [f"a{i}"]))
        last = f"a{i}"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, len(given["x"])])]
    outputs = [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, len(given["weights"][-1])])]
    graph = helper.make_graph(nodes, "row", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.array([given["x"]], np.float32)
    return Answer("run(None, {'x': x})[0][0]", {"run": session.run, "x": x})


TASKS = {("onnxruntime", "row"): one_row}
