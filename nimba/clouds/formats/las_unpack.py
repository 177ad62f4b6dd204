"""The program that ``las`` unpacks a LAZ with: ROOM < file.laz, points to stdout as doubles.

The decoder believes the sizes in the file, and ends its process where memory has no room for them.
"""

import io
import sys

import laspy
import numpy as np

from nimba.clouds.formats.in_process import bound_memory

_CHUNK = 1_000_000  # points


def main() -> None:
    """Unpack stdin to stdout."""
    bound_memory(int(sys.argv[1]))
    file = io.BytesIO(sys.stdin.buffer.read())
    with laspy.open(file, read_evlrs=False, laz_backend=laspy.LazBackend.Lazrs) as reader:
        for block in reader.chunk_iterator(_CHUNK):
            sys.stdout.buffer.write(np.stack([block.x, block.y, block.z], 1).astype("<f8").tobytes())


if __name__ == "__main__":
    main()
