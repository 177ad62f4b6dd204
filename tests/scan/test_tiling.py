import pytest

from nimba.scan.segments import TRITON_SEGMENT
from nimba.scan.tiling import LEAST_CHUNK, tile

H100 = 132  # multiprocessors


@pytest.mark.parametrize("batch", [0, 1, 8, 32])
@pytest.mark.parametrize("length", [0, 1, 7, 64, 100, 1024, 32768])
@pytest.mark.parametrize(("channels", "order"), [(1, 1), (10, 16), (768, 16), (768, 256), (40, 5)])
def test_every_step_and_channel_lies_in_exactly_one_program(batch, length, channels, order):
    cut = tile(batch, length, channels, order, H100)
    assert (cut.blocks - 1) * cut.channels < channels <= cut.blocks * cut.channels
    assert cut.channels.bit_count() == 1
    assert cut.chunk % TRITON_SEGMENT == 0
    assert (cut.chunks - 1) * cut.chunk < max(length, 1) <= cut.chunks * cut.chunk


def test_the_partial_sums_are_less_than_the_tensors_themselves():
    """Every block writes dB and dC in full, and they are read once more to be added up."""
    batch, length, channels, order = 32, 1024, 768, 16
    cut = tile(batch, length, channels, order, H100)
    partial = 2 * 2 * cut.blocks * batch * length * order * 4
    least = batch * length * channels * (2 + 4 + 2 + 2 + 4)  # u, delta and dy are read; du and ddelta written
    assert partial < 0.6 * least


@pytest.mark.parametrize("length", [1024, 4096, 32768])
def test_a_single_cloud_fills_the_device(length):
    cut = tile(1, length, 768, 16, H100)
    assert cut.blocks * cut.chunks >= 3 * H100
    assert cut.chunk >= LEAST_CHUNK


@pytest.mark.parametrize(("batch", "length"), [(32, 1024), (32, 64), (1, 64), (16, 256)])
def test_what_fills_the_device_or_is_short_stays_whole(batch, length):
    """The states of a cut sequence are computed twice."""
    assert tile(batch, length, 768, 16, H100).chunks == 1
