"""Mamba in both directions: the path read from its start and from its end."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.gate import silu_gate
from nimba.mixers.mamba import Mamba
from nimba.mixers.registry import register
from nimba.mixers.step_size import step_size
from nimba.scan import selective_scan


@register("bidirectional", "d_state", "d_conv", "expand")
class BidirectionalMamba(nn.Module):
    """Two Mamba-1 scans, along the path and against it (Vision Mamba's "v2" block, arXiv 2401.09417).

        x ─ in_proj ┬─ x ┬─ causal conv ─ SiLU ─ selective scan ──────────────── mean ─ (*) ─ out_proj
                    │    └─ flip ─ causal conv ─ SiLU ─ selective scan ─ flip ─┘       │
                    └─ z ─ SiLU ───────────────────────────────────────────────────────┘

    The directions share in_proj, the gate and out_proj; each has its own convolution, projections and state matrix,
    named as in that paper's code (those of the way back: conv1d_b, x_proj_b, dt_proj_b, A_b_log, D_b). The directions'
    mean is that of its published models ("div2").

    Args:
        dim: width of a token.
        d_state: N, size of the state of each channel, in each direction.
        d_conv: width of the convolutions.
        expand: the inner width is expand * dim.

    Shapes:
        (B, L, dim) -> (B, L, dim)
    """

    def __init__(self, dim: int, d_state: int = 16, d_conv: int = 4, expand: int = 2):
        super().__init__()
        there, back = (Mamba(dim, d_state, d_conv, expand) for _ in range(2))  # their parts start as Mamba's do
        self.d_state, self.dt_rank = d_state, there.dt_rank
        self.in_proj, self.out_proj = there.in_proj, there.out_proj
        self.conv1d, self.conv1d_b = there.conv1d, back.conv1d
        self.x_proj, self.x_proj_b = there.x_proj, back.x_proj
        self.dt_proj, self.dt_proj_b = there.dt_proj, back.dt_proj
        self.A_log, self.A_b_log = there.A_log, back.A_log
        self.D, self.D_b = there.D, back.D

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, L, dim) -> (B, L, dim); each position sees all."""
        x, z = self.in_proj(x).chunk(2, dim=-1)  # 2 x (B, L, inner)
        there = self._scan(x, self.conv1d, self.x_proj, self.dt_proj, self.A_log, self.D)
        back = self._scan(x.flip(1), self.conv1d_b, self.x_proj_b, self.dt_proj_b, self.A_b_log, self.D_b)
        return self.out_proj(silu_gate((there + back.flip(1)) / 2, z))

    def _scan(
        self, x: Tensor, conv: nn.Conv1d, x_proj: nn.Linear, dt_proj: nn.Linear, A_log: Tensor, D: Tensor
    ) -> Tensor:
        """One direction, up to the gate, as in ``Mamba.forward``: (B, L, inner) -> (B, L, inner)."""
        x = causal_conv_silu(x, conv.weight, conv.bias)  # type: ignore[arg-type]  # it has one
        dt, B, C = x_proj(x).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        delta = step_size(F.linear(dt, dt_proj.weight).to(A_log.dtype), dt_proj.bias)  # (B, L, inner)
        return selective_scan(x, delta, -A_log.exp(), B, C, D)
