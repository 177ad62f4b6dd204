"""The fused encoder of neighbourhoods as torch operators with gradients; see ``neighbourhood``."""

import torch
from torch import Tensor

from nimba.runtime.operators import define_gradient, define_operator


def _row_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    rows = x.flatten(0, 1)  # (R, D)
    blocks = rows.split(1 << 16)  # in float64 from block to block
    total = sum(block.sum(0).double() for block in blocks)
    product = sum((block.t() @ block).double() for block in blocks)
    return total / len(rows), product / len(rows)  # type: ignore[return-value]


def _lifted_moments(x: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.tokens.neighbourhood_cpu import lifted_moments  # numba is imported on first use

    mean, product = lifted_moments(*(tensor.contiguous().numpy() for tensor in (x, weight, bias)))
    return torch.from_numpy(mean), torch.from_numpy(product)


def _neighbourhood_max(
    x: Tensor,
    lift: Tensor,
    lift_scale: Tensor,
    lift_shift: Tensor,
    mix: Tensor,
    mix_scale: Tensor,
    mix_shift: Tensor,
    project: Tensor,
    statistics: list[Tensor],
    moments: list[Tensor],
    lift_eps: float,
    mix_eps: float,
) -> tuple[Tensor, Tensor]:
    from nimba.tokens.neighbourhood_cpu import forward

    lift, lift_bias, _, _ = _fold(lift, lift_scale, lift_shift, statistics[:2], lift_eps)
    mix, mix_bias, _, _ = _fold(mix, mix_scale, mix_shift, statistics[2:], mix_eps)
    arrays = (tensor.contiguous().numpy() for tensor in (x, lift, lift_bias, mix, mix_bias, project))
    highest, winner = forward(*arrays)
    return torch.from_numpy(highest), torch.from_numpy(winner)


def _neighbourhood_max_backward(
    grad: Tensor,
    x: Tensor,
    lift: Tensor,
    lift_scale: Tensor,
    lift_shift: Tensor,
    mix: Tensor,
    mix_scale: Tensor,
    mix_shift: Tensor,
    project: Tensor,
    statistics: list[Tensor],
    moments: list[Tensor],
    lift_eps: float,
    mix_eps: float,
    winner: Tensor,
) -> list[Tensor]:
    from nimba.tokens.neighbourhood_cpu import lift_gradients, mix_gradients

    training = bool(moments)
    rows = x.shape[0] * x.shape[1]
    folded_lift, lift_bias, lift_inverse, lift_factor = _fold(lift, lift_scale, lift_shift, statistics[:2], lift_eps)
    folded_mix, mix_bias, mix_inverse, mix_factor = _fold(mix, mix_scale, mix_shift, statistics[2:], mix_eps)
    tensors = x, folded_lift, lift_bias, folded_mix, mix_bias, project, grad, winner
    arrays = [tensor.contiguous().numpy() for tensor in tensors]

    dproject, along, outer = map(torch.from_numpy, mix_gradients(*arrays))  # float64 from here on
    lift, mix, mean, lift_mean = lift.double(), mix.double(), statistics[2].double(), statistics[0].double()
    dmix_scale = mix_inverse * ((outer * mix).sum(1) - mean * along)
    dmix_shift = along
    # BatchNorm's gradient before it is factor (g - dshift / R - hat dscale / R), hat = (mix lifted - mean) inverse;
    # in evaluation the statistics are constants, and the last two terms are not there.
    slope = mix_factor * dmix_scale * mix_inverse / rows * training
    level = mix_factor * dmix_shift / rows * training
    quadratic, constant = -(mix.t() * slope) @ mix, mix.t() @ (slope * mean - level)
    back = folded_mix.t()
    dmix = mix_factor[:, None] * outer
    if training:
        middle, product, lifted, lifted_product = moments
        dmix -= torch.outer(level * rows, lifted)
        dmix -= (slope * rows)[:, None] * (mix @ lifted_product - torch.outer(mean, lifted))

    terms = (term.to(x.dtype).contiguous().numpy() for term in (back, quadratic, constant))
    along, outer = map(torch.from_numpy, lift_gradients(*arrays, *terms))
    dlift_scale = lift_inverse * ((outer * lift).sum(1) - lift_mean * along)
    dlift = lift_factor[:, None] * outer
    if training:
        dlift -= torch.outer(lift_factor * along, middle)
        tilt = lift_factor * dlift_scale * lift_inverse
        dlift -= tilt[:, None] * (lift @ product - torch.outer(lift_mean, middle))
    gradients = dlift, dlift_scale, along, dmix, dmix_scale, dmix_shift, dproject
    return [gradient.to(x.dtype) for gradient in gradients]


def _fold(
    weight: Tensor, scale: Tensor, shift: Tensor, statistics: list[Tensor], eps: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weight and bias of the layer with its norm; 1 / sigma, and scale / sigma, in float64."""
    mean, variance = statistics
    inverse = torch.rsqrt(variance + eps)
    factor = scale * inverse
    return weight * factor[:, None], shift - mean * factor, inverse.double(), factor.double()


_ARGUMENTS = (
    "Tensor x, Tensor lift, Tensor lift_scale, Tensor lift_shift, Tensor mix, Tensor mix_scale, Tensor mix_shift, "
    "Tensor project, Tensor[] statistics, Tensor[] moments, float lift_eps, float mix_eps"
)
define_operator(
    "row_moments(Tensor x) -> (Tensor, Tensor)",
    _row_moments,
    lambda x: (
        x.new_empty(x.shape[2], dtype=torch.float64),
        x.new_empty(x.shape[2], x.shape[2], dtype=torch.float64),
    ),
)
define_operator(
    "lifted_moments(Tensor x, Tensor weight, Tensor bias) -> (Tensor, Tensor)",
    _lifted_moments,
    lambda x, weight, bias: (
        x.new_empty(len(weight), dtype=torch.float64),
        x.new_empty(len(weight), len(weight), dtype=torch.float64),
    ),
)
define_operator(
    f"neighbourhood_max({_ARGUMENTS}) -> (Tensor, Tensor)",
    _neighbourhood_max,
    lambda x, lift, ls, lt, mix, ms, mt, project, *_: (
        x.new_empty(x.shape[0], project.shape[0]),
        x.new_empty(x.shape[0], project.shape[0], dtype=torch.uint8),
    ),
)
define_operator(
    f"neighbourhood_max_backward(Tensor grad, {_ARGUMENTS}, Tensor winner) -> Tensor[]",
    _neighbourhood_max_backward,
    lambda grad, x, *rest: [torch.empty_like(tensor) for tensor in rest[:7]],
)
define_gradient(
    "neighbourhood_max",
    lambda grad, x, *rest: [
        None,
        *torch.ops.nimba.neighbourhood_max_backward(grad, x, *rest),
        *([None] * len(tensors) for tensors in rest[7:9]),
    ],
    saved_outputs=[1],
)
