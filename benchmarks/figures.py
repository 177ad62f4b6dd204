"""What a benchmark finds: figures with their aims, stored as JSON beside the machine that they were taken on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numba

from nimba.records.machine import describe_code, describe_machine
from nimba.runtime.files import write_json

RESULTS = Path(__file__).resolve().parents[1] / "results" / "benchmarks"


@dataclass(frozen=True)
class Figure:
    """One figure. With ``at_most`` or ``at_least`` it has an aim, which it meets or misses."""

    what: str
    value: float
    unit: str  # "s", "ms", "times as fast", ...
    rival: str = ""  # what it is compared with, by name
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.at_most is None and self.at_least is None:
            return None
        low = -float("inf") if self.at_least is None else self.at_least
        return low <= self.value <= (float("inf") if self.at_most is None else self.at_most)


@dataclass(frozen=True)
class Curve:
    """Cost against size, for a plot on logarithmic axes."""

    what: str
    name: str
    x_label: str
    x: list[float]
    seconds: list[float]


@dataclass
class Findings:
    """All that one benchmark found."""

    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a ``Figure`` and print it."""
        figure = Figure(*args, **kwargs)
        self.figures.append(figure)
        print(line(figure), flush=True)


def line(figure: Figure) -> str:
    """A figure on one line."""
    aim = ""
    if figure.met is not None:
        bound = f"<= {figure.at_most:g}" if figure.at_most is not None else f">= {figure.at_least:g}"
        aim = f"   aim {bound}: {'met' if figure.met else 'MISSED'}"
    rival = f" {figure.rival}" if figure.rival else ""
    return (
        f"{figure.what:<62} {figure.value:10.4g} {figure.unit}{rival}{aim}{'   ' + figure.note if figure.note else ''}"
    )


def store(name: str, findings: Findings, folder: Path = RESULTS) -> Path:
    """Write a benchmark's findings, whole; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {
        "benchmark": name,
        "code": describe_code(),
        "machine": {**describe_machine(), "numba": numba.__version__},
        "figures": [asdict(figure) | {"met": figure.met} for figure in findings.figures],
        "curves": [asdict(curve) for curve in findings.curves],
    }
    write_json(path, content)
    return path


Benchmark = Callable[[], Findings]
