"""A seeded fuzz of every format: whatever a file holds, reading it ends in a finite cloud or in one line of refusal."""

from benchmarks.fuzz.run import main

__all__ = ["main"]
