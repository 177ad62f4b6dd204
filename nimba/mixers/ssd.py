"""State-space duality (SSD), Mamba-2's scan: compiled, chunk by chunk in matrix products, and step by step."""

import torch
from torch import Tensor

from nimba.scan import selective_scan

CHUNK = 64  # steps
COMPILED_STATES = 16  # up to this size of the state the compiled scan is the fastest on a CPU


def ssd_scan(x: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba-2's recurrence, the fastest way; arguments and result as in ``ssd_scan_reference``.

    It is computed in float32 (or float64, for checks of the gradient) whatever the autocast type is.
    """
    if x.device.type == "cpu" and B.shape[2] <= COMPILED_STATES:
        return _with_mambas_scan(x, delta, A, B, C, D)
    return ssd_scan_chunked(x, delta, A, B, C, D)


def _with_mambas_scan(x: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba-1's scan reads a step size for each channel, and a rate for each of its states: here all alike."""
    delta, A, D = (t.repeat_interleave(x.shape[3], -1) for t in (delta, A, D))  # (B, L, H P), (H P,), (H P,)
    y = selective_scan(x.flatten(2), delta, A[:, None].expand(-1, B.shape[2]), B, C, D)  # (B, L, H P)
    return y.view(x.shape)


def ssd_scan_chunked(
    x: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, chunk: int = CHUNK
) -> Tensor:
    """Mamba-2's recurrence by the chunked algorithm (Dao & Gu, arXiv 2405.21060, section 6).

    Within a chunk the recurrence is a masked attention, between chunks it carries a state. Arguments and result as in
    ``ssd_scan_reference``, and types as in ``ssd_scan``.

    Args:
        chunk: steps that are computed at once, with memory and work of its square.
    """
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    chunks = zip(*(t.to(dtype).split(chunk, 1) for t in (x, delta, B, C)), strict=True)
    A, D = A.to(dtype), D.to(dtype)
    state = torch.zeros(x.shape[0], x.shape[2], B.shape[2], x.shape[3], dtype=dtype, device=x.device)  # (B, H, N, P)
    outputs = []
    with torch.autocast(x.device.type, enabled=False):
        for part in chunks:
            y, state = _chunk(state, A, *part)
            outputs.append(y)
    return (torch.cat(outputs, 1) + x * D[:, None]).to(x.dtype)  # (B, L, H, P)


def _chunk(state: Tensor, A: Tensor, x: Tensor, delta: Tensor, B: Tensor, C: Tensor) -> tuple[Tensor, Tensor]:
    """One chunk of Q steps: the state (B, H, N, P) before it -> outputs (B, Q, H, P), the state after it."""
    steps = x.shape[1]
    log_decay = (delta * A).cumsum(1).transpose(1, 2)  # (B, H, Q) since before the chunk
    since = log_decay[..., :, None] - log_decay[..., None, :]  # (B, H, Q, Q) from step s, the last axis, to step t
    future = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1)
    decay = since.masked_fill(future, -torch.inf).exp()  # (B, H, Q, Q)
    drive = (x * delta[..., None]).transpose(1, 2)  # (B, H, Q, P)
    scores = (C @ B.transpose(1, 2))[:, None]  # (B, 1, Q, Q)
    within = (scores * decay) @ drive  # (B, H, Q, P)
    carried = (C[:, None] * log_decay.exp()[..., None]) @ state  # (B, H, Q, P)
    to_end = decay[..., -1, :, None] * B[:, None]  # (B, H, Q, N)
    state = state * log_decay[..., -1, None, None].exp() + to_end.transpose(2, 3) @ drive  # (B, H, N, P)
    return (within + carried).transpose(1, 2), state


def ssd_scan_reference(x: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba-2's recurrence, step by step: all channels of a head forget at one rate.

        h_t = exp(delta_t A) h_{t-1} + delta_t B_t x_t,    y_t = C_t h_t + D x_t

    Args:
        x: (B, L, H, P) input, H heads of P channels.
        delta: (B, L, H) step sizes, positive (after the softplus).
        A: (H,), negative.
        B: (B, L, N), for all heads.
        C: (B, L, N), for all heads.
        D: (H,).

    Returns:
        (B, L, H, P).
    """
    state = x.new_zeros(len(x), x.shape[2], B.shape[2], x.shape[3])  # (B, H, N, P)
    outputs = []
    for t in range(x.shape[1]):
        decay = torch.exp(delta[:, t] * A)[..., None, None]  # (B, H, 1, 1)
        drive = (delta[:, t, :, None] * x[:, t])[:, :, None]  # (B, H, 1, P)
        state = decay * state + B[:, t, None, :, None] * drive  # (B, H, N, P)
        outputs.append((state * C[:, t, None, :, None]).sum(2))  # (B, H, P)
    return torch.stack(outputs, 1) + x * D[:, None]  # (B, L, H, P)
