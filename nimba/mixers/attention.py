"""The control from the Transformer: self-attention beside an MLP."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.heads import count_heads
from nimba.mixers.registry import register

MLP_RATIO = 1.25  # 4 dim^2 of attention and 2.5 of MLP: within 3 % of a Mamba mixer's 6.5 to 6.7 dim^2 at expand 2


@register("attention", "head_dim")
class Attention(nn.Module):
    """Multi-head self-attention beside an MLP on the same tokens, the parallel block of ViT-22B (arXiv 2302.05442).

        x ┬─ qkv ─ softmax(q k / sqrt(head_dim)) v ─ out ─ (+)
          └─ Linear ─ GELU ─ Linear ───────────────────────┘

    In parallel, both halves fit where Mamba stands, x + mixer(norm(x)), with its one norm. There is no mask: each token
    sees all. Without a positional embedding the order of the tokens then changes nothing but the order of the results.

    Args:
        dim: width of a token.
        head_dim: width of a head; must divide dim.

    Shapes:
        (B, L, dim) -> (B, L, dim)

    Raises:
        InputError: if head_dim does not divide dim.
    """

    def __init__(self, dim: int, head_dim: int = 64):
        super().__init__()
        self.heads = count_heads(dim, head_dim)
        hidden = round(MLP_RATIO * dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, L, dim) -> (B, L, dim)."""
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (B, L, 3, H, head_dim)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # 3 x (B, H, L, head_dim)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # (B, L, dim)
        return self.out(mixed) + self.mlp(x)
