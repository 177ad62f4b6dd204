"""Training: the LightningModule, its command line, and the records of a run."""

from nimba.training.averaging import WeightEMA
from nimba.training.classifier import ClassificationTask
from nimba.training.compiling import CompiledNetwork
from nimba.training.habit import ScoreTestEachEpoch
from nimba.training.optimization import OptimizerSettings, ScheduleSettings
from nimba.training.sharding import ShardedBlocks

__all__ = [
    "ClassificationTask",
    "CompiledNetwork",
    "OptimizerSettings",
    "ScheduleSettings",
    "ScoreTestEachEpoch",
    "ShardedBlocks",
    "WeightEMA",
]
