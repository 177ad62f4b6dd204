"""Training: the LightningModule, its command line, and the records of a run."""

from nimba.training.averaging import WeightEMA
from nimba.training.classifier import ClassificationTask
from nimba.training.compiling import CompiledNetwork
from nimba.training.fitted_head import FittedHead
from nimba.training.norms import FrozenNorms, ReestimatedNorms
from nimba.training.optimization import OptimizerSettings, ScheduleSettings
from nimba.training.precision import FastProducts
from nimba.training.sharding import ShardedBlocks
from nimba.training.test_each_epoch import ScoreTestEachEpoch

__all__ = [
    "ClassificationTask",
    "CompiledNetwork",
    "FastProducts",
    "FittedHead",
    "FrozenNorms",
    "OptimizerSettings",
    "ReestimatedNorms",
    "ScheduleSettings",
    "ScoreTestEachEpoch",
    "ShardedBlocks",
    "WeightEMA",
]
