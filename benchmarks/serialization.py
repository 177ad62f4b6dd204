"""Serialization: the walk from 128 centres to a million points, and the curves against their published form."""

import math

import torch

from benchmarks.clouds import CLOUDS, UNEVEN, in_two_clumps, noise, torus
from benchmarks.figures import Curve, Findings
from benchmarks.rivals_serialization import cdist_walk, hilbert_on_unpacked_bits, torch_walk
from benchmarks.timing import time_in_turn, time_one
from nimba.geometry.codes import curve_codes, hilbert
from nimba.geometry.grid import quantize
from nimba.geometry.ties import lexicographic_order
from nimba.serialization import ORDERS, serialize
from nimba.serialization.walk_reference import walk_reference

MILLION = 10**6
SIZES = (10**4, 10**5, 10**6)
BITS = 10
SLOW = {"fps", "spectral", "short"}  # not meant for a million points


def run() -> Findings:
    """All figures of the serialization."""
    findings = Findings()
    batches(findings)
    walks(findings)
    uneven(findings)
    curves(findings)
    others(findings)
    return findings


def batches(findings: Findings) -> None:
    """A training batch: 32 clouds of 128 centres."""
    centres = noise(32 * 128).view(32, 128, 3)
    rivals = {
        "our own walk in batched torch": lambda: torch_walk(centres, 0.8),
        "cdist and Python, element by element": lambda: cdist_walk(centres, 0.8),
    }
    for rival in rivals.values():
        assert torch.equal(serialize(centres), rival())
    times = time_in_turn({"ours": lambda: serialize(centres), **rivals}, rounds=15)
    findings.add("NIMBA order, (32, 128) centres", 1e3 * times["ours"].best, "ms", at_most=1.0)
    for name in rivals:
        ratio = times[name].median / times["ours"].median
        findings.add("NIMBA order, (32, 128) centres", ratio, "times as fast as", rival=name)


def walks(findings: Findings) -> None:
    """The walk over single clouds, kind and unkind, and how its cost grows."""
    for name, cloud in CLOUDS.items():
        for r in (0.8, 0.05):
            _require_equal_to_reference(cloud(1500), r)
            seconds = [_seconds(cloud(count), r) for count in SIZES]
            findings.curves.append(Curve("NIMBA order of one cloud", f"{name}, r = {r:g}", "points", [*SIZES], seconds))
            findings.add(f"NIMBA order, {name}, r = {r:g}, 1,000,000 points", seconds[-1], "s", at_most=3.0)
            growth = math.log(seconds[-1] / seconds[0]) / math.log(SIZES[-1] / SIZES[0])
            findings.add("  its growth from 10^4 to 10^6 points, as a power of N", growth, "", at_most=1.2)
    for variant in ("nearest", "swap"):
        time = time_one(lambda v=variant: serialize(torus(MILLION), variant=v), rounds=3).best
        findings.add(f"NIMBA {variant}, torus, r = 0.8, 1,000,000 points", time, "s")


def uneven(findings: Findings) -> None:
    """A million points, some of which lie far away: outliers, or a second cloud."""
    plain = torus(MILLION)
    for variant in ("first", "nearest"):
        clouds = {"none": plain, **{name: make(MILLION) for name, make in UNEVEN.items()}}
        functions = {name: lambda p=points, v=variant: serialize(p, variant=v) for name, points in clouds.items()}
        times = time_in_turn(functions, rounds=2)
        for name in UNEVEN:
            what = f"NIMBA order ({variant}), torus of 1,000,000 points with {name}"
            ratio = times[name].median / times["none"].median
            findings.add(what, ratio, "times the time without", at_most=1.5)
    clumps = in_two_clumps(MILLION)
    seconds = time_one(lambda: serialize(clumps, r=0.008), rounds=2).best  # as .8 of a cloud a hundred times larger
    findings.add("NIMBA order, two clumps far apart, 1,000,000 points", seconds, "s", at_most=3.0)


def _seconds(points: torch.Tensor, r: float) -> float:
    return time_one(lambda: serialize(points, r=r), rounds=3 if len(points) == MILLION else 10).best


def _require_equal_to_reference(points: torch.Tensor, r: float) -> None:
    ordered = points[lexicographic_order(points[None], "y")[0]]
    assert torch.equal(points[serialize(points, r=r)], ordered[torch.from_numpy(walk_reference(ordered.numpy(), r))])


def curves(findings: Findings) -> None:
    """A million Morton and Hilbert codes, and whole orders."""
    points = torus(MILLION)
    cells = quantize(points[None], BITS)[0]
    assert torch.equal(hilbert_on_unpacked_bits(cells[:5000], BITS), hilbert(cells[:5000], BITS))
    times = time_in_turn(
        {
            "ours": lambda: curve_codes(points[None], BITS, "hilbert"),
            "torch": lambda: hilbert(quantize(points[None], BITS), BITS),
            "published": lambda: hilbert_on_unpacked_bits(quantize(points[None], BITS)[0], BITS),
        },
        rounds=3,
    )
    for rival, name, least in (("published", "the bit-unpacked form", 10.0), ("torch", "whole words in torch", None)):
        ratio = times[rival].median / times["ours"].median
        findings.add("Hilbert codes of 1,000,000 points", ratio, "times as fast as", rival=name, at_least=least)
    findings.add("Hilbert order of 1,000,000 points", time_one(lambda: serialize(points, "hilbert")).best * 1e3, "ms")
    findings.add(
        "Morton order of 1,000,000 points, ties by coordinates",
        time_one(lambda: serialize(points, "morton"), rounds=9).best * 1e3,
        "ms",
        at_most=50.0,
    )


def others(findings: Findings) -> None:
    """Every other order: a training batch, and the largest cloud that it is meant for."""
    centres, large, medium = noise(32 * 128).view(32, 128, 3), torus(MILLION), torus(10**5)
    for name in ORDERS:
        if name in ("nimba", "morton", "hilbert"):
            continue
        batch = time_one(lambda n=name: serialize(centres, n), rounds=5).best
        findings.add(f"{name}, (32, 128) centres", 1e3 * batch, "ms")
        if name == "fps":
            continue  # N^2
        points = medium if name in SLOW else large
        time = time_one(lambda n=name, p=points: serialize(p, n), rounds=2).best
        findings.add(f"{name}, {len(points):,} points", time, "s")
