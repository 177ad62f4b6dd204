# mypy: disable-error-code="assignment"
"""The selective scan's backward kernel in Triton; its layout is that of ``forward_triton``.

The states inside a segment are computed again from the one that the forward pass kept at its beginning, and are all
that stays in registers: what was loaded for them is loaded once more, from the cache, for the gradients.
"""

import triton
import triton.language as tl

from nimba.scan.forward_triton import LOG2_E

LN_2 = tl.constexpr(0.6931471805599453)


@triton.jit(do_not_specialize=["length", "chunk"])  # else it is compiled again for other lengths
def slope_chunk(  # type: ignore[no-untyped-def]
    dy, u, delta, A, B, C, D, states, entering, du, ddelta, dA, dB, dC, dD,
    u_cloud, u_step, delta_cloud, delta_step, B_cloud, B_step, C_cloud, C_step,
    length, chunk, channels, order,
    CHUNKED: tl.constexpr, STATE: tl.constexpr, ORDER: tl.constexpr, CHANNELS: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """Gradients of one chunk, from its last step to its first, from the one ``entering`` from later chunks.

    Chunks are counted from the last in ``entering``, (B, chunks, D, N). Writes du and ddelta (B, L, D), and partial
    sums: dA (B, chunks, D, N), dD (B, chunks, D), dB and dC (blocks, B, L, N).
    """
    cloud, block = tl.program_id(0).to(tl.int64), tl.program_id(1)
    chunks = tl.num_programs(2)
    part = (chunks - 1 - tl.program_id(2)).to(tl.int64)
    d = block * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.arange(0, ORDER)
    mine, used = d < channels, n < order
    tile = d[:, None] * order + n[None, :]  # (D, N)
    both = mine[:, None] & used[None, :]
    begin = part * chunk
    count = (tl.minimum(begin + chunk, length) - begin).to(tl.int32)
    segments = tl.cdiv(count, STEPS)
    last = begin + (segments - 1) * STEPS  # first step of the last segment
    dy += (cloud * length + last) * channels
    u += cloud * u_cloud + last * u_step
    delta += cloud * delta_cloud + last * delta_step
    B += cloud * B_cloud + last * B_step
    C += cloud * C_cloud + last * C_step
    states += (cloud * tl.cdiv(length, STEPS) + last // STEPS) * channels * order
    du += (cloud * length + last) * channels
    ddelta += (cloud * length + last) * channels
    dB += ((block.to(tl.int64) * tl.num_programs(0) + cloud) * length + last) * order
    dC += ((block.to(tl.int64) * tl.num_programs(0) + cloud) * length + last) * order
    rate = tl.load(A + tile, both, 0).to(STATE) * LOG2_E  # (D, N)
    skip = tl.load(D + d, mine, 0).to(STATE)  # (D,)
    carried = tl.zeros((CHANNELS, ORDER), STATE)  # gradient that reaches the state from later steps
    if CHUNKED:
        carried = tl.load(entering + (cloud * chunks + tl.program_id(2)) * channels * order + tile, both, 0)
    slope = tl.zeros((CHANNELS, ORDER), STATE)  # of A
    skipped = tl.zeros((CHANNELS,), STATE)  # of D
    for done in range(segments):
        first = (segments - 1 - done) * STEPS
        state = tl.load(states + tile, both, 0)  # (D, N)
        history = (state,)
        for s in tl.static_range(STEPS):
            inside = first + s < count
            x = tl.load(u + s * u_step + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(delta + s * delta_step + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(B + s * B_step + n, used & inside, 0).to(STATE)  # (N,)
            state = tl.exp2(step[:, None] * rate) * state + (step * x)[:, None] * into[None, :]
            history += (state,)
        for s in tl.static_range(STEPS - 1, -1, -1):
            inside = first + s < count
            x = tl.load(u + s * u_step + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(delta + s * delta_step + d, mine & inside, 0).to(STATE)  # (D,)
            grad = tl.load(dy + s * channels + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(B + s * B_step + n, used & inside, 0).to(STATE)  # (N,)
            out = tl.load(C + s * C_step + n, used & inside, 0).to(STATE)  # (N,)
            here = carried + grad[:, None] * out[None, :]  # (D, N), gradient of the state after this step
            carried = here * tl.exp2(step[:, None] * rate)
            exponent = carried * history[s]  # gradient of delta A
            to_drive = tl.sum(here * into[None, :], 1)  # (D,), gradient of delta u
            to_step = tl.sum(exponent * rate, 1) * LN_2  # (D,)
            slope += exponent * step[:, None]
            skipped += grad * x
            tl.store(du + s * channels + d, grad * skip + to_drive * step, mine & inside)
            tl.store(ddelta + s * channels + d, to_step + to_drive * x, mine & inside)
            tl.store(dB + s * order + n, tl.sum(here * (step * x)[:, None], 0), used & inside)
            tl.store(dC + s * order + n, tl.sum(history[s + 1] * grad[:, None], 0), used & inside)
        dy -= STEPS * channels
        u -= STEPS * tl.cast(u_step, tl.int64)
        delta -= STEPS * tl.cast(delta_step, tl.int64)
        B -= STEPS * tl.cast(B_step, tl.int64)
        C -= STEPS * tl.cast(C_step, tl.int64)
        states -= channels * order
        du -= STEPS * channels
        ddelta -= STEPS * channels
        dB -= STEPS * order
        dC -= STEPS * order
    tl.store(dA + (cloud * chunks + part) * channels * order + tile, slope, both)
    tl.store(dD + (cloud * chunks + part) * channels + d, skipped, mine)
