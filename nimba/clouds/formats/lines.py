"""The lines of a text, so many at a time."""

import numpy as np

_BLOCK = 1 << 23
_BLANK = (b"\n\n", b"\n\r\n", b"\n \n", b"\n\t\n")


class Lines:
    """Lines with something in them: empty ones are passed over.

    Args:
        text: whole, in any encoding that has ASCII in it.
    """

    def __init__(self, text: bytes):
        if b"\n" not in text:
            text = text.replace(b"\r", b"\n")
        if text[:1].isspace() or any(text.find(blank, 0, len(text) - len(blank)) >= 0 for blank in _BLANK):
            text = b"\n".join(line for line in text.splitlines() if line.strip())
        self.text = text
        self.place = 0
        self.end = len(text) - len(text[-256:]) + len(text[-256:].rstrip())

    def take(self, count: int) -> slice | None:
        """Where the next ``count`` lines lie in the text; None where there are fewer."""
        start, left, end = self.place, count, self.place
        while left and end < self.end:
            block = min(end + _BLOCK, self.end)
            found = self.text.count(b"\n", end, block)
            if found >= left:
                breaks = np.frombuffer(self.text, np.uint8, block - end, end) == ord("\n")
                end += int(np.flatnonzero(breaks)[left - 1]) + 1
                left = 0
            else:
                end, left = block, left - found
        if left == 1 and end > start and self.text[end - 1] != ord("\n"):
            left = 0  # the last line has no end
        if left:
            return None
        self.place = end
        return slice(start, end)

    @property
    def rest(self) -> bytes:
        """The beginning of what is left."""
        return self.text[self.place : self.end][:80].strip()
