"""NIMBA: point-cloud classification with one 3-D-aware path through plain Mamba blocks.

``import nimba`` needs torch only; lightning, open3d and torch-geometric are imported by the parts that use them.
"""

from typing import TYPE_CHECKING

from nimba.runtime.lazy import names_on_demand
from nimba.runtime.version import VERSION

if TYPE_CHECKING:
    from nimba.classifier import create_model, info, list_models, load
    from nimba.commands.train import train

__version__ = VERSION
__all__ = ["create_model", "info", "list_models", "load", "train"]

_HOMES = {**dict.fromkeys(__all__, "nimba.classifier"), "train": "nimba.commands.train"}
__getattr__, __dir__ = names_on_demand(__name__, _HOMES)
