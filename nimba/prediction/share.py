"""Which files are a process's own."""

import os
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """That of process ``number`` of ``count``."""

    number: int = 0
    count: int = 1

    def owns(self, file: str) -> bool:
        """Whether a file is of this share: by a hash of its name, so that it does not matter what lies beside it."""
        return zlib.crc32(os.fsencode(file)) % self.count == self.number
