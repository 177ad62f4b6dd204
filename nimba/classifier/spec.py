"""What a file of weights says of itself: enough to rebuild the network and to prepare a cloud for it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from nimba.clouds.normalise import MODES
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

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON and for torch.save."""
        return asdict(self)

    @classmethod
    def from_dict(cls, description: Any, where: str = "checkpoint") -> "ClassifierSpec":
        """Read ``to_dict``'s form; unknown or missing keys are errors, and so are values of another type.

        The settings' values are ``ModelSettings``' to check.

        Raises:
            InputError: naming ``where`` and the keys.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(description, dict) or set(description) != known:
            found = set(description) if isinstance(description, dict) else set()
            wrong = ", ".join(sorted(known ^ found)) or "no description"
            raise InputError(f"{where}: not a description of a NIMBA classifier ({wrong}); was it written by NIMBA?")
        for key, fits in _FORMS.items():
            if not fits(description[key]):
                raise InputError(
                    f"{where}: not a description of a NIMBA classifier ({key}: {_brief(description[key])})"
                )
        return cls(**description)


def _is_name(value: Any) -> bool:
    """A line that may be shown: no control characters, which a terminal would obey."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_NAME


_LONGEST_NAME = 200
_FORMS: dict[str, Callable[[Any], bool]] = {
    "model": _is_name,
    "settings": lambda value: isinstance(value, dict) and all(isinstance(key, str) for key in value),
    "class_names": lambda value: isinstance(value, list) and len(value) > 0 and all(map(_is_name, value)),
    "normalisation": lambda value: value in MODES if isinstance(value, str) else False,
    "num_points": lambda value: type(value) is int and 0 < value < 1 << 31,
    "version": _is_name,
}


def _brief(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} {ascii(value)[:60]}" if isinstance(value, str | int | float) else kind
