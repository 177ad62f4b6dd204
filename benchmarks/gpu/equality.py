"""A GPU's results against the CPU's: integers exactly, the rest within what their types round."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

import nimba
from benchmarks.figures import Findings
from benchmarks.gpu.setup import Setup
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.mixers import Mamba
from nimba.mixers.mamba_cuda import Path
from nimba.runtime.optional import causal_conv1d_available, mamba_ssm_available
from nimba.scan.reference import selective_scan_reference
from nimba.scan.selective import selective_scan
from nimba.serialization import ORDERS, serialize

SHARE, ERROR = "share that differs", "relative error"
UNITS = (SHARE, ERROR)
TYPES = {"float32": (torch.float32, 1e-4), "bfloat16": (torch.bfloat16, 3e-2)}  # and how far they may be off


LARGE = 20_000  # points, more than NIMBA's Triton kernels take


def of_centres_and_orders(setup: Setup, findings: Findings) -> None:
    """FPS, kNN and every order, on noise and on a grid full of ties; a cloud too large for the kernels."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(setup.size(8, 2), setup.size(1024, 200), 3, generator=generator)
    for kind, points in (("noise", noise), ("ties", (noise * 3).round() / 3)):
        chosen = farthest_point_sampling(points, 128)
        centres = points.gather(1, chosen[..., None].expand(-1, -1, 3))  # (B, 128, 3)
        there, centres_there = setup.put(points), setup.put(centres)
        _same(findings, f"FPS to 128, {kind}", chosen, farthest_point_sampling(there, 128))
        _same(findings, f"kNN of 32, {kind}", k_nearest(points, centres, 32), k_nearest(there, centres_there, 32))
        for order in ORDERS:
            _same(findings, f"order {order}, {kind}", serialize(centres, order), serialize(centres_there, order))
    large = torch.rand(1, setup.size(LARGE, 300), 3, generator=generator)
    for order in ("nimba", "greedy", "hilbert"):
        what = f"order {order}, {large.shape[1]} points"
        _same(findings, what, serialize(large, order), serialize(setup.put(large), order))
    centres = large[:, :256]
    found = k_nearest(setup.put(large), setup.put(centres), 16)
    _same(findings, f"kNN 16 of {large.shape[1]}", k_nearest(large, centres, 16), found)


def of_scans(setup: Setup, findings: Findings) -> None:
    """The Triton scan, forward and backward, against the loop in float64: whole, and in chunks side by side."""
    for batch, length in setup.size(((2, 1), (2, 64), (2, 100), (64, 100), (1, 1000), (1, 1025)), ((1, 5), (2, 20))):
        tensors = scan_tensors(batch, setup.size(96, 8), 16, length)
        expected = _with_gradients(selective_scan_reference, [t.double() for t in tensors])
        found = _with_gradients(selective_scan, [setup.put(t) for t in tensors])
        _close(findings, f"Triton scan ({batch}, {length}), output and gradients", found, expected, 1e-4)


def of_mixers(setup: Setup, findings: Findings) -> None:
    """The mixer on each way that is open to it on CUDA, against the CPU in float64."""
    torch.manual_seed(0)
    mixer = Mamba(setup.size(384, 16)).double()
    x = torch.randn(4, setup.size(64, 9), mixer.out_proj.out_features, dtype=torch.float64)
    expected = _mix(mixer, x)
    x = setup.put(x.float())
    mixer.float().to(x.device)
    ways: list[Path] = ["own"]
    if x.is_cuda and mamba_ssm_available():
        ways.append("scan kernel")
        if causal_conv1d_available():
            ways.append("fused")
    for way in ways:
        mixer._path_on_cuda = lambda x, way=way: way  # type: ignore[method-assign,misc]
        for name, (dtype, bound) in TYPES.items():
            with setup.autocast(dtype):
                found = _mix(mixer, x)
            _close(findings, f"Mamba mixer ({way}), {name}, output and gradients", found, expected, bound)


def of_logits(setup: Setup, findings: Findings) -> None:
    """The whole network."""
    torch.manual_seed(0)
    model = nimba.create_model(setup.size("nimba_base", "nimba_tiny")).eval()
    points = torch.randn(setup.size(8, 2), setup.size(1024, 200), 3) * 0.4
    with torch.no_grad():
        here = model(points)
        there = setup.put(model)(setup.put(points))
    _close(findings, "logits of the network", [there], [here.double()], 1e-3)


def scan_tensors(batch: int, channels: int, states: int, length: int) -> list[Tensor]:
    """Inputs of a scan: u, delta, A, B, C, D."""
    torch.manual_seed(0)
    u, delta = torch.randn(batch, length, channels), torch.rand(batch, length, channels) * 0.1
    A = -torch.arange(1.0, states + 1).repeat(channels, 1)
    return [u, delta, A, torch.randn(batch, length, states), torch.randn(batch, length, states), torch.randn(channels)]


def _with_gradients(scan: Callable[..., Tensor], tensors: list[Tensor]) -> list[Tensor]:
    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    y = scan(*leaves)
    return [y.detach(), *torch.autograd.grad(y.square().sum(), leaves)]


def _mix(mixer: Mamba, x: Tensor) -> list[Tensor]:
    mixer.zero_grad()
    y = mixer(x)
    y = y if y.dtype == torch.float64 else y.float()
    y.square().mean().backward()
    return [y.detach(), *(p.grad.detach().clone() for p in mixer.parameters() if p.grad is not None)]


def _same(findings: Findings, what: str, here: Tensor, there: Tensor) -> None:
    findings.add(what, (here != there.cpu()).double().mean().item(), SHARE, at_most=0.0)


def _close(findings: Findings, what: str, found: Iterable[Tensor], expected: Iterable[Tensor], bound: float) -> None:
    """The largest of the errors |found - expected| / |expected|, as vectors; NaN is one."""
    errors = [
        ((a.double().cpu() - b).norm() / b.norm().clamp(min=1e-30)).item() for a, b in zip(found, expected, strict=True)
    ]
    worst = max(errors, key=lambda error: float("inf") if error != error else error)
    findings.add(what, worst, ERROR, at_most=bound)
