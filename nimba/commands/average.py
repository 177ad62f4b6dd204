"""``nimba average``: one network with the mean of the weights of several."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.classifier import NimbaClassifier
    from nimba.datasets import CloudDataModule
    from nimba.training.soup import Soup

SUFFIX = ".safetensors"


def average(checkpoints: list[str], *, output: Path, data: Path | None = None) -> int:
    """Average the weights of several checkpoints of the same network.

    It pays for networks that began with the same weights, such as runs that were fine-tuned from one start. The
    statistics of norms and the calibration are found anew on the clouds that the networks were trained on, where a
    checkpoint says where they lie and they are there.

    Args:
        checkpoints: Two or more: checkpoints of train.py, .safetensors files, or folders of runs.
        output: The averaged weights, a .safetensors file.
        data: Folder of the training's data here. Default: where the first checkpoint that names it had it.
    """
    from nimba.classifier.pretrained import save_weights
    from nimba.runtime.files import check_output
    from nimba.training.soup import blend

    if output.suffix.lower() != SUFFIX:
        raise InputError(f"{output}: weights are written as {SUFFIX}; choose such a name")
    check_output(output)
    soup = blend(checkpoints)
    model = soup.model
    assert model.spec is not None
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"averaged: {len(checkpoints)} networks ({model.spec.model}, {count:,} parameters)", flush=True)
    _refit(soup, checkpoints, data)
    save_weights(model, model.spec, output)
    print(f"written: {output}")
    return 0


def _refit(soup: Soup, checkpoints: list[str], root: Path | None) -> None:
    """Find anew what the mean does not have, as far as the data are there."""
    from nimba.inference.fitting import FEWEST
    from nimba.training.soup import refit

    found = _data(soup.model, checkpoints, root)
    if isinstance(found, str):
        lost = ["the calibration is dropped: probabilities are as they come, and nothing is unknown"]
        if soup.norms_differ:
            lost.insert(0, "the statistics of norms are the mean of theirs")
        print(f"note: {found}; {'; '.join(lost)}", file=sys.stderr)
        return
    refitted = refit(soup, found)
    if refitted.norm_clouds:
        print(f"statistics of norms: of {refitted.norm_clouds:,} training clouds")
    if refitted.calibration is None:
        print(f"note: no calibration: the data have no validation split of {FEWEST} clouds or more", file=sys.stderr)
    else:
        print(f"calibration: {refitted.calibration.clouds:,} validation clouds")


def _data(model: NimbaClassifier, checkpoints: list[str], root: Path | None) -> CloudDataModule | str:
    """What the networks were trained on, or why it cannot be had.

    Raises:
        InputError: for a folder that was given and is not that.
    """
    from nimba.classifier.pretrained import OF_A_RUN, read_checkpoint
    from nimba.evaluation.evaluate import check_data, data_of
    from nimba.records.stored import stored_config
    from nimba.runtime.errors import about

    assert model.spec is not None
    for name in checkpoints:
        path = Path(name)
        path = path / OF_A_RUN[-1] if path.is_dir() else path
        path = path.with_name(OF_A_RUN[-1]) if path.suffix == SUFFIX else path
        if not path.is_file():
            continue
        stored = read_checkpoint(path)
        if not stored_config(stored, str(path)).get("data"):
            continue
        try:
            found = data_of(stored, str(path), [f"--data.init_args.root={root}"] if root else [])
            check_data(found, model.spec, name)
            found.plain_splits()
        except (InputError, OSError) as error:
            if root is not None:
                raise
            return f"the training's data are not there ({about(error, path)})"
        return found
    if root is not None:
        raise InputError("data: no checkpoint says how its data are read; give a .ckpt or a run's folder among them")
    return "no checkpoint names its data"
