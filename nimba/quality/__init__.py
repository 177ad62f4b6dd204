"""Quality: figures of what an ordering does to a cloud, to compare orderings by.

The names below are imported when they are first used: statistics of a path need numpy alone.
"""

from typing import TYPE_CHECKING

from nimba.runtime.lazy import names_on_demand

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

__getattr__, __dir__ = names_on_demand(__name__, _HOMES)
