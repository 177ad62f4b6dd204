"""The mixer on mamba-ssm's CUDA kernels, whose layout is (B, channels, L)."""

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu


class MambaLayers(Protocol):
    """What the kernels take of ``nimba.mixers.Mamba``; mamba_ssm's own has the same."""

    d_state: int
    dt_rank: int
    in_proj: nn.Linear
    conv1d: nn.Conv1d
    x_proj: nn.Linear
    dt_proj: nn.Linear
    A_log: nn.Parameter
    D: nn.Parameter
    out_proj: nn.Linear


def mix_fused(mixer: MambaLayers, x: Tensor) -> Tensor:
    """Convolution, projections, scan and gate in one call (needs causal-conv1d): (B, L, dim) -> (B, L, dim)."""
    from mamba_ssm.ops.selective_scan_interface import mamba_inner_fn

    return mamba_inner_fn(
        mixer.in_proj(x).transpose(1, 2),  # (B, 2 inner, L)
        mixer.conv1d.weight,
        mixer.conv1d.bias,
        mixer.x_proj.weight,
        mixer.dt_proj.weight,
        mixer.out_proj.weight,
        mixer.out_proj.bias,
        -mixer.A_log.float().exp(),
        D=mixer.D.float(),
        delta_bias=mixer.dt_proj.bias.float(),
        delta_softplus=True,
    )


def mix_with_scan_kernel(mixer: MambaLayers, x: Tensor) -> Tensor:
    """The scan alone in a kernel (mamba-ssm without causal-conv1d): (B, L, dim) -> (B, L, dim)."""
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    x, z = mixer.in_proj(x).chunk(2, dim=-1)  # 2 x (B, L, inner)
    x = causal_conv_silu(x, mixer.conv1d.weight, mixer.conv1d.bias)  # type: ignore[arg-type]
    dt, B, C = mixer.x_proj(x).split([mixer.dt_rank, mixer.d_state, mixer.d_state], dim=-1)
    delta = F.linear(dt, mixer.dt_proj.weight)  # (B, L, inner)
    y = selective_scan_fn(
        *(t.transpose(1, 2).contiguous() for t in (x, delta)),  # (B, inner, L)
        -mixer.A_log.float().exp(),
        *(t.transpose(1, 2).contiguous() for t in (B, C)),  # (B, N, L)
        mixer.D.float(),
        z=z.transpose(1, 2).contiguous(),  # (B, inner, L)
        delta_bias=mixer.dt_proj.bias.float(),
        delta_softplus=True,
    )
    return mixer.out_proj(y.transpose(1, 2))  # (B, L, dim)
