"""The Mamba mixer, with mamba_ssm's parameter names: weights go both ways."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.gate import silu_gate
from nimba.mixers.mamba_cuda import Path, choose_path, mix_fused, mix_with_scan_kernel
from nimba.mixers.step_size import step_size
from nimba.runtime.optional import causal_conv1d_available, mamba_ssm_available
from nimba.scan.selective import selective_scan

DT_MIN, DT_MAX, DT_FLOOR = 1e-3, 1e-1, 1e-4  # range of the initial step size, as mamba_ssm's defaults


class Mamba(nn.Module):
    """Uni-directional Mamba-1 (Gu & Dao, arXiv 2312.00752, figure 3).

        x ─ in_proj ┬─ x ─ causal conv ─ SiLU ─ selective scan ─ (*) ─ out_proj
                    └─ z ─ SiLU ─────────────────────────────────┘

    On CUDA it calls mamba-ssm's kernels where they are built and take its sizes and types (the fused path with
    causal-conv1d, else ``selective_scan_fn``); elsewhere, and in a compiled network, NIMBA's own scan.

    Args:
        dim: width of a token.
        d_state: N, size of the state of each channel.
        d_conv: width of the causal convolution.
        expand: the inner width is expand * dim.
        dt_rank: rank of the projection to step sizes; ceil(dim / 16) where None.

    Shapes:
        (B, L, dim) -> (B, L, dim)
    """

    def __init__(self, dim: int, d_state: int = 16, d_conv: int = 4, expand: int = 2, dt_rank: int | None = None):
        super().__init__()
        inner = expand * dim
        self.d_state, self.d_conv = d_state, d_conv
        self.dt_rank = dt_rank or math.ceil(dim / 16)
        self.in_proj = nn.Linear(dim, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, d_conv, groups=inner, padding=d_conv - 1)
        self.x_proj = nn.Linear(inner, self.dt_rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.dt_rank, inner)
        self.A_log = nn.Parameter(torch.arange(1.0, d_state + 1).log().repeat(inner, 1))  # (inner, N)
        self.D = nn.Parameter(torch.ones(inner))
        self.out_proj = nn.Linear(inner, dim, bias=False)
        self._init_dt()
        for parameter in (self.A_log, self.D, self.dt_proj.bias):
            parameter._no_weight_decay = True  # type: ignore[attr-defined]  # A_log is 2-D: no rule by shape spares it

    def _init_dt(self) -> None:
        """Step sizes start log-uniform in [DT_MIN, DT_MAX]; a zeroed bias would freeze the memory at softplus(0)."""
        bound = self.dt_rank**-0.5
        nn.init.uniform_(self.dt_proj.weight, -bound, bound)
        log_range = math.log(DT_MIN), math.log(DT_MAX)
        dt = torch.empty_like(self.dt_proj.bias).uniform_(*log_range).exp().clamp(min=DT_FLOOR)
        with torch.no_grad():
            self.dt_proj.bias.copy_(dt + torch.log(-torch.expm1(-dt)))  # the inverse of softplus

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, L, dim) -> (B, L, dim); position t sees positions <= t only."""
        path = self._path_on_cuda(x) if x.is_cuda else "own"
        if path == "fused":
            return mix_fused(self, x)
        if path == "scan kernel":
            return mix_with_scan_kernel(self, x)
        x, z = self.in_proj(x).chunk(2, dim=-1)  # 2 x (B, L, inner)
        x = causal_conv_silu(x, self.conv1d.weight, self.conv1d.bias)  # type: ignore[arg-type]  # it has one
        dt, B, C = self.x_proj(x).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        # The step sizes add up along the path: like A and D they are kept in float32 under autocast.
        delta = step_size(F.linear(dt, self.dt_proj.weight).to(self.A_log.dtype), self.dt_proj.bias)  # (B, L, inner)
        y = selective_scan(x, delta, -self.A_log.exp(), B, C, self.D)  # (B, L, inner)
        return self.out_proj(silu_gate(y, z))

    def _path_on_cuda(self, x: Tensor) -> Path:
        return choose_path(
            *(x.dtype, x.shape[1], self.d_state, self.d_conv),
            scan_kernel=mamba_ssm_available(),
            conv_kernel=causal_conv1d_available(),
            compiling=torch.compiler.is_compiling(),
        )
