"""The selective scan as a loop over time: readable, on any device, and never a (B, L, D, N) tensor at once."""

import torch
from torch import Tensor


def selective_scan_reference(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba's recurrence (Gu & Dao, arXiv 2312.00752, section 3.2), with its simplified (Euler) step for B.

        h_t = exp(delta_t A) h_{t-1} + delta_t u_t B_t,    y_t = C_t h_t + D u_t

    Args:
        u: (B, L, D) input.
        delta: (B, L, D) step sizes, positive (after the softplus).
        A: (D, N), negative.
        B: (B, L, N).
        C: (B, L, N).
        D: (D,).

    Returns:
        (B, L, D).
    """
    state = u.new_zeros(u.shape[0], u.shape[2], A.shape[1])  # (B, D, N)
    outputs = []
    for t in range(u.shape[1]):
        decay = torch.exp(delta[:, t, :, None] * A)  # (B, D, N)
        state = decay * state + (delta[:, t] * u[:, t])[..., None] * B[:, t, None]  # (B, D, N)
        outputs.append((state * C[:, t, None]).sum(-1))  # (B, D)
    return torch.stack(outputs, 1) + u * D  # (B, L, D)
