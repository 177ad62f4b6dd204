"""Reading large files: ten million points of each format, down to the points that a network is given."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.figures import Findings

POINTS, CHOSEN = 10_000_000, 1024
_PART = 1_000_000  # points that are written at once
SECONDS, MEGABYTES = 15.0, 1000.0
READ = f"""
import re, sys, time
from nimba.clouds import read, resample
start = time.perf_counter()
assert resample(read(sys.argv[1]).points, {CHOSEN}).shape == ({CHOSEN}, 3)
seconds = time.perf_counter() - start
# What getrusage says counts the process that started this one, too.
print(seconds, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def run() -> Findings:
    """Seconds from the file to 1,024 points, and the peak memory of a process that does no more."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            file = Path(folder) / name
            write(file)
            done = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True)
            seconds, megabytes = map(float, done.stdout.split())
            size = f"{file.stat().st_size / 1e6:.0f} MB"
            file.unlink()
            findings.add(f"{_KINDS[name]}, {POINTS // 10**6}M points ({size})", seconds, "s", at_most=SECONDS)
            findings.add("  peak memory of the process", megabytes, "MB", at_most=MEGABYTES)
    return findings


def _parts() -> list[np.ndarray]:
    """A cloud in parts, each (P, 3) float32, the same at every call."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=(_PART, 3)).astype(np.float32) for _ in range(POINTS // _PART)]


def _binary(head: str) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        with file.open("wb") as stream:
            stream.write(head.format(POINTS).encode())
            for part in _parts():
                stream.write(part.tobytes())

    return write


def _text(head: str) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        import pyarrow as pa
        from pyarrow import csv

        options = csv.WriteOptions(include_header=False, delimiter=" ")
        with file.open("wb") as stream:
            stream.write(head.format(POINTS).encode())
            for part in _parts():
                columns = np.round(part.astype(np.float64), 6).T  # written with as many digits as they have
                csv.write_csv(pa.table(dict(zip("xyz", columns, strict=True))), stream, options)

    return write


def _las(file: Path) -> None:
    import laspy

    header = laspy.LasHeader(version="1.2", point_format=3)
    header.scales = (0.0001, 0.0001, 0.0001)
    header.offsets = (500_000, 5_400_000, 100)
    with laspy.open(str(file), mode="w", header=header) as writer:
        for part in _parts():
            record = laspy.ScaleAwarePointRecord.zeros(len(part), header=header)
            record.x, record.y, record.z = part.T.astype(np.float64) + np.array([[500_000], [5_400_000], [100]])
            writer.write_points(record)


_PLY = "ply\nformat {} 1.0\nelement vertex {{}}\nproperty float x\nproperty float y\nproperty float z\nend_header\n"
_PCD = (
    "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH {{0}}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\n"
    "POINTS {{0}}\nDATA {}\n"
)
WRITERS = {
    "binary.ply": _binary(_PLY.format("binary_little_endian")),
    "ascii.ply": _text(_PLY.format("ascii")),
    "binary.pcd": _binary(_PCD.format("binary")),
    "ascii.pcd": _text(_PCD.format("ascii")),
    "a.las": _las,
    "a.xyz": _text(""),
}
_KINDS = {
    **{"binary.ply": "PLY, binary", "ascii.ply": "PLY, text", "binary.pcd": "PCD, binary", "ascii.pcd": "PCD, text"},
    **{"a.las": "LAS", "a.xyz": "XYZ"},
}
