"""What inference needs of a classifier."""

from typing import Any, Protocol

from torch import Tensor

from nimba.clouds.pose import Frame
from nimba.inference.calibration import Calibration
from nimba.inference.familiarity import Familiarity


class Spec(Protocol):
    """The description of trained weights."""

    @property
    def class_names(self) -> list[str]:
        """In label order."""
        ...

    @property
    def normalisation(self) -> str:
        """See ``nimba.clouds.normalise``."""
        ...

    @property
    def num_points(self) -> int:
        """Of a training cloud."""
        ...

    @property
    def frame(self) -> Frame:
        """Of the training clouds."""
        ...

    @property
    def calibration(self) -> Calibration | None:
        """None where nobody measured it."""
        ...


class Network(Protocol):
    """A classifier with its description."""

    spec: Any
    familiarity: Familiarity | None

    def __call__(self, points: Tensor) -> Tensor:
        """Classify (B, N, 3) -> logits (B, C)."""

    def embed(self, points: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Logits (B, C), and features (B, D) each for ``Familiarity``."""

    def parameters(self) -> Any:
        """Iterate over the weights."""
        ...
