"""The Mamba-2 mixer, with mamba_ssm's parameter names: weights go both ways."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.heads import count_heads, initial_dt_bias
from nimba.mixers.registry import register
from nimba.mixers.ssd import ssd_scan
from nimba.mixers.step_size import step_size

A_MIN, A_MAX = 1.0, 16.0  # range of the initial decay rates, as mamba_ssm's default


@register("ssd", "d_state", "d_conv", "expand", "head_dim")
class Mamba2(nn.Module):
    """Uni-directional Mamba-2 (Dao & Gu, arXiv 2405.21060, section 7.1), with one group of B and C.

        x ─ in_proj ┬─ x, B, C ─ causal conv ─ SiLU ─ SSD scan ─ (*) ─ RMSNorm ─ out_proj
                    ├─ dt ─ softplus ─────────────────────┘       │
                    └─ z ─ SiLU ──────────────────────────────────┘

    Args:
        dim: width of a token.
        d_state: N, size of the state of each channel; mamba_ssm's own default is 128.
        d_conv: width of the causal convolution.
        expand: the inner width is expand * dim.
        head_dim: channels that share a decay rate; must divide the inner width.

    Shapes:
        (B, L, dim) -> (B, L, dim)

    Raises:
        InputError: if head_dim does not divide expand * dim.
    """

    def __init__(self, dim: int, d_state: int = 16, d_conv: int = 4, expand: int = 2, head_dim: int = 64):
        super().__init__()
        inner = expand * dim
        heads = count_heads(inner, head_dim)
        mixed = inner + 2 * d_state  # channels of x, B and C
        self.sizes = inner, mixed, heads
        self.d_state, self.head_dim = d_state, head_dim
        self.in_proj = nn.Linear(dim, inner + mixed + heads, bias=False)
        self.conv1d = nn.Conv1d(mixed, mixed, d_conv, groups=mixed, padding=d_conv - 1)
        self.dt_bias = nn.Parameter(initial_dt_bias(heads))
        self.A_log = nn.Parameter(torch.empty(heads).uniform_(A_MIN, A_MAX).log())
        self.D = nn.Parameter(torch.ones(heads))
        self.norm = nn.RMSNorm(inner, eps=1e-5)
        self.out_proj = nn.Linear(inner, dim, bias=False)
        for parameter in (self.dt_bias, self.A_log, self.D):
            parameter._no_weight_decay = True  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, L, dim) -> (B, L, dim); position t sees positions <= t only."""
        inner, mixed, heads = self.sizes
        z, xBC, dt = self.in_proj(x).split([inner, mixed, heads], dim=-1)
        xBC = causal_conv_silu(xBC, self.conv1d.weight, self.conv1d.bias)  # type: ignore[arg-type]  # it has one
        x, B, C = xBC.split([inner, self.d_state, self.d_state], dim=-1)
        x = x.unflatten(-1, (heads, self.head_dim))  # (B, L, H, P)
        # The step sizes add up along the path: like A and D they are kept in float32 under autocast.
        delta = step_size(dt.to(self.A_log.dtype), self.dt_bias)  # (B, L, H)
        y = ssd_scan(x, delta, -self.A_log.exp(), B, C, self.D).flatten(2)  # (B, L, inner)
        return self.out_proj(self.norm(y * F.silu(z)))
