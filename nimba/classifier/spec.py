"""What a file of weights says of itself: enough to rebuild the network and to prepare a cloud for it."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from nimba.clouds.normalise import MODES
from nimba.clouds.pose import Frame
from nimba.inference.calibration import Calibration
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class ClassifierSpec:
    """The description stored beside weights, in plain types."""

    model: str  # a name of ``list_models()``
    settings: dict[str, Any]  # all fields of ModelSettings, the serialization's among them
    class_names: list[str]
    normalisation: str  # of the training clouds, see nimba.clouds.normalise
    num_points: int  # points of a training cloud
    version: str  # of nimba, when the file was written
    frame: Frame = field(default_factory=Frame)  # of the training clouds
    calibration: Calibration | None = None  # what makes a probability of a logit; None where nobody measured it

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON and for torch.save."""
        return {name: _plain(getattr(self, name)) for name in (f.name for f in fields(self))}

    @classmethod
    def from_dict(cls, description: Any, where: str = "checkpoint") -> "ClassifierSpec":
        """Read ``to_dict``'s form; unknown or missing keys are errors, and so are values of another type.

        Files from before ``frame`` and ``calibration`` were there do without them.

        The settings' values are ``ModelSettings``' to check.

        Raises:
            InputError: naming ``where`` and the keys.
        """
        known = {field.name for field in fields(cls)}
        found = set(description) if isinstance(description, dict) else set()
        if not found or not known - _LATER <= found <= known:
            wrong = ", ".join(sorted((known - _LATER - found) | (found - known))) or "no description"
            raise InputError(f"{where}: not a description of a NIMBA classifier ({wrong}); was it written by NIMBA?")
        for key, fits in _FORMS.items():
            if key in found and not fits(description[key]):
                raise InputError(
                    f"{where}: not a description of a NIMBA classifier ({key}: {_brief(description[key])})"
                )
        built = dict(description)
        if "frame" in found:
            built["frame"] = Frame(**description["frame"])
        if description.get("calibration") is not None:
            built["calibration"] = Calibration.from_dict(description["calibration"])
        return cls(**built)


def _is_name(value: Any) -> bool:
    """A line that may be shown: no control characters, which a terminal would obey."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_NAME


_LONGEST_NAME = 200
_LATER = {"frame", "calibration"}
_FORMS: dict[str, Callable[[Any], bool]] = {
    "model": _is_name,
    "settings": lambda value: isinstance(value, dict) and all(isinstance(key, str) for key in value),
    "class_names": lambda value: isinstance(value, list) and len(value) > 0 and all(map(_is_name, value)),
    "normalisation": lambda value: value in MODES if isinstance(value, str) else False,
    "num_points": lambda value: type(value) is int and 0 < value < 1 << 31,
    "version": _is_name,
    "frame": Frame.fits,
    "calibration": lambda value: value is None or Calibration.fits(value),
}


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Frame | Calibration) else value


def _brief(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} {ascii(value)[:60]}" if isinstance(value, str | int | float) else kind
