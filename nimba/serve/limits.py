"""How much a service takes on at a time: what it cannot take is refused at once, in one line."""

from dataclasses import dataclass

MEGABYTE = 1 << 20
BYTES_OF_A_POINT = 12  # at least, in a file that is not compressed: three floats


@dataclass(frozen=True)
class Limits:
    """What a process of the service takes on.

    Args:
        bytes: of one request.
        bytes_at_once: of all requests whose answers are not there yet.
        requests: whose answers are not there yet.
        files: in one request.
        seconds: within which a request has to have come in.
        together: clouds of different requests that are decided on at once.
    """

    bytes: int = 64 * MEGABYTE
    bytes_at_once: int = 512 * MEGABYTE
    requests: int = 64
    files: int = 128  # that share a vote about their axes
    seconds: float = 60.0
    together: int = 16

    @classmethod
    def of_megabytes(cls, megabytes: int) -> "Limits":
        """Those of a service whose requests may have so many megabytes."""
        return cls(bytes=megabytes * MEGABYTE, bytes_at_once=8 * megabytes * MEGABYTE)

    @property
    def points(self) -> int:
        """The most points that a file may unpack to: what one of the largest size holds without compression."""
        return max(self.bytes // BYTES_OF_A_POINT, 1)


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        line: why.
    """

    def __init__(self, status: int, line: str):
        super().__init__(line)
        self.status = status
        self.line = line
