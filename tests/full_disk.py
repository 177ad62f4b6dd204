"""A disk that is full for a while: every file of this process that would outgrow a limit fails to be written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk(limit: int = 10_000) -> Iterator[None]:
    """Around what is to fail: writing beyond ``limit`` bytes of any file raises "File too large"."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
