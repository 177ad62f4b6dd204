"""The control without a state space: what Mamba's block is worth when its scan does nothing."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.registry import register


@register("identity", "d_conv", "expand")
class GatedConvolution(nn.Module):
    """Mamba's block with the selective scan replaced by the identity (PointMamba's ablation, arXiv 2402.10739).

        x ─ in_proj ┬─ x ─ causal conv ─ SiLU ─ (*) ─ out_proj
                    └─ z ─ SiLU ─────────────────┘

    Projections, convolution and gate stay, so a token still sees the d_conv - 1 before it; with d_conv = 1 it sees
    itself alone. What only the scan reads (x_proj, dt_proj, A_log, D) is gone; the rest is named as in ``Mamba``.

    Args:
        dim: width of a token.
        d_conv: width of the causal convolution.
        expand: the inner width is expand * dim.

    Shapes:
        (B, L, dim) -> (B, L, dim)
    """

    def __init__(self, dim: int, d_conv: int = 4, expand: int = 2):
        super().__init__()
        inner = expand * dim
        self.in_proj = nn.Linear(dim, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, d_conv, groups=inner, padding=d_conv - 1)
        self.out_proj = nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Gate (B, L, dim) -> (B, L, dim); position t sees positions t - d_conv + 1 to t."""
        x, z = self.in_proj(x).chunk(2, dim=-1)  # 2 x (B, L, inner)
        x = causal_conv_silu(x, self.conv1d.weight, self.conv1d.bias)  # type: ignore[arg-type]  # it has one
        return self.out_proj(x * F.silu(z))
