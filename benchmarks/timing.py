"""Time functions in turn, so that a machine whose speed drifts slows all of them alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of one function over several rounds."""

    best: float
    median: float
    rounds: int


def time_in_turn(functions: dict[str, Callable[[], object]], rounds: int = 5) -> dict[str, Timing]:
    """Time each function once a round, after one round that does not count.

    Args:
        functions: by name; each does one whole piece of work.
        rounds: how many count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(rounds + 1):
        for name, function in functions.items():
            begin = time.perf_counter()
            function()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return {name: Timing(min(all_of), statistics.median(all_of), rounds) for name, all_of in seconds.items()}


def time_one(function: Callable[[], object], rounds: int = 5) -> Timing:
    """Time one function; see ``time_in_turn``."""
    return time_in_turn({"": function}, rounds)[""]
