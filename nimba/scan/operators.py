"""The scan and the convolution compiled for a CPU, as torch operators with gradients."""

import numpy as np
import torch
from torch import Tensor

from nimba.operators import define_gradient, define_operator

SEGMENT = 16  # steps between two states that the forward scan keeps for the backward one


def _scan(*tensors: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.scan.selective_cpu import scan_forward  # numba is imported on first use

    y, states = scan_forward(*_arrays(tensors))
    return torch.from_numpy(y), torch.from_numpy(states)


def _scan_backward(*tensors: Tensor) -> list[Tensor]:
    from nimba.scan.selective_cpu import scan_backward

    return [torch.from_numpy(gradient) for gradient in scan_backward(*_arrays(tensors))]


def _convolution(*tensors: Tensor) -> Tensor:
    from nimba.scan.convolution_cpu import conv_forward

    return torch.from_numpy(conv_forward(*_arrays(tensors)))


def _convolution_backward(*tensors: Tensor) -> list[Tensor]:
    from nimba.scan.convolution_cpu import conv_backward

    return [torch.from_numpy(gradient) for gradient in conv_backward(*_arrays(tensors))]


def _step_size(*tensors: Tensor) -> Tensor:
    from nimba.scan.step_size_cpu import softplus_forward

    return torch.from_numpy(softplus_forward(*_arrays(tensors)))


def _step_size_backward(dy: Tensor, y: Tensor) -> list[Tensor]:
    from nimba.scan.step_size_cpu import softplus_backward

    return [torch.from_numpy(gradient) for gradient in softplus_backward(*_arrays((dy, y)))]


def _arrays(tensors: tuple[Tensor, ...]) -> list[np.ndarray]:
    return [tensor.detach().numpy() for tensor in tensors]


def _empty(*tensors: Tensor) -> list[Tensor]:
    return [torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device) for tensor in tensors]


define_operator(
    "selective_scan(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor D) -> (Tensor, Tensor)",
    _scan,
    lambda u, delta, A, B, C, D: (
        *_empty(u),
        u.new_empty(u.shape[0], (u.shape[1] + SEGMENT - 1) // SEGMENT, A.shape[1], u.shape[2]),
    ),
)
define_operator(
    "selective_scan_backward(Tensor dy, Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor D, Tensor states)"
    " -> Tensor[]",
    _scan_backward,
    lambda dy, u, delta, A, B, C, D, states: _empty(u, delta, A, B, C, D),
)
define_gradient("selective_scan", torch.ops.nimba.selective_scan_backward, saved_outputs=[1])
define_operator(
    "causal_conv_silu(Tensor x, Tensor taps, Tensor bias) -> Tensor", _convolution, lambda x, taps, bias: _empty(x)[0]
)
define_operator(
    "causal_conv_silu_backward(Tensor dy, Tensor x, Tensor taps, Tensor bias) -> Tensor[]",
    _convolution_backward,
    lambda dy, x, taps, bias: _empty(x, taps, bias),
)
define_gradient("causal_conv_silu", torch.ops.nimba.causal_conv_silu_backward)
define_operator("step_size(Tensor x, Tensor bias) -> Tensor", _step_size, lambda x, bias: _empty(x)[0])
define_operator(
    "step_size_backward(Tensor dy, Tensor y) -> Tensor[]",
    _step_size_backward,
    lambda dy, y: [torch.empty_like(y), y.new_empty(y.shape[2])],
)
define_gradient("step_size", lambda dy, x, bias, y: torch.ops.nimba.step_size_backward(dy, y), saved_outputs=[0])
