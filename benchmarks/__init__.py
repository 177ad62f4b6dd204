"""Speed and memory, as ratios within one run against named rivals: ``python -m benchmarks``."""
