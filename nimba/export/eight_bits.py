"""Weights in eight bits: matrix products by constant weights, with a scale for every column."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic

from nimba.export.check import Comparison
from nimba.runtime.errors import InputError

PRODUCTS = ["MatMul", "Gemm"]
FURTHEST = 0.2  # of a probability: rounding to eight bits moves some by a tenth, and a broken graph by far more


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its products in eight bits; what they multiply is rounded as it comes ("dynamic")."""
    with tempfile.TemporaryDirectory() as folder, _quietly():
        folded, path = Path(folder) / "folded.onnx", Path(folder) / "int8.onnx"
        _fold(model, folded)
        quantize_dynamic(folded, path, op_types_to_quantize=PRODUCTS, per_channel=True, weight_type=QuantType.QInt8)
        return onnx.load(path)


def require_close(comparison: Comparison, what: str) -> None:
    """Refuse an eight-bit file whose probabilities are not those of the network, within what rounding does.

    Raises:
        InputError: saying how far.
    """
    if not comparison.difference <= FURTHEST:
        raise InputError(f"{what}: not written, for in eight bits it disagrees with the network: {comparison}")


def _fold(model: onnx.ModelProto, path: Path) -> None:
    """Compute what depends on weights alone, and merge norms into products: what is left to multiply has an input."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3  # errors
    InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@contextmanager
def _quietly() -> Iterator[None]:
    """Without advice that the quantiser gives under the root logger's name."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
