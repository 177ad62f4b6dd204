"""Quality: figures of what an ordering does to a cloud, to compare orderings by.

The names below are imported when they are first used: statistics of a path need numpy alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nimba.quality.batch import NamedOrder, measure_batch
    from nimba.quality.comparison import Comparison, compare, measure
    from nimba.quality.figures import OrderFigures
    from nimba.quality.steps import PathStatistics, path_statistics

_HOMES = {
    "Comparison": "nimba.quality.comparison",
    "NamedOrder": "nimba.quality.batch",
    "OrderFigures": "nimba.quality.figures",
    "PathStatistics": "nimba.quality.steps",
    "compare": "nimba.quality.comparison",
    "measure": "nimba.quality.comparison",
    "measure_batch": "nimba.quality.batch",
    "path_statistics": "nimba.quality.steps",
}
__all__ = [
    "Comparison",
    "NamedOrder",
    "OrderFigures",
    "PathStatistics",
    "compare",
    "measure",
    "measure_batch",
    "path_statistics",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nimba.quality' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
