"""What was measured about trained weights on clouds that they were not trained on: how sure their answers may be."""

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Calibration:
    """Stored beside weights.

    Args:
        temperature: logits are divided by it before they become probabilities (Guo et al., On Calibration of Modern
            Neural Networks, ICML 2017, section 4.2).
        accepted: share of known clouds whose distance from training lies below ``distance``.
        distance: from which on a cloud is of no known class; None where that was not measured. See
            ``nimba.inference.familiarity``.
        clouds: how many clouds it was fitted to.
        source: what clouds those are, for the card.
    """

    temperature: float = 1.0
    accepted: float = 0.95
    distance: float | None = None
    clouds: int = 0
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the description beside weights."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Calibration":
        """Read ``to_dict``'s form, once it ``fits``."""
        return cls(**values)

    @staticmethod
    def fits(value: Any) -> bool:
        """Whether a value from a file is what ``to_dict`` writes."""
        return (
            isinstance(value, dict)
            and set(value) == {"temperature", "accepted", "distance", "clouds", "source"}
            and _is_positive(value["temperature"])
            and _is_positive(value["accepted"])
            and value["accepted"] <= 1
            and (value["distance"] is None or _is_positive(value["distance"]))
            and type(value["clouds"]) is int
            and value["clouds"] >= 0
            and isinstance(value["source"], str)
            and (not value["source"] or value["source"].isprintable())
        )


def _is_positive(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value) and value > 0
