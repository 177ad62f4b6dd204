# mypy: disable-error-code="assignment"
"""The selective scan's forward kernel in Triton.

Layout: channels last, as on the CPU. A program is one warp. Its state (CHANNELS, N) stays in registers while it walks
along its chunk of the sequence, STEPS steps at a time; these are unrolled, and nothing is stored before all of them
are loaded, so that the warp waits for memory once in STEPS steps. Places in the sequence are counted in 64 bits.
"""

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit(do_not_specialize=["length", "chunk"])  # else it is compiled again for other lengths
def scan_chunk(  # type: ignore[no-untyped-def]
    u, delta, A, B, C, D, entering, y, states,
    u_cloud, u_step, delta_cloud, delta_step, B_cloud, B_step, C_cloud, C_step,
    length, chunk, channels, order,
    CHUNKED: tl.constexpr, KEEP: tl.constexpr, STATE: tl.constexpr,
    ORDER: tl.constexpr, CHANNELS: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """Scan one chunk from the state ``entering`` it, (B, chunks, D, N), or from zero if the sequence is whole.

    Writes y (B, L, D) and, to be kept, the state at the beginning of every STEPS steps, (B, ceil(L / STEPS), D, N).
    """
    cloud, part = tl.program_id(0).to(tl.int64), tl.program_id(2).to(tl.int64)
    d = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.arange(0, ORDER)
    mine, used = d < channels, n < order
    tile = d[:, None] * order + n[None, :]  # (D, N)
    both = mine[:, None] & used[None, :]
    begin = part * chunk
    count = (tl.minimum(begin + chunk, length) - begin).to(tl.int32)
    u += cloud * u_cloud + begin * u_step
    delta += cloud * delta_cloud + begin * delta_step
    B += cloud * B_cloud + begin * B_step
    C += cloud * C_cloud + begin * C_step
    y += (cloud * length + begin) * channels
    states += (cloud * tl.cdiv(length, STEPS) + begin // STEPS) * channels * order
    rate = tl.load(A + tile, both, 0).to(STATE) * LOG2_E  # (D, N)
    skip = tl.load(D + d, mine, 0).to(STATE)  # (D,)
    state = tl.zeros((CHANNELS, ORDER), STATE)
    if CHUNKED:
        state = tl.load(entering + (cloud * tl.num_programs(2) + part) * channels * order + tile, both, 0)
    for first in range(0, count, STEPS):
        if KEEP:
            tl.store(states + tile, state, both)
            states += channels * order
        outputs = ()
        for s in tl.static_range(STEPS):
            inside = first + s < count  # past the end, a step of 0 leaves the state as it is
            x = tl.load(u + s * u_step + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(delta + s * delta_step + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(B + s * B_step + n, used & inside, 0).to(STATE)  # (N,)
            out = tl.load(C + s * C_step + n, used & inside, 0).to(STATE)  # (N,)
            state = tl.exp2(step[:, None] * rate) * state + (step * x)[:, None] * into[None, :]
            outputs += (tl.sum(state * out[None, :], 1) + x * skip,)
        for s in tl.static_range(STEPS):
            tl.store(y + s * channels + d, outputs[s], mine & (first + s < count))
        u += STEPS * tl.cast(u_step, tl.int64)
        delta += STEPS * tl.cast(delta_step, tl.int64)
        B += STEPS * tl.cast(B_step, tl.int64)
        C += STEPS * tl.cast(C_step, tl.int64)
        y += STEPS * channels
