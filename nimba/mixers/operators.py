"""The convolution, the step sizes and the gate compiled for a CPU, as torch operators with gradients."""

import torch
from torch import Tensor

from nimba.runtime.operators import arrays, define_gradient, define_operator, empty_like_each, from_arrays


def _convolution(*tensors: Tensor) -> Tensor:
    from nimba.mixers.convolution_cpu import conv_forward

    return from_arrays([conv_forward(*arrays(tensors))])[0]


def _convolution_backward(*tensors: Tensor) -> list[Tensor]:
    from nimba.mixers.convolution_cpu import conv_backward

    return from_arrays(conv_backward(*arrays(tensors)))


def _step_size(*tensors: Tensor) -> Tensor:
    from nimba.mixers.step_size_cpu import softplus_forward

    return torch.from_numpy(softplus_forward(*arrays(tensors)))


def _step_size_backward(dy: Tensor, y: Tensor) -> list[Tensor]:
    from nimba.mixers.step_size_cpu import softplus_backward

    return [torch.from_numpy(gradient) for gradient in softplus_backward(*arrays((dy, y)))]


def _gate(*tensors: Tensor) -> Tensor:
    from nimba.mixers.gate_cpu import gate_forward

    return from_arrays([gate_forward(*arrays(tensors))])[0]


def _gate_backward(*tensors: Tensor) -> list[Tensor]:
    from nimba.mixers.gate_cpu import gate_backward

    return from_arrays(gate_backward(*arrays(tensors)))


define_operator(
    "causal_conv_silu(Tensor x, Tensor taps, Tensor bias) -> Tensor",
    _convolution,
    lambda x, taps, bias: empty_like_each(x)[0],
)
define_operator(
    "causal_conv_silu_backward(Tensor dy, Tensor x, Tensor taps, Tensor bias) -> Tensor[]",
    _convolution_backward,
    lambda dy, x, taps, bias: empty_like_each(x, taps, bias),
)
define_gradient("causal_conv_silu", torch.ops.nimba.causal_conv_silu_backward)
define_operator("step_size(Tensor x, Tensor bias) -> Tensor", _step_size, lambda x, bias: empty_like_each(x)[0])
define_operator(
    "step_size_backward(Tensor dy, Tensor y) -> Tensor[]",
    _step_size_backward,
    lambda dy, y: [torch.empty_like(y), y.new_empty(y.shape[2])],
)
define_gradient("step_size", lambda dy, x, bias, y: torch.ops.nimba.step_size_backward(dy, y), saved_outputs=[0])
define_operator("silu_gate(Tensor y, Tensor z) -> Tensor", _gate, lambda y, z: empty_like_each(y)[0])
define_operator(
    "silu_gate_backward(Tensor grad, Tensor y, Tensor z) -> Tensor[]",
    _gate_backward,
    lambda grad, y, z: empty_like_each(y, z),
)
define_gradient("silu_gate", torch.ops.nimba.silu_gate_backward)
