"""The selective scan on a CPU: against mamba-ssm's reference algorithm, a lean torch loop, mambapy, and attention."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.figures import Curve, Findings
from benchmarks.rivals_scan import lean_loop, reference_of_mamba_ssm, scan_of_mambapy
from benchmarks.timing import time_in_turn, time_one
from nimba.scan.reference import selective_scan_reference
from nimba.scan.selective import selective_scan

BATCH, CHANNELS, STATE, LENGTH = 8, 768, 16, 128  # nimba_base's blocks on 128 tokens
LEAN, MAMBA_SSM = "a lean torch loop, with unbind", "mamba-ssm's reference algorithm, with unbind"
LENGTHS = (64, 256, 1024, 4096, 16384)
Scan = Callable[..., Tensor]


def run() -> Findings:
    """All figures of the scan."""
    findings = Findings()
    against_rivals(findings)
    against_projections(findings)
    accuracy(findings)
    growth(findings)
    return findings


def arguments(batch: int, length: int, channels: int = CHANNELS, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Inputs as a block makes them: step sizes around 0.01, A = -1 ... -N."""
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(batch, length, channels, generator=generator, dtype=dtype)
    delta = F.softplus(torch.randn(batch, length, channels, generator=generator, dtype=dtype) - 4)
    A = -torch.arange(1.0, STATE + 1, dtype=dtype).repeat(channels, 1)  # (D, N)
    B, C = torch.randn(2, batch, length, STATE, generator=generator, dtype=dtype)
    return [t.requires_grad_() for t in (u, delta, A, B, C, torch.ones(channels, dtype=dtype))]


def step(scan: Scan, inputs: list[Tensor]) -> Callable[[], None]:
    """Forward and backward."""

    def run_step() -> None:
        torch.autograd.grad(scan(*inputs).sum(), inputs)

    return run_step


def against_rivals(findings: Findings) -> None:
    """Forward and backward at the size of a block."""
    inputs = arguments(BATCH, LENGTH)
    scans: dict[str, Scan] = {
        "ours": selective_scan,
        LEAN: lean_loop,
        MAMBA_SSM: reference_of_mamba_ssm,
    }
    mambapy = scan_of_mambapy()
    if mambapy is None:
        print("mambapy's scan: skipped, not installed (pip install mambapy)")
    else:
        scans["mambapy's scan"] = mambapy
    for name, scan in scans.items():
        torch.testing.assert_close(scan(*inputs), selective_scan(*inputs), rtol=1e-3, atol=1e-3, msg=name)
    times = time_in_turn({name: step(scan, inputs) for name, scan in scans.items()}, rounds=3)
    size = f"({BATCH}, {CHANNELS}, {STATE}, L = {LENGTH})"
    findings.add(f"scan {size}, forward + backward", 1e3 * times["ours"].best, "ms")
    for name, least in (
        (MAMBA_SSM, 20.0),
        (LEAN, 6.0),
        ("mambapy's scan", None),
    ):
        if name in times:
            ratio = times[name].median / times["ours"].median
            findings.add(f"scan {size}, forward + backward", ratio, "times as fast as", rival=name, at_least=least)


def against_projections(findings: Findings) -> None:
    """The scan's forward beside the two projections of the same block."""
    inputs = [t.detach() for t in arguments(BATCH, LENGTH)]
    x, into = torch.randn(BATCH * LENGTH, CHANNELS // 2), torch.nn.Linear(CHANNELS // 2, 2 * CHANNELS, bias=False)
    y, out = torch.randn(BATCH * LENGTH, CHANNELS), torch.nn.Linear(CHANNELS, CHANNELS // 2, bias=False)
    with torch.no_grad():
        times = time_in_turn({"scan": lambda: selective_scan(*inputs), "projections": lambda: (into(x), out(y))}, 20)
    findings.add("scan, forward", 1e3 * times["scan"].best, "ms")
    ratio = times["scan"].median / times["projections"].median
    findings.add("scan, forward", ratio, "times the time of", rival="the block's two projections", at_most=1.0)


def accuracy(findings: Findings) -> None:
    """Largest error of float32 against the reference in float64, relative to the largest value."""
    exact = arguments(2, LENGTH, channels=64, dtype=torch.float64)
    rounded = [t.detach().float().requires_grad_() for t in exact]
    wanted = [selective_scan_reference(*exact)]
    found = [selective_scan(*rounded)]
    wanted += torch.autograd.grad(wanted[0].square().sum(), exact)
    found += torch.autograd.grad(found[0].square().sum(), rounded)
    error = max(((f - w).abs().max() / w.abs().max()).item() for f, w in zip(found, wanted, strict=True))
    findings.add("scan, float32 against float64, output and gradients", error, "relative error", at_most=1e-5)


def growth(findings: Findings) -> None:
    """Cost against length, with attention of the same width beside it."""
    scan_seconds, attention_seconds = [], []
    for length in LENGTHS:
        inputs = arguments(1, length, channels=256)
        scan_seconds.append(time_one(step(selective_scan, inputs), rounds=3).best)
        if length <= LENGTHS[-2]:
            qkv = [torch.randn(1, 4, length, 64, requires_grad=True) for _ in range(3)]
            attention_seconds.append(time_one(step(F.scaled_dot_product_attention, qkv), rounds=2).best)
    lengths = [float(length) for length in LENGTHS]
    title = "One mixer of width 256, forward and backward"
    findings.curves.append(Curve(title, "selective scan", "tokens", lengths, scan_seconds))
    findings.curves.append(Curve(title, "attention", "tokens", lengths[:-1], attention_seconds))
    per_token = scan_seconds[-1] / LENGTHS[-1] / (scan_seconds[1] / LENGTHS[1])
    findings.add(f"scan, cost of a token at L = {LENGTHS[-1]} over L = {LENGTHS[1]}", per_token, "", at_most=1.5)
