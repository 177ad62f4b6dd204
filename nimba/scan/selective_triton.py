# mypy: disable-error-code="assignment"
"""The selective scan in Triton, forward and backward: no compiled extension, only what comes with torch for CUDA.

Layout: channels last, as on the CPU. A program is one warp with one cloud and one block of channels. Its state
(CHANNELS, N) stays in registers while it walks along the sequence, SEGMENT steps at a time. The steps of a segment are
unrolled; nothing is stored before all of them are loaded, so that the warp waits for memory once a segment. The forward
pass keeps the state at the beginning of every segment; the backward pass recomputes the states in between, in
registers. Partial sums over clouds and over blocks are added up by torch, not by atomics: results do not depend on
timing.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from nimba.scan.segments import TRITON_SEGMENT as SEGMENT
from nimba.scan.segments import state_type

FORWARD_STATE, BACKWARD_STATE = 256, 128  # numbers in the state of a program: 8 and 4 to a lane
LOG2_E = tl.constexpr(1.4426950408889634)


def scan_forward(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, keep: bool
) -> tuple[Tensor, Tensor]:
    """The scan; arguments as in ``selective_scan_reference``, of any floating types and strides.

    Args:
        keep: whether the states for ``scan_backward`` are wanted.

    Returns:
        y (B, L, D) in the type of u; the state at the beginning of every segment, (B, ceil(L / SEGMENT), D, N), or
        (B, 0, D, N) if it is not to be kept.
    """
    u, delta, A, B, C, D = (_rows(t) for t in (u, delta, A, B, C, D))
    batch, length, channels = u.shape
    order = A.shape[1]
    block = _channels(FORWARD_STATE, order)
    y = torch.empty(u.shape, dtype=u.dtype, device=u.device)
    segments = triton.cdiv(length, SEGMENT) if keep else 0
    states = torch.empty(batch, segments, channels, order, dtype=state_type(u), device=u.device)
    with torch.cuda.device_of(u):
        _forward[(batch, triton.cdiv(channels, block))](
            *(u, delta, A, B, C, D, y, states),
            *_strides(u, delta, B, C),
            *(length, channels, order),
            KEEP=keep,
            **_constants(u, order, block),
        )
    return y, states


def scan_backward(
    dy: Tensor, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, states: Tensor
) -> list[Tensor]:
    """Gradients of y . dy with respect to u, delta, A, B, C and D, each in its argument's type; dy is contiguous."""
    inputs = (u, delta, A, B, C, D)
    u, delta, A, B, C, D = (_rows(t) for t in inputs)
    batch, length, channels = u.shape
    order = A.shape[1]
    block = _channels(BACKWARD_STATE, order)
    blocks = triton.cdiv(channels, block)
    du, ddelta = (torch.empty(u.shape, dtype=t.dtype, device=u.device) for t in (u, delta))
    dA = states.new_empty(batch, channels, order)
    dD = states.new_empty(batch, channels)
    dB, dC = (states.new_empty(blocks, batch, length, order) for _ in range(2))
    with torch.cuda.device_of(u):
        _backward[(batch, blocks)](
            *(dy, u, delta, A, B, C, D, states, du, ddelta, dA, dB, dC, dD),
            *_strides(u, delta, B, C),
            *(length, channels, order),
            **_constants(u, order, block),
        )
    gradients = (du, ddelta, dA.sum(0), dB.sum(0), dC.sum(0), dD.sum(0))
    return [gradient.to(t.dtype) for gradient, t in zip(gradients, inputs, strict=True)]


def _rows(t: Tensor) -> Tensor:
    """Parameters contiguous; sequences with a contiguous last axis, their other strides being arguments of kernels."""
    return t if t.is_contiguous() or (t.dim() == 3 and t.stride(-1) == 1) else t.contiguous()


def _strides(*sequences: Tensor) -> list[int]:
    return [stride for t in sequences for stride in t.stride()[:2]]


def _channels(state: int, order: int) -> int:
    """Channels of a program, so that its state has about ``state`` numbers."""
    return min(max(state // triton.next_power_of_2(order), 1), 32)


def _constants(u: Tensor, order: int, block: int) -> dict[str, object]:
    return {
        "STATE": tl.float64 if state_type(u) == torch.float64 else tl.float32,
        "ORDER": triton.next_power_of_2(order),
        "CHANNELS": block,
        "STEPS": SEGMENT,
        "num_warps": 1,
    }


@triton.jit
def _forward(  # type: ignore[no-untyped-def]
    u, delta, A, B, C, D, y, states,
    u_cloud, u_step, delta_cloud, delta_step, B_cloud, B_step, C_cloud, C_step,
    length, channels, order,
    KEEP: tl.constexpr, STATE: tl.constexpr, ORDER: tl.constexpr, CHANNELS: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    cloud = tl.program_id(0).to(tl.int64)
    d = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.arange(0, ORDER)
    mine, used = d < channels, n < order
    tile = d[:, None] * order + n[None, :]  # (D, N)
    both = mine[:, None] & used[None, :]
    segments = tl.cdiv(length, STEPS)
    u += cloud * u_cloud
    delta += cloud * delta_cloud
    B += cloud * B_cloud
    C += cloud * C_cloud
    y += cloud * length * channels
    states += cloud * segments * order * channels
    rate = tl.load(A + tile, both, 0).to(STATE) * LOG2_E  # (D, N)
    skip = tl.load(D + d, mine, 0).to(STATE)  # (D,)
    state = tl.zeros((CHANNELS, ORDER), STATE)
    for segment in range(segments):
        first = segment * STEPS
        if KEEP:
            tl.store(states + segment * channels * order + tile, state, both)
        outputs = ()
        for s in tl.static_range(STEPS):
            t = first + s
            inside = t < length  # past the end, a step of 0 leaves the state as it is
            x = tl.load(u + t * u_step + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(delta + t * delta_step + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(B + t * B_step + n, used & inside, 0).to(STATE)  # (N,)
            out = tl.load(C + t * C_step + n, used & inside, 0).to(STATE)  # (N,)
            state = tl.exp2(step[:, None] * rate) * state + (step * x)[:, None] * into[None, :]
            outputs += (tl.sum(state * out[None, :], 1) + x * skip,)
        for s in tl.static_range(STEPS):
            tl.store(y + (first + s) * channels + d, outputs[s], mine & (first + s < length))


@triton.jit
def _backward(  # type: ignore[no-untyped-def]
    dy, u, delta, A, B, C, D, states, du, ddelta, dA, dB, dC, dD,
    u_cloud, u_step, delta_cloud, delta_step, B_cloud, B_step, C_cloud, C_step,
    length, channels, order,
    STATE: tl.constexpr, ORDER: tl.constexpr, CHANNELS: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    cloud = tl.program_id(0).to(tl.int64)
    block = tl.program_id(1)
    d = block * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.arange(0, ORDER)
    mine, used = d < channels, n < order
    tile = d[:, None] * order + n[None, :]  # (D, N)
    both = mine[:, None] & used[None, :]
    segments = tl.cdiv(length, STEPS)
    dy += cloud * length * channels
    u += cloud * u_cloud
    delta += cloud * delta_cloud
    B += cloud * B_cloud
    C += cloud * C_cloud
    states += cloud * segments * order * channels
    du += cloud * length * channels
    ddelta += cloud * length * channels
    dB += (block * tl.num_programs(0) + cloud) * length * order
    dC += (block * tl.num_programs(0) + cloud) * length * order
    a = tl.load(A + tile, both, 0).to(STATE)  # (D, N)
    rate = a * LOG2_E
    skip = tl.load(D + d, mine, 0).to(STATE)  # (D,)
    carried = tl.zeros((CHANNELS, ORDER), STATE)  # gradient that reaches the state from later steps
    slope = tl.zeros((CHANNELS, ORDER), STATE)  # of A
    skipped = tl.zeros((CHANNELS,), STATE)  # of D
    for done in range(segments):
        segment = segments - 1 - done
        first = segment * STEPS
        state = tl.load(states + segment * channels * order + tile, both, 0)  # (D, N)
        inputs, decays, history = (), (), (state,)
        for s in tl.static_range(STEPS):
            t = first + s
            inside = t < length
            x = tl.load(u + t * u_step + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(delta + t * delta_step + d, mine & inside, 0).to(STATE)  # (D,)
            grad = tl.load(dy + t * channels + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(B + t * B_step + n, used & inside, 0).to(STATE)  # (N,)
            out = tl.load(C + t * C_step + n, used & inside, 0).to(STATE)  # (N,)
            decay = tl.exp2(step[:, None] * rate)  # (D, N)
            state = decay * state + (step * x)[:, None] * into[None, :]
            inputs += ((x, step, grad, into, out),)
            decays += (decay,)
            history += (state,)
        for s in tl.static_range(STEPS - 1, -1, -1):
            t = first + s
            x, step, grad, into, out = inputs[s]
            here = carried + grad[:, None] * out[None, :]  # (D, N), gradient of the state after step t
            carried = here * decays[s]
            exponent = carried * history[s]  # gradient of delta A
            to_drive = tl.sum(here * into[None, :], 1)  # (D,), gradient of delta u
            to_step = tl.sum(exponent * a, 1)  # (D,)
            slope += exponent * step[:, None]
            skipped += grad * x
            inside = t < length
            tl.store(du + t * channels + d, grad * skip + to_drive * step, mine & inside)
            tl.store(ddelta + t * channels + d, to_step + to_drive * x, mine & inside)
            tl.store(dB + t * order + n, tl.sum(here * (step * x)[:, None], 0), used & inside)
            tl.store(dC + t * order + n, tl.sum(history[s + 1] * grad[:, None], 0), used & inside)
    tl.store(dA + cloud * channels * order + tile, slope, both)
    tl.store(dD + cloud * channels + d, skipped, mine)
