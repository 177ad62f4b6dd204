"""Networks that came back from a GPU are calibrated, scored once on the test split, and put among the runs."""

from pathlib import Path
from typing import Any

from nimba.classifier.pretrained import read_checkpoint
from nimba.evaluation.evaluate import data_of, describe_weights, evaluate
from nimba.evaluation.quiet import quieten
from nimba.records.folder import RunFolder
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json
from nimba.training.calibrating import calibrate_checkpoint
from nimba.training.checkpoints import WholeCheckpointIO


def finish_run(checkpoint: Path, runs: Path, root: str | None = None) -> dict[str, Any]:
    """Make a run of ``train.py``'s form of a checkpoint of ``nimba.gpu``.

    Args:
        checkpoint: that ``nimba.gpu train`` wrote.
        runs: folder of all runs.
        root: of the data here; None for where the checkpoint says.

    Returns:
        the run's record, with its test.

    Raises:
        InputError: for another checkpoint, a training that was cut short, or a run that is there already: its test
            split was scored, and is not scored again.
    """
    stored = read_checkpoint(checkpoint)
    record = stored.get("record")
    if not isinstance(record, dict):
        raise InputError(f"{checkpoint}: holds no record; give a file that `nimba gpu train` wrote")
    if not record["finished"]:
        raise InputError(f"{checkpoint}: its training was cut short; it has no norms of its own and is not scored")
    folder = RunFolder(runs, record["experiment"], record["seed"])
    folder.check()
    if root is not None:
        record["config"]["data"]["init_args"]["root"] = root
        stored["config"] = record["config"]
    folder.prepare(keep=False)
    del stored["record"]
    WholeCheckpointIO().save_checkpoint(stored, folder.checkpoint)
    quieten()
    calibrate_checkpoint(folder.checkpoint, data_of(stored, str(folder.checkpoint)))
    scores = evaluate(folder.checkpoint, accelerator="cpu").plain
    record["test"] = {"weights": describe_weights(stored), **scores.summary()}
    write_json(folder.record, record)
    return record
