"""How the scan in Triton is cut into programs. Nothing here needs triton or a device."""

from dataclasses import dataclass

from nimba.scan.segments import TRITON_SEGMENT

STATE = 512  # numbers in the state of a program, 16 to a lane: fewer cost more instructions each, more do not fit
LEAST_CHUNK = 4 * TRITON_SEGMENT  # steps
PROGRAMS_TO_FILL = 4  # a multiprocessor: one for each of its schedulers
WORTHWHILE = 3  # chunks; two cost more, since their states are computed twice, than they save


@dataclass(frozen=True)
class Tiling:
    """The cut of a scan: a program takes one cloud, one block of channels and one chunk of the sequence."""

    channels: int  # of a program, a power of two
    blocks: int
    chunk: int  # steps, a multiple of TRITON_SEGMENT
    chunks: int


def tile(batch: int, length: int, channels: int, order: int, processors: int) -> Tiling:
    """Cut a scan of (batch, length, channels) with ``order`` numbers in the state of each channel.

    The sequence is left whole unless clouds and blocks of channels are too few to keep the device busy.

    Args:
        batch: clouds.
        length: steps.
        channels: of all blocks.
        order: N.
        processors: the device's multiprocessors.
    """
    block = max(min(STATE // _power_of_two(order), 32, _power_of_two(channels)), 1)
    blocks = -(-channels // block)
    chunks = min(PROGRAMS_TO_FILL * processors // max(batch * blocks, 1), length // LEAST_CHUNK)
    chunk = length if chunks < WORTHWHILE else -(-length // chunks)
    chunk = max(-(-chunk // TRITON_SEGMENT), 1) * TRITON_SEGMENT
    return Tiling(block, blocks, chunk, max(-(-length // chunk), 1))


def _power_of_two(number: int) -> int:
    """The least power of two that is not below ``number``."""
    return 1 << max(number - 1, 0).bit_length()
