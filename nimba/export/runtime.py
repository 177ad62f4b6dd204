"""ONNX Runtime on a CPU."""

import numpy as np
import torch
from onnxruntime import InferenceSession, SessionOptions
from torch import Tensor

from nimba.export.check import Run
from nimba.export.pipeline import INPUT

_ERRORS = 3  # the least severe messages that it prints


def session(content: bytes, threads: int | None = None) -> InferenceSession:
    """A model in memory, ready to run.

    Args:
        content: of an ONNX file.
        threads: how many it may use; None for as many as torch.
    """
    options = SessionOptions()
    options.intra_op_num_threads = threads or torch.get_num_threads()
    options.log_severity_level = _ERRORS
    return InferenceSession(content, options, providers=["CPUExecutionProvider"])


def with_session(model: InferenceSession) -> Run:
    """A function from points (B, N, 3) to probabilities (B, C)."""

    def run(points: Tensor) -> Tensor:
        (probabilities,) = model.run(None, {INPUT: np.ascontiguousarray(points.numpy())})
        return torch.from_numpy(probabilities)

    return run
