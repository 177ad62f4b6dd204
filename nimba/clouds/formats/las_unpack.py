"""A program of its own that unpacks a LAZ: ``python -P las_unpack.py LIMIT < file.laz``, points to stdout as doubles.

The decoder believes the sizes in the file, and ends its process where memory has no room for them: so it is given one,
with a limit to its memory in bytes. Needs laspy only.
"""

import io
import resource
import sys
from pathlib import Path

import laspy
import numpy as np

_CHUNK = 1_000_000  # points


def main() -> None:
    """Unpack stdin to stdout."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + int(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file = io.BytesIO(sys.stdin.buffer.read())
    with laspy.open(file, read_evlrs=False, laz_backend=laspy.LazBackend.Lazrs) as reader:
        for block in reader.chunk_iterator(_CHUNK):
            sys.stdout.buffer.write(np.stack([block.x, block.y, block.z], 1).astype("<f8").tobytes())


if __name__ == "__main__":
    main()
