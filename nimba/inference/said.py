"""What an answer says, for those who put it into words: ``Answer`` itself is told in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nimba.inference.decide import Pose

UNKNOWN = "unknown"


class Said(Protocol):
    """An ``Answer``, which see."""

    @property
    def source(self) -> str:
        """Path of the file, or the place in what was given."""

    @property
    def points(self) -> int:
        """How many."""

    @property
    def label(self) -> str | None:
        """The class, or "unknown"."""

    @property
    def nearest(self) -> str | None:
        """The most likely class."""

    @property
    def confidence(self) -> float | None:
        """Its probability."""

    @property
    def unknown(self) -> float | None:
        """How strange the cloud is."""

    @property
    def is_unknown(self) -> bool:
        """Whether it is too strange."""

    @property
    def pose(self) -> Pose | None:
        """How it was turned."""

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know."""

    @property
    def decided(self) -> Mapping[str, Any]:
        """The same for programs."""

    @property
    def error(self) -> str | None:
        """Why it could not be classified."""

    def top(self, count: int) -> list[tuple[str, float]]:
        """The most likely classes."""
