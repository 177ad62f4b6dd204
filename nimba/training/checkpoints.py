"""How a run's checkpoint is written: once an epoch, whole or not at all."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from nimba.classifier.pretrained import read_checkpoint
from nimba.runtime.files import atomic_write


class WholeCheckpointIO(TorchCheckpointIO):
    """Checkpoints that a kill in the middle of writing, or a full disk, cannot damage.

    Lightning's own writes into the system's temporary folder and moves the file: a copy where that is another disk.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write ``checkpoint`` beside ``path``, then put it in its place.

        Raises:
            OSError: if it cannot be written; the checkpoint before it stays.
        """

        def write(partial: Path) -> None:
            # Through a file of Python's: given a name, torch would not tell what the disk said.
            with partial.open("wb") as file:
                torch.save(checkpoint, file)

        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, write)

    def load_checkpoint(self, path: Any, map_location: Any | None = None, weights_only: bool | None = None) -> Any:
        """Read a checkpoint onto the CPU, whatever is asked for: as carefully as ``nimba.load`` does."""
        return read_checkpoint(path)


def last_checkpoint(path: Path) -> ModelCheckpoint:
    """Overwrite ``path`` after each epoch; which epoch was best on some split plays no part."""
    return ModelCheckpoint(
        dirpath=path.parent,
        filename=path.stem,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
