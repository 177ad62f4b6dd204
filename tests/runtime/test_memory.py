"""Memory that is freed and asked for again costs no page faults."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from nimba.runtime.memory import keep_freed_memory

torch.set_num_threads(1)
if sys.argv[1] == "kept" and not keep_freed_memory():
    raise SystemExit("not glibc")
for _ in range(3):
    torch.ones(4 << 20) + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(4 << 20) + 1  # twice 16 MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_freed_memory_is_kept():
    run = subprocess.run([sys.executable, "-c", FAULTS, "kept"], capture_output=True, text=True, check=False)
    if "not glibc" in run.stderr:
        pytest.skip("glibc's malloc")
    assert int(run.stdout) < 20_000, run.stderr  # 80,000 pages otherwise
