"""The command line of training: a LightningCLI whose runs can be found again, resumed and trusted."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import yaml
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from nimba.classifier import load
from nimba.classifier.pretrained import read_checkpoint
from nimba.datasets import CloudDataModule
from nimba.evaluation.arguments import bad_config_on_one_line, bad_trainer_on_one_line
from nimba.evaluation.evaluate import describe_weights
from nimba.evaluation.quiet import quieten
from nimba.evaluation.scoring import score
from nimba.evaluation.stopping import StopAtOnce, stopping_told
from nimba.records.folder import RunFolder
from nimba.records.trust import restrict_parsing, without_files_inside
from nimba.runtime.errors import InputError, describe
from nimba.runtime.files import atomic_write, naming
from nimba.runtime.memory import keep_freed_memory
from nimba.runtime.yaml_files import read_yaml
from nimba.training.calibrating import calibrate_checkpoint
from nimba.training.checkpoints import WholeCheckpointIO, last_checkpoint
from nimba.training.classifier import ClassificationTask
from nimba.training.defaults import resolve_hardware
from nimba.training.nulls import refuse_nulls
from nimba.training.progress import Progress
from nimba.training.randomness import EpochSeed
from nimba.training.record import RunRecord
from nimba.training.resuming import check_same_run
from nimba.training.sync_norm import SharedStatistics
from nimba.training.whole_numbers import read_whole_numbers_first


class TrainingCLI(LightningCLI):
    """``fit`` a classifier; see ``train``.

    Several processes (``trainer.devices: 2``) train by Lightning's DDP. BatchNorm then normalises each process's share
    of a batch by itself, and the running statistics are the first process's; ``trainer.sync_batchnorm: true`` makes
    them common, on CPUs too (see ``sync_norm``).

    Args:
        arguments: command line, without the program's name; None for the process's own.
        callbacks: further callbacks of the Trainer.
        how_to_resume: what to say to whoever interrupts the run; None for the command line of train.py.
    """

    def __init__(
        self,
        arguments: Sequence[str] | None = None,
        callbacks: Sequence[Callback] = (),
        how_to_resume: str | None = None,
    ):
        self.further_callbacks = list(callbacks)
        self.how_to_resume = how_to_resume
        self.metrics: dict[str, float] = {}
        restrict_parsing()
        strict = {"exit_on_error": False, "allow_abbrev": False, "description": "Train a classifier of point clouds."}
        super().__init__(
            ClassificationTask,
            CloudDataModule,
            args=None if arguments is None else list(arguments),
            subclass_mode_data=True,
            trainer_defaults={"num_sanity_val_steps": 0, "log_every_n_steps": 50},
            parser_kwargs={**strict, "fit": dict(strict)},
            save_config_callback=None,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Only ``fit``: evaluation has its own entry point, and ``--resume`` finds where to resume from."""
        data = {"train_dataloaders", "val_dataloaders", "datamodule"}
        return {"fit": {"model", "ckpt_path", "weights_only", *data}}

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """A seed that is a number: it names the run's folder."""
        parser.add_argument("--seed_everything", type=int, default=0, help="Seed of weights, order, augmentation.")

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Where the run goes, and what becomes of the data's description."""
        parser.add_argument("--experiment", type=str, required=True, help="Name of the run's folder.")
        parser.add_argument("--runs", type=str, default="runs", help="Folder of all runs.")
        parser.add_argument("--output", type=str | None, default=None, help="The run's folder itself.")
        parser.add_argument("--test_at_end", type=bool, default=True, help="Score the test split, once, at the end.")
        parser.add_argument("--resume", action="store_true", help="Resume the run in the folder.")
        parser.add_argument("--overwrite", action="store_true", help="Discard the run in the folder.")
        parser.link_arguments("seed_everything", "data.init_args.seed")
        parser.link_arguments("data.num_classes", "model.num_classes", apply_on="instantiate")
        without_files_inside(parser)
        read_whole_numbers_first(parser)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse; an unknown key or a wrong value is one line."""
        for path in _config_files(sys.argv[1:] if args is None else args):
            if not isinstance(read_yaml(path), dict):  # it also says which file and line is not YAML
                raise InputError(f"{path}: holds no settings; see configs/ for examples")
        with bad_config_on_one_line(lambda: list(self._subcommand_parsers["fit"].get_defaults().keys())):
            self.config = parser.parse_args(args)
        refuse_nulls(self._subcommand_parsers["fit"], self.config.fit)
        keep_freed_memory()

    def before_instantiate_classes(self) -> None:
        """Find the run's folder, and refuse to write over another run."""
        config = self.config.fit
        resolve_hardware(config.trainer)
        self._dump_config()
        for key in ("resume", "overwrite"):  # of this start, not of the run
            del self.config_dump[key]
        self.folder = RunFolder(config.runs, config.experiment, config.seed_everything, config.output)
        self.writes = not config.trainer.fast_dev_run
        if self.writes:
            self._check_folder(config.resume, config.overwrite)
        self.resumes = config.resume and self.folder.checkpoint.is_file()

    @rank_zero_only
    def _check_folder(self, resume: bool, overwrite: bool) -> None:
        self.folder.check(resume, overwrite)
        if self.folder.stillborn:
            print(f"{self.folder.path}: a run ended here before its first epoch did; starting from the beginning")
        elif resume:
            check_same_run(self.folder, self.config_dump)

    def instantiate_classes(self) -> None:
        """Make model, data and Trainer; bad input is one line."""
        with bad_config_on_one_line():
            super().instantiate_classes()

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """A Trainer with the run's own callbacks, loggers and checkpoints."""
        self.record = RunRecord(self.folder.record if self.writes else None, self.config_dump)
        settings = self._get(self.config_init, "trainer")
        callbacks = [EpochSeed(self.config.fit.seed_everything), self.record, StopAtOnce(), *self.further_callbacks]
        if settings.enable_progress_bar is None:
            settings.enable_progress_bar = sys.stdout.isatty()
        if settings.enable_progress_bar:
            callbacks.append(Progress())
        if self.writes:
            callbacks.append(last_checkpoint(self.folder.checkpoint))
        if self.writes and settings.logger is None:
            callbacks.append(LearningRateMonitor("epoch"))
            kwargs["logger"] = [
                CSVLogger(self.folder.path, name=self.folder.csv.name, flush_logs_every_n_steps=1),
                TensorBoardLogger(self.folder.path, name=self.folder.tensorboard.name, version=""),
            ]
        settings.callbacks = [*(settings.callbacks or []), *callbacks]
        plugins = [*(settings.plugins or []), WholeCheckpointIO()]
        if settings.sync_batchnorm:
            plugins.append(SharedStatistics())
        with bad_trainer_on_one_line():
            return super().instantiate_trainer(default_root_dir=self.folder.path, plugins=plugins, **kwargs)

    def fit(self, **kwargs: Any) -> None:
        """Train, from the last checkpoint on if the run is resumed, then score the test split.

        Raises:
            KeyboardInterrupt: after Ctrl-C; Terminated after SIGTERM. It says how to resume.
            InputError: if the disk fails, saying the same.
        """
        with self._held(), self._resuming_told(), stopping_told(self.trainer):
            if self.writes:
                self._prepare_folder(keep=self.resumes)
            self.trainer.fit(**kwargs, ckpt_path=self.folder.checkpoint if self.resumes else None, weights_only=True)
            self.metrics = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
            if self.writes:
                self._finish()

    def _held(self) -> AbstractContextManager[None]:
        alone = self.writes and getattr(rank_zero_only, "rank", 0) == 0
        return self.folder.held() if alone else nullcontext()

    @contextmanager
    def _resuming_told(self) -> Iterator[None]:
        """What ends a run from outside, a signal or the disk, is told with the line that resumes it."""
        try:
            with naming(self.folder.path):
                yield
        except (KeyboardInterrupt, OSError) as error:
            if not (self.writes and self.trainer.is_global_zero and self.folder.config.is_file()):
                raise
            how = self.how_to_resume or self.folder.how_to_resume()
            if isinstance(error, KeyboardInterrupt):
                raise type(error)(how) from None
            raise InputError(f"{describe(error)}; {how}") from error

    @rank_zero_only
    def _prepare_folder(self, keep: bool) -> None:
        self.folder.prepare(keep)
        atomic_write(self.folder.config, lambda partial: partial.write_text(yaml.safe_dump(self.config_dump)))

    def _finish(self) -> None:
        self._calibrate()
        test = self._test() if self.config.fit.test_at_end else None
        if self.trainer.is_global_zero:
            self.record.write(finished=True, test=test)
            print(f"run: {self.folder.path}", flush=True)

    def _calibrate(self) -> None:
        """Keep in the checkpoint what the validation split says of its answers."""
        if self.trainer.is_global_zero:
            found = calibrate_checkpoint(self.folder.chosen, self.datamodule)
            if found is not None:
                print(f"calibration: temperature {found.temperature:.3g}, by {found.clouds} validation clouds")
        self.trainer.strategy.barrier()

    def _test(self) -> dict[str, Any]:
        """Score what the checkpoint on disk holds: the figure is that of the file, not of this process."""
        weights = describe_weights(read_checkpoint(self.folder.checkpoint))
        scores, _ = score(self.trainer, load(self.folder.checkpoint), self.datamodule)
        self.metrics |= {"test/OA": scores.overall_accuracy, "test/mAcc": scores.mean_class_accuracy}
        if self.trainer.is_global_zero:
            accuracies = f"OA {scores.overall_accuracy:.4%}  mAcc {scores.mean_class_accuracy:.4%}"
            print(f"test: {accuracies}  ({weights}, {scores.samples} clouds)")
        return {"weights": weights, **scores.summary()}


def _config_files(arguments: Sequence[str]) -> Iterator[Path]:
    """The files that a command line names as configs."""
    for option, following in zip(arguments, [*arguments[1:], ""], strict=False):
        name, equals, value = option.partition("=")
        value = value if equals else following
        if name in ("--config", "-c") and value and not value.lstrip().startswith("{") and "\n" not in value:
            yield Path(value)


def train(
    arguments: Sequence[str] | None = None, callbacks: Sequence[Callback] = (), how_to_resume: str | None = None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Train as ``python train.py ARGUMENTS`` does.

    Args:
        arguments: ``["fit", "--config", "configs/shapes.yaml", ...]``; None for the process's own.
        callbacks: further callbacks of the Trainer.
        how_to_resume: what to say to whoever interrupts the run.

    Returns:
        the last epoch's metrics with the test's, and the objects of the run: model, data, trainer, folder.

    Raises:
        InputError: for a bad config, missing data, or a folder that holds another run.
    """
    quieten()
    cli = TrainingCLI(arguments, callbacks, how_to_resume)
    objects = {"model": cli.model, "data": cli.datamodule, "trainer": cli.trainer, "folder": cli.folder}
    return cli.metrics, objects
