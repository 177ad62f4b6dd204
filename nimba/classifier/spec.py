"""What a file of weights says of itself: enough to rebuild the network and to prepare a cloud for it."""

from dataclasses import asdict, dataclass, fields
from typing import Any

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
        """Read ``to_dict``'s form; unknown or missing keys are errors.

        Raises:
            InputError: naming ``where`` and the keys.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(description, dict) or set(description) != known:
            found = set(description) if isinstance(description, dict) else set()
            wrong = ", ".join(sorted(known ^ found)) or "no description"
            raise InputError(f"{where}: not a description of a NIMBA classifier ({wrong}); was it written by NIMBA?")
        return cls(**description)
