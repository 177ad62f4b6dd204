"""What Triton kernels over clouds share. Launch them with ``**ROUNDED`` and ``num_warps=warps(BLOCK)``."""

import triton
import triton.language as tl

# Every product and sum is rounded by itself, as torch and the CPU kernels do it: by default Triton and ptxas contract
# x * x + y * y into a fused multiply-add, and where points are nearly as far as each other another one would be chosen.
ROUNDED = {"enable_fp_fusion": False}

INT32_MAX = tl.constexpr(2**31 - 1)


def block_of(count: int) -> int:
    """Points of a program for clouds of ``count`` points: a power of two, a warp at least."""
    return max(triton.next_power_of_2(count), 32)


def warps(block: int, points_per_warp: int = 256) -> int:
    """Warps of a program."""
    return min(max(block // points_per_warp, 1), 16)


@triton.jit
def load_points(points, i, there):  # type: ignore[no-untyped-def]
    """Coordinates of the points i of a cloud (N, 3), zeros where they are not ``there``."""
    return (
        tl.load(points + 3 * i, there, 0.0),
        tl.load(points + 3 * i + 1, there, 0.0),
        tl.load(points + 3 * i + 2, there, 0.0),
    )


@triton.jit
def squared_norm(dx, dy, dz):  # type: ignore[no-untyped-def]
    """Summed in the order x, y, z, as everywhere."""
    return dx * dx + dy * dy + dz * dz


@triton.jit
def rank_distance(distance):  # type: ignore[no-untyped-def]
    """int32 in the order of squared distances: the bits of floats that are not negative; NaN comes last."""
    return tl.where(distance == distance, distance.to(tl.int32, bitcast=True), INT32_MAX - 1)


@triton.jit
def rank_coordinate(value):  # type: ignore[no-untyped-def]
    """int32 in the order in which torch sorts float32: -0 equals 0, and NaN comes last, whatever its sign."""
    bits = tl.where(value == 0, 0.0, value).to(tl.int32, bitcast=True)
    bits = tl.where(bits < 0, bits ^ INT32_MAX, bits)
    return tl.where(value == value, bits, INT32_MAX - 1)
