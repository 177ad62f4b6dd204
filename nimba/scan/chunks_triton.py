# mypy: disable-error-code="assignment"
"""What lets the chunks of a sequence be scanned side by side: the state, or its gradient, that enters each of them.

Every chunk is first walked from zero (``leave_chunk``); what leaves it is then carried on from chunk to chunk
(``carry_on``). Forward, a chunk hands its state to the next; backward, its gradient to the one before. Chunks are
counted in the direction of the walk, and nothing depends on timing.
"""

import triton
import triton.language as tl

from nimba.scan.forward_triton import LOG2_E


@triton.jit(do_not_specialize=["length", "chunk"])
def leave_chunk(  # type: ignore[no-untyped-def]
    drive, delta, A, towards, entering, total,
    drive_cloud, drive_step, delta_cloud, delta_step, towards_cloud, towards_step,
    length, chunk, channels, order,
    REVERSE: tl.constexpr, STATE: tl.constexpr, ORDER: tl.constexpr, CHANNELS: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """What leaves a chunk that nothing entered, and the sum of its step sizes.

    Forward, drive (B, L, D) is u and towards (B, L, N) is B; in reverse they are dy and C. Writes, for the chunk that
    follows, entering (B, chunks, D, N), and total (B, chunks, D).
    """
    cloud, place, chunks = tl.program_id(0).to(tl.int64), tl.program_id(2), tl.num_programs(2)
    part = (chunks - 1 - place if REVERSE else place).to(tl.int64)
    d = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.arange(0, ORDER)
    mine, used = d < channels, n < order
    tile = d[:, None] * order + n[None, :]  # (D, N)
    both = mine[:, None] & used[None, :]
    begin = part * chunk
    count = (tl.minimum(begin + chunk, length) - begin).to(tl.int32)
    segments = tl.cdiv(count, STEPS)
    rate = tl.load(A + tile, both, 0).to(STATE) * LOG2_E  # (D, N)
    state = tl.zeros((CHANNELS, ORDER), STATE)
    passed = tl.zeros((CHANNELS,), STATE)
    for done in range(segments):
        first = (segments - 1 - done if REVERSE else done) * STEPS
        here = begin + first
        for i in tl.static_range(STEPS):
            s = STEPS - 1 - i if REVERSE else i
            inside = first + s < count
            of_drive = drive + cloud * drive_cloud + here * drive_step + s * drive_step
            of_delta = delta + cloud * delta_cloud + here * delta_step + s * delta_step
            of_towards = towards + cloud * towards_cloud + here * towards_step + s * towards_step
            x = tl.load(of_drive + d, mine & inside, 0).to(STATE)  # (D,)
            step = tl.load(of_delta + d, mine & inside, 0).to(STATE)  # (D,)
            into = tl.load(of_towards + n, used & inside, 0).to(STATE)  # (N,)
            decay = tl.exp2(step[:, None] * rate)  # (D, N)
            if REVERSE:
                state = decay * (state + x[:, None] * into[None, :])
            else:
                state = decay * state + (step * x)[:, None] * into[None, :]
            passed += step
    if place + 1 < chunks:
        tl.store(entering + (cloud * chunks + place + 1) * channels * order + tile, state, both)
    tl.store(total + (cloud * chunks + place) * channels + d, passed, mine)


@triton.jit(do_not_specialize=["chunks"])
def carry_on(  # type: ignore[no-untyped-def]
    entering, total, A, chunks, channels, order, STATE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    """Add to what enters each chunk, in place, what entered the one before it and is left at its end."""
    cloud = tl.program_id(0).to(tl.int64)
    i = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)  # of (D, N)
    there = i < channels * order
    rate = tl.load(A + i, there, 0).to(STATE) * LOG2_E
    entering += cloud * chunks * channels * order
    total += cloud * chunks * channels
    carried = tl.zeros((BLOCK,), STATE)
    tl.store(entering + i, carried, there)
    for _ in range(1, chunks):
        entering += channels * order
        step = tl.load(total + i // order, there, 0)
        carried = tl.exp2(step * rate) * carried + tl.load(entering + i, there, 0)
        tl.store(entering + i, carried, there)
        total += channels
