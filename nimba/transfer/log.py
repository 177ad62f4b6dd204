"""What is printed, kept in a file as well."""

from typing import TextIO


class Both:
    """A stream that writes to two: the terminal and a log; it is a terminal where the first is one."""

    def __init__(self, shown: TextIO, kept: TextIO):
        self._shown, self._kept = shown, kept

    def write(self, text: str) -> int:
        """Write to both."""
        self._kept.write(text)
        return self._shown.write(text)

    def flush(self) -> None:
        """Flush both."""
        self._kept.flush()
        self._shown.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._shown, name)
