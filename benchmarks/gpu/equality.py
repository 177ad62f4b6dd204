"""A GPU's results against the CPU's: integers exactly, the rest within what their types round."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

import nimba
from benchmarks.figures import Findings
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.mixers import Mamba
from nimba.runtime.optional import mamba_ssm_available
from nimba.scan.reference import selective_scan_reference
from nimba.scan.selective import selective_scan
from nimba.serialization import ORDERS, serialize

SHARE, ERROR = "share that differs", "relative error"
UNITS = (SHARE, ERROR)
TYPES = {"float32": (torch.float32, 1e-4), "bfloat16": (torch.bfloat16, 3e-2)}  # and how far they may be off


def of_centres_and_orders(findings: Findings) -> None:
    """FPS, kNN and every order, on noise and on a grid full of ties."""
    noise = torch.randn(8, 1024, 3, generator=torch.Generator().manual_seed(0))
    for kind, points in (("noise", noise), ("ties", (noise * 3).round() / 3)):
        chosen = farthest_point_sampling(points, 128)
        centres = points.gather(1, chosen[..., None].expand(-1, -1, 3))  # (8, 128, 3)
        there, centres_there = points.cuda(), centres.cuda()
        _same(findings, f"FPS 1024 -> 128, {kind}", chosen, farthest_point_sampling(there, 128))
        _same(findings, f"kNN 32 of 1024, {kind}", k_nearest(points, centres, 32), k_nearest(there, centres_there, 32))
        for order in ORDERS:
            _same(findings, f"order {order}, {kind}", serialize(centres, order), serialize(centres_there, order))


def of_scans(findings: Findings) -> None:
    """The Triton scan, forward and backward, against the loop in float64."""
    for length in (1, 64, 100, 1000):
        tensors = scan_tensors(2, 96, 16, length)
        expected = _with_gradients(selective_scan_reference, [t.double() for t in tensors])
        found = _with_gradients(selective_scan, [t.cuda() for t in tensors])
        _close(findings, f"Triton scan, L = {length}, output and gradients", found, expected, 1e-4)


def of_mixers(findings: Findings) -> None:
    """The mixer in use on CUDA (mamba-ssm's kernels where they are built) against ours on the CPU in float64."""
    torch.manual_seed(0)
    mixer = Mamba(384).double()
    x = torch.randn(4, 64, 384, dtype=torch.float64)
    expected = _mix(mixer, x)
    mixer.float().cuda()
    kernels = "mamba-ssm" if mamba_ssm_available() else "Triton"
    for name, (dtype, bound) in TYPES.items():
        with torch.autocast("cuda", dtype, enabled=dtype != torch.float32):
            found = _mix(mixer, x.float().cuda())
        _close(findings, f"Mamba mixer ({kernels}), {name}, output and gradients", found, expected, bound)


def of_logits(findings: Findings) -> None:
    """The whole network, and a step of training with it."""
    torch.manual_seed(0)
    model = nimba.create_model("nimba_base").eval()
    points = torch.randn(8, 1024, 3) * 0.4
    with torch.no_grad():
        here = model(points)
        there = model.cuda()(points.cuda())
    _close(findings, "logits of nimba_base", [there], [here.double()], 1e-3)


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
