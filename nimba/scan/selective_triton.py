"""The selective scan in Triton, forward and backward: no compiled extension, only what comes with torch for CUDA.

A program has one cloud, one block of channels and one chunk of the sequence (``tiling`` says how many). Partial sums
over clouds, blocks and chunks are added up by torch, not by atomics: results do not depend on timing.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from nimba.scan.backward_triton import slope_chunk
from nimba.scan.chunks_triton import carry_on, leave_chunk
from nimba.scan.forward_triton import scan_chunk
from nimba.scan.segments import TRITON_SEGMENT, state_type
from nimba.scan.tiling import Tiling, tile

CARRIED = 128  # numbers that a program of ``carry_on`` carries


def scan_forward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    keep: bool,
    tiling: Tiling | None = None,
) -> tuple[Tensor, Tensor]:
    """The scan; arguments as in ``selective_scan_reference``, of any floating types and strides.

    Args:
        keep: whether the states for ``scan_backward`` are wanted.
        tiling: the cut into programs; None for the one that suits the device.

    Returns:
        y (B, L, D) in the type of u; the state at the beginning of every segment, (B, ceil(L / TRITON_SEGMENT), D, N),
        or (B, 0, D, N) if it is not to be kept.
    """
    u, delta, A, B, C, D = (_rows(t) for t in (u, delta, A, B, C, D))
    batch, length, channels = u.shape
    order = A.shape[1]
    cut = tiling or _tiling(u, order)
    y = torch.empty(u.shape, dtype=u.dtype, device=u.device)
    segments = triton.cdiv(length, TRITON_SEGMENT) if keep else 0
    states = torch.empty(batch, segments, channels, order, dtype=state_type(u), device=u.device)
    with torch.cuda.device_of(u):
        entering = _enter(u, delta, A, B, cut, reverse=False)
        scan_chunk[(batch, cut.blocks, cut.chunks)](
            *(u, delta, A, B, C, D, entering, y, states),
            *_strides(u, delta, B, C),
            *(length, cut.chunk, channels, order),
            CHUNKED=cut.chunks > 1,
            KEEP=keep,
            **_constants(u, order, cut),
        )
    return y, states


def scan_backward(
    dy: Tensor,
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    states: Tensor,
    tiling: Tiling | None = None,
) -> list[Tensor]:
    """Gradients of y . dy with respect to u, delta, A, B, C and D, each in its argument's type; dy is contiguous."""
    inputs = (u, delta, A, B, C, D)
    u, delta, A, B, C, D = (_rows(t) for t in inputs)
    batch, length, channels = u.shape
    order = A.shape[1]
    cut = tiling or _tiling(u, order)
    du, ddelta = (torch.empty(u.shape, dtype=t.dtype, device=u.device) for t in (u, delta))
    dA = states.new_empty(batch, cut.chunks, channels, order)
    dD = states.new_empty(batch, cut.chunks, channels)
    dB, dC = (states.new_empty(cut.blocks, batch, length, order) for _ in range(2))
    with torch.cuda.device_of(u):
        entering = _enter(dy, delta, A, C, cut, reverse=True)
        slope_chunk[(batch, cut.blocks, cut.chunks)](
            *(dy, u, delta, A, B, C, D, states, entering, du, ddelta, dA, dB, dC, dD),
            *_strides(u, delta, B, C),
            *(length, cut.chunk, channels, order),
            CHUNKED=cut.chunks > 1,
            **_constants(u, order, cut),
        )
    gradients = (du, ddelta, dA.sum((0, 1)), dB.sum(0), dC.sum(0), dD.sum((0, 1)))
    return [gradient.to(t.dtype) for gradient, t in zip(gradients, inputs, strict=True)]


def _enter(drive: Tensor, delta: Tensor, A: Tensor, towards: Tensor, cut: Tiling, reverse: bool) -> Tensor:
    """What enters each chunk, counted in the direction of the walk: (B, chunks, D, N); empty for a single chunk."""
    batch, length, channels = drive.shape
    order = A.shape[1]
    dtype = state_type(drive)
    if cut.chunks == 1:
        return torch.empty(0, dtype=dtype, device=drive.device)
    entering = torch.empty(batch, cut.chunks, channels, order, dtype=dtype, device=drive.device)
    total = torch.empty(batch, cut.chunks, channels, dtype=dtype, device=drive.device)
    leave_chunk[(batch, cut.blocks, cut.chunks)](
        *(drive, delta, A, towards, entering, total),
        *_strides(drive, delta, towards),
        *(length, cut.chunk, channels, order),
        REVERSE=reverse,
        **_constants(drive, order, cut),
    )
    carry_on[(batch, triton.cdiv(channels * order, CARRIED))](
        *(entering, total, A, cut.chunks, channels, order), STATE=_constants(drive, order, cut)["STATE"], BLOCK=CARRIED
    )
    return entering


def _tiling(u: Tensor, order: int) -> Tiling:
    processors = torch.cuda.get_device_properties(u.device).multi_processor_count if u.is_cuda else 1
    batch, length, channels = u.shape
    return tile(batch, length, channels, order, processors)


def _rows(t: Tensor) -> Tensor:
    """Parameters contiguous; sequences with a contiguous last axis, their other strides being arguments of kernels."""
    return t if t.is_contiguous() or (t.dim() == 3 and t.stride(-1) == 1) else t.contiguous()


def _strides(*sequences: Tensor) -> list[int]:
    return [stride for t in sequences for stride in t.stride()[:2]]


def _constants(u: Tensor, order: int, cut: Tiling) -> dict[str, Any]:
    return {
        "STATE": tl.float64 if state_type(u) == torch.float64 else tl.float32,
        "ORDER": triton.next_power_of_2(order),
        "CHANNELS": cut.channels,
        "STEPS": TRITON_SEGMENT,
        "num_warps": 1,
    }
