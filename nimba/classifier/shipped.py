"""The weights that come with the package: where they are."""

from importlib.resources import files
from pathlib import Path


def list_weights() -> list[str]:
    """Names of the weights that come with the package."""
    return sorted(path.stem for path in _folder().glob("*.safetensors"))


def weights_file(name: str) -> Path:
    """Where weights of that name are, if they come with the package."""
    return _folder() / f"{name}.safetensors"


def _folder() -> Path:
    return Path(str(files("nimba") / "weights"))
