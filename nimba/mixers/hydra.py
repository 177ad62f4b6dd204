"""The Hydra mixer, Mamba-2 in both directions, with its authors' parameter names: weights go both ways."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.heads import count_heads, initial_dt_bias
from nimba.mixers.registry import register
from nimba.mixers.ssd import ssd_scan
from nimba.mixers.step_size import step_size


@register("hydra", "d_state", "d_conv", "expand", "head_dim")
class Hydra(nn.Module):
    """Bidirectional Mamba-2 as a quasiseparable matrix (Hwang, Lahoti, Dao, Gu, arXiv 2407.09941, section 3).

        x ─ in_proj ┬─ x, B, C ─ centred conv ─ SiLU ─ S ─ RMSNorm ─ (*) ─ out_proj
                    ├─ dt ─ softplus ──────────────────┘              │
                    └─ z ─ SiLU ──────────────────────────────────────┘

        S(x)_t = scan(x)_{t-1} + scan of the reversed path, likewise shifted + (D + fc_D x_t) x_t

    Each direction has its own B, C and dt; decay rates and the rest are shared. The shift leaves a token's own place in
    the matrix to D.

    Args:
        dim: width of a token.
        d_state: N, size of the state of each channel, in each direction; the authors' own default is 64.
        d_conv: width of the convolution, whose centre is the token (for an even width, the later of the middle two);
            the authors' own default is 7.
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
        mixed = inner + 4 * d_state  # channels of x, and of B and C there and back
        self.sizes = inner, mixed, heads
        self.d_state, self.d_conv, self.head_dim = d_state, d_conv, head_dim
        self.in_proj = nn.Linear(dim, inner + mixed + 2 * heads, bias=False)
        self.conv1d = nn.Conv1d(mixed, mixed, d_conv, groups=mixed, padding=d_conv // 2)
        self.dt_bias = nn.Parameter(initial_dt_bias(heads))
        self.A_log = nn.Parameter(torch.zeros(heads))
        self.D = nn.Parameter(torch.ones(heads))
        self.fc_D = nn.Linear(inner, heads, bias=False)
        self.norm = nn.RMSNorm(inner, eps=1e-5)
        self.out_proj = nn.Linear(inner, dim, bias=False)
        for parameter in (self.dt_bias, self.A_log, self.D):
            parameter._no_weight_decay = True  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, L, dim) -> (B, L, dim); each position sees all."""
        inner, mixed, heads = self.sizes
        z, xBC, dt = self.in_proj(x).split([inner, mixed, 2 * heads], dim=-1)
        x, BC = self._convolve(xBC).split([inner, 4 * self.d_state], dim=-1)
        B, C = _both_ways(*BC.chunk(2, dim=-1)).chunk(2, dim=-1)  # 2 x (2 B, L, N)
        dt = _both_ways(*dt.chunk(2, dim=-1))  # (2 B, L, H)
        # The step sizes add up along the path: like A and D they are kept in float32 under autocast.
        delta = step_size(dt.to(self.A_log.dtype), self.dt_bias)
        split = x.unflatten(-1, (heads, self.head_dim))  # (B, L, H, P)
        y = ssd_scan(_both_ways(split, split), delta, -self.A_log.exp(), B, C, torch.zeros_like(self.D))
        both = F.pad(y[:, :-1], (0, 0, 0, 0, 1, 0))  # (2 B, L, H, P), from the tokens before
        there, back = both[: x.shape[0]], both[x.shape[0] :]  # 2 x (B, L, H, P)
        own = F.linear(x, self.fc_D.weight, self.D)[..., None] * split  # (B, L, H, P)
        y = (there + back.flip(1) + own).flatten(2)  # (B, L, inner)
        return self.out_proj(self.norm(y) * F.silu(z))

    def _convolve(self, x: Tensor) -> Tensor:
        """The causal convolution of a path shifted towards its start: (B, L, C) -> (B, L, C)."""
        ahead = (self.d_conv - 1) // 2
        x = F.pad(x, (0, 0, 0, ahead))  # (B, L + ahead, C)
        return causal_conv_silu(x, self.conv1d.weight, self.conv1d.bias)[:, ahead:]  # type: ignore[arg-type]


def _both_ways(there: Tensor, back: Tensor) -> Tensor:
    """Sequences to be read from their start and, reversed, sequences to be read from their end: -> (2 B, L, ...)."""
    return torch.cat([there, back.flip(1)])
