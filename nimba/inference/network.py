"""What inference needs of a classifier."""

from typing import Any, Protocol

from torch import Tensor


class Spec(Protocol):
    """The description of trained weights."""

    @property
    def class_names(self) -> list[str]: ...
    @property
    def normalisation(self) -> str: ...
    @property
    def num_points(self) -> int: ...


class Network(Protocol):
    """A classifier with its description."""

    spec: Any

    def __call__(self, points: Tensor) -> Tensor:
        """Classify (B, N, 3) -> logits (B, C)."""

    def parameters(self) -> Any: ...
