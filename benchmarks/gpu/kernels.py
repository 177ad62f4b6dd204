"""Each kernel alone: the scan against the memory's bandwidth and mamba-ssm's, sampling and grouping against torch."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.figures import Findings
from benchmarks.gpu.equality import scan_tensors
from benchmarks.gpu.setup import Setup
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.neighbours import knn_batched
from nimba.geometry.sampling import fps_batched
from nimba.geometry.ties import lexicographic_order
from nimba.runtime.optional import mamba_ssm_available
from nimba.scan.selective import selective_scan
from nimba.scan.tiling import Tiling, tile
from nimba.serialization import serialize
from nimba.serialization.walk import walk_batched

BATCH, CHANNELS, STATES = 32, 768, 16  # those of nimba_base
SIZES = ((BATCH, 64), (BATCH, 128), (BATCH, 256), (BATCH, 1024), (1, 1024), (1, 16384))
WIDTHS = (8, 16, 32)  # channels of a program, to choose from


def of_scan(setup: Setup, findings: Findings) -> None:
    """Forward, and forward with backward, in bfloat16 as in training."""
    speed = setup.bandwidth()
    findings.add("memory bandwidth, by a copy", speed / 1e9, "TB/s")
    for batch, length in setup.size(SIZES, ((2, 16),)):
        tensors = scan_tensors(batch, setup.size(CHANNELS, 8), STATES, length)
        u, delta, A, B, C, D = (setup.put(tensor) for tensor in tensors)
        inputs = [u.bfloat16(), delta, A, B.bfloat16(), C.bfloat16(), D]
        ours = _timed(setup, selective_scan, inputs)
        name = f"Triton scan ({batch}, {CHANNELS}, {STATES}, L = {length})"
        for part, time, bytes_moved in zip(("forward", "with backward"), ours, _least_bytes(inputs), strict=True):
            findings.add(f"{name}, {part}", time, "ms")
            share = bytes_moved / speed / time
            findings.add(f"{name}, {part}: share of the bandwidth's bound", 100 * share, "%", at_least=60.0)
        if u.is_cuda and mamba_ssm_available():
            theirs = _timed(setup, *_mamba_ssm(inputs))
            for part, time, rival in zip(("forward", "with backward"), ours, theirs, strict=True):
                aim = 1.0 if length <= 256 else None
                findings.add(f"{name}, {part}", rival / time, "times as fast as", rival="mamba-ssm's", at_least=aim)
        if u.is_cuda and (batch, length) == (BATCH, 1024):
            _by_width(setup, findings, name, inputs)


def _by_width(setup: Setup, findings: Findings, name: str, inputs: list[Tensor]) -> None:
    """The same with other numbers of channels to a program: which one ``tile`` should choose."""
    from nimba.scan.selective_triton import scan_backward, scan_forward

    batch, length, channels = inputs[0].shape
    slope = torch.randn_like(inputs[0])
    for width in WIDTHS:
        blocks = -(-channels // width)
        chosen = tile(batch, length, channels, STATES, 132)
        cut = Tiling(width, blocks, chosen.chunk, chosen.chunks)
        _, states = scan_forward(*inputs, True, cut)
        forward = setup.milliseconds(lambda cut=cut: scan_forward(*inputs, True, cut))
        backward = setup.milliseconds(lambda cut=cut, states=states: scan_backward(slope, *inputs, states, cut))
        findings.add(f"{name}, {width} channels a program, forward with states kept", forward, "ms")
        findings.add(f"{name}, {width} channels a program, backward", backward, "ms")


def _least_bytes(inputs: list[Tensor]) -> tuple[int, int]:
    """What a forward pass, and a forward and a backward pass, must at least move: each tensor once a pass."""
    all_inputs, output = sum(tensor.nbytes for tensor in inputs), inputs[0].nbytes
    forward = all_inputs + output
    return forward, forward + (all_inputs + output) + all_inputs  # it reads inputs and dy, and writes their gradients


def _timed(setup: Setup, scan: Callable[..., Tensor], inputs: list[Tensor]) -> tuple[float, float]:
    leaves = [tensor.detach().requires_grad_() for tensor in inputs]
    slope = torch.randn_like(inputs[0])

    def forward() -> None:
        with torch.no_grad():
            scan(*inputs)

    def both() -> None:
        torch.autograd.grad(scan(*leaves), leaves, slope)

    return setup.milliseconds(forward), setup.milliseconds(both)


def _mamba_ssm(inputs: list[Tensor]) -> tuple[Callable[..., Tensor], list[Tensor]]:
    """Its kernel in its own layout (B, D, L), so that no transposition is timed."""
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    u, delta, A, B, C, D = inputs
    swapped = [tensor.transpose(1, 2).contiguous() for tensor in (u, delta.to(u.dtype), B, C)]  # (B, D, L), (B, N, L)
    return selective_scan_fn, [swapped[0], swapped[1], A, swapped[2], swapped[3], D]


def of_tokens(setup: Setup, findings: Findings) -> None:
    """FPS, kNN and the walk at the size of a training batch."""
    points = torch.randn(setup.size(BATCH, 2), 1024, 3, device=setup.device) * 0.4
    chosen = farthest_point_sampling(points, 128)
    centres = points.gather(1, chosen[..., None].expand(-1, -1, 3))  # (B, 128, 3)
    order = lexicographic_order(centres, "y")
    ordered = centres.gather(1, order[..., None].expand(-1, -1, 3))  # (B, 128, 3)
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        f"FPS ({BATCH}, 1024) -> 128": (
            lambda: farthest_point_sampling(points, 128),
            lambda: fps_batched(points, 128),
        ),
        f"kNN ({BATCH}, 128 of 1024, k = 32)": (
            lambda: k_nearest(points, centres, 32),
            lambda: knn_batched(points, centres, 32),
        ),
        f"NIMBA order ({BATCH}, 128)": (
            lambda: serialize(centres, check=False),
            lambda: walk_batched(ordered, 0.8),
        ),
    }
    for name, (ours, theirs) in pairs.items():
        time, rival = setup.milliseconds(ours), setup.milliseconds(theirs)
        findings.add(name, time, "ms")
        findings.add(name, rival / time, "times as fast as", rival="plain torch operations")
