"""Classifiers that PointMamba's published code trained."""

from pathlib import Path

from nimba.classifier.network import NimbaClassifier
from nimba.classifier.pointmamba_layout import describe, find_state, rename
from nimba.classifier.pretrained import assemble, read_checkpoint
from nimba.runtime.errors import InputError


def load_pointmamba(
    path: str | Path,
    class_names: list[str] | None = None,
    *,
    num_centres: int | None = None,
    num_points: int | None = None,
) -> NimbaClassifier:
    """A fine-tuned PointMamba (arXiv 2402.10739) of either branch of its code, in evaluation mode on the CPU.

        model = load_pointmamba("ckpt-best.pth")
        model.classify("chair.ply").label

    ``nimba.load`` recognises such files as well; this is for those of another data set. Farthest points start from
    a point of NIMBA's choice and equal distances fall by coordinates, so that logits do not depend on the order of the
    points; in the published code they do.

    Args:
        path: a .pth file; no code of it is run.
        class_names: in the order of the head; None for ModelNet40's or ScanObjectNN's where it has 40 or 15 classes,
            else class_0, class_1 and on.
        num_centres: None for the published recipe's: 128 for ScanObjectNN, else 64.
        num_points: of a training cloud; None for 2,048 for ScanObjectNN, else 1,024.

    Raises:
        InputError: for a missing or damaged file, or weights that are not a PointMamba's, naming what is missing or
            left over.
    """
    path = Path(path)
    try:
        state = find_state(read_checkpoint(path))
        if state is None:
            raise InputError("holds no PointMamba (no encoder.first_conv.* and blocks.layers.* in it)")
        spec = describe(state, class_names, num_centres, num_points)
        weights = rename(state)
    except InputError as error:
        raise InputError(_at(path, error)) from None
    return assemble(path, spec, weights)


def _at(path: Path, error: InputError) -> str:
    return str(error) if str(error).startswith(f"{path}: ") else f"{path}: {error}"
