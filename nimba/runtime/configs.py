"""The configs that come with the package, by name: ``modelnet40_cpu`` is configs/modelnet40_cpu.yaml."""

from importlib.resources import files
from pathlib import Path

from nimba.runtime.choices import nearest
from nimba.runtime.errors import InputError

ENDINGS = (".yaml", ".yml")


def list_configs() -> list[str]:
    """Names of the configs of whole runs."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def find_config(name: str | Path) -> Path:
    """The config of a name, or a YAML file of the user's own.

    Raises:
        InputError: neither; with the nearest name.
    """
    path = Path(name)
    if path.suffix in ENDINGS:
        if not path.is_file():
            raise InputError(f"{path}: no such config; check the path")
        return path
    ours = _folder() / f"{name}.yaml"
    if not ours.is_file():
        raise InputError(
            f"{name}: no folder, table or config of that name{nearest(str(name), list_configs())}; "
            f"configs: {', '.join(list_configs())}"
        )
    return ours


def _folder() -> Path:
    return Path(str(files("nimba") / "configs"))
