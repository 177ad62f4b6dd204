"""NIMBA: point-cloud classification with one 3-D-aware path through plain Mamba blocks.

``import nimba`` needs torch only; lightning, open3d and torch-geometric are imported by the parts that use them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nimba.classifier import create_model, list_models, load

__version__ = "0.1.0"
__all__ = ["create_model", "list_models", "load"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        import nimba.classifier

        return getattr(nimba.classifier, name)
    raise AttributeError(f"module 'nimba' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
