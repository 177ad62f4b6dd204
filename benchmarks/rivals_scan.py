"""Rivals of the scan: what people run today on a CPU, written from its description, or taken from its package.

Each is in the fastest form that its users could choose: through time by ``unbind``, whose backward stacks the gradients
once. That of ``x[:, t]`` fills a whole tensor with zeros for every step, and costs L^2.
"""

import importlib.util
from collections.abc import Callable

import torch
from torch import Tensor


def reference_of_mamba_ssm(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """The algorithm of mamba-ssm's ``selective_scan_ref``, which it runs where its CUDA extension is not, with unbind.

    It makes exp(delta A) and delta B u of shape (B, D, L, N) at once, by einsum, and then steps through time.
    Arguments and result as in ``nimba.scan.reference``; layout (B, D, L) inside, as there.
    """
    u_, delta_ = u.transpose(1, 2), delta.transpose(1, 2)  # (B, D, L)
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta_, A))  # (B, D, L, N)
    drive = torch.einsum("bdl,bln,bdl->bdln", delta_, B, u_)  # (B, D, L, N)
    state = A.new_zeros(u.shape[0], u.shape[2], A.shape[1])  # (B, D, N)
    outputs = []
    for decay_t, drive_t, C_t in zip(decay.unbind(2), drive.unbind(2), C.unbind(1), strict=True):
        state = decay_t * state + drive_t
        outputs.append(torch.einsum("bdn,bn->bd", state, C_t))
    y = torch.stack(outputs, 2) + u_ * D[:, None]  # (B, D, L)
    return y.transpose(1, 2)


def lean_loop(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """``nimba.scan.reference`` with unbind: never a (B, L, D, N) tensor in the forward pass."""
    state = u.new_zeros(u.shape[0], u.shape[2], A.shape[1])  # (B, D, N)
    outputs = []
    for x, step, B_t, C_t in zip((delta * u).unbind(1), delta.unbind(1), B.unbind(1), C.unbind(1), strict=True):
        state = torch.exp(step[..., None] * A) * state + x[..., None] * B_t[:, None]  # (B, D, N)
        outputs.append((state * C_t[:, None]).sum(-1))  # (B, D)
    return torch.stack(outputs, 1) + u * D  # (B, L, D)


def scan_of_mambapy() -> Callable[..., Tensor] | None:
    """mambapy's parallel scan (``mambapy.pscan``) around the same recurrence; None where it isn't installed."""
    if importlib.util.find_spec("mambapy") is None:
        return None
    from mambapy.pscan import pscan

    def scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
        decay = torch.exp(delta[..., None] * A)  # (B, L, D, N)
        drive = (delta * u)[..., None] * B[:, :, None]  # (B, L, D, N)
        return (pscan(decay, drive) @ C[..., None])[..., 0] + D * u  # (B, L, D)

    return scan
