"""``python -m benchmarks fuzz``: make mutants, have them read, count what came of it."""

import argparse
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.fuzz.child import Child
from benchmarks.fuzz.mutations import gzipped, mutate
from benchmarks.fuzz.seed_meshes import BESIDE, beside
from benchmarks.fuzz.seed_scans import with_checksums
from benchmarks.fuzz.seeds import seeds_of
from nimba.clouds.formats.registry import FORMATS, GZIP

OUTCOMES = ("read", "refused", "crash", "hang", "memory", "other")
GOOD = ("read", "refused")
_GZIPPED = 0.05  # share of the mutants
_SUMMED = 0.8  # share of those with checksums, whose checksums are right again


def mutant(name: str, number: int, seed: int) -> tuple[str, bytes]:
    """Mutant ``number`` of a format, always the same for a seed: its suffix and its bytes."""
    rng = np.random.default_rng([seed, number, zlib.crc32(name.encode())])
    seeds = seeds_of(name)
    suffix, data = seeds[rng.integers(len(seeds))]
    data = mutate(data, rng)
    if suffix == ".e57" and rng.random() < _SUMMED:
        data = with_checksums(data)  # else nothing behind them would ever be tried
    return (suffix + GZIP, gzipped(data, rng)) if rng.random() < _GZIPPED else (suffix, data)


def fuzz(names: list[str], number: int, seed: int, keep: Path | None = None) -> dict[str, Counter[str]]:
    """Read ``number`` mutants, as many of each format.

    Args:
        names: of the formats.
        number: of all mutants.
        seed: of theirs.
        keep: a folder for those that fail.

    Returns:
        for each format how many ended how; ``growth`` is the most that the process grew by, in MiB.
    """
    table: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="nimba-fuzz-") as folder, Child(Path(folder)) as child:
        (Path(folder) / BESIDE).write_bytes(beside())
        for place, name in enumerate(names):
            counts = table[name] = Counter()
            for i in range(number // len(names) + (place < number % len(names))):
                suffix, data = mutant(name, i, seed)
                file = Path(folder) / f"mutant{suffix}"
                file.write_bytes(data)
                answer = child.outcome(file.name)
                counts[answer["outcome"]] += 1
                counts["growth"] = max(counts["growth"], answer["growth"] >> 20)
                if answer["outcome"] not in GOOD:
                    print(f"{name} {i} ({suffix}): {answer['outcome']}: {answer['said']}", flush=True)
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{name}-{seed}-{i}-{answer['outcome']}{suffix}").write_bytes(data)
                file.unlink()
    return table


def main(argv: list[str] | None = None) -> int:
    """Run, print a table, and return 1 where any mutant failed."""
    known = [format.name for format in FORMATS if not format.missing()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="of mutants, spread over the formats")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", action="append", choices=known, help="one of them; may be repeated; default: all")
    parser.add_argument("--keep", type=Path, help="folder for the mutants that fail")
    arguments = parser.parse_args(argv)
    table = fuzz(arguments.format or known, arguments.count, arguments.seed, arguments.keep)
    print(f"{'format':<10}{'mutants':>9}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES) + "   most growth")
    total: Counter[str] = Counter()
    for name, counts in [*table.items(), ("all", total)]:
        numbers = [counts[outcome] for outcome in OUTCOMES]
        print(f"{name:<10}{sum(numbers):>9}" + "".join(f"{n:>9}" for n in numbers) + f"{counts['growth']:>9} MiB")
        growth = max(total["growth"], counts["growth"])
        total.update(counts)
        total["growth"] = growth
    return int(any(counts[outcome] for counts in table.values() for outcome in OUTCOMES if outcome not in GOOD))
