"""What can be chosen about an order, and what is refused."""

from dataclasses import dataclass
from numbers import Integral, Real

from nimba.geometry.ties import AXES
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError

VARIANTS = ("first", "nearest", "swap")
MAX_BITS = 21  # three axes of 21 bits fill 63 bits of an int64


@dataclass(frozen=True)
class OrderSettings:
    """The arguments of ``serialize`` that an order may read; see there."""

    r: float = 0.8
    axis: str = "y"
    start: str | int = "low"
    variant: str = "first"
    bits: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        require_known("axis", self.axis, AXES)
        require_known("variant", self.variant, VARIANTS)
        for name, kind, what in (("r", Real, "a number"), ("bits", Integral | None, "a whole number or None")):
            if not isinstance(getattr(self, name), kind) or isinstance(getattr(self, name), bool):
                raise InputError(f"{name}: takes {what}, got {str(getattr(self, name))[:60]!r}")
        if not isinstance(self.seed, Integral):
            raise InputError(f"seed: takes a whole number, got {str(self.seed)[:60]!r}")
        if not self.r > 0:
            raise InputError(f"r: the bound on a step must be positive, got {self.r}")
        if self.bits is not None and not 1 <= self.bits <= MAX_BITS:
            raise InputError(f"bits: the depth of the grid must be 1 to {MAX_BITS}, got {self.bits}")
        if not (self.start in ("low", "high") or (isinstance(self.start, int) and self.start >= 0)):
            raise InputError(f"start: {self.start!r} is neither 'low', 'high' nor a rank from 0 on")
