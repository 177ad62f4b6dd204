"""Export as torch's own ``ExportedProgram``, a .pt2 file: NIMBA's kernels for a CPU stay, so it is as fast."""

import io
import json
import warnings
from pathlib import Path

import torch

from nimba.classifier.network import NimbaClassifier
from nimba.export.check import Comparison, compare, require_equal
from nimba.export.description import described
from nimba.export.pipeline import Pipeline, trace
from nimba.inference.export import check_place
from nimba.runtime.files import atomic_write

DESCRIPTION = "nimba.json"  # the extra file in a .pt2


def export_program(network: NimbaClassifier, path: str | Path) -> Comparison:
    """Write a classifier as a .pt2 file that ``torch.export.load`` reads where ``nimba.export`` is imported.

        import nimba.export  # declares NIMBA's operators
        classify = torch.export.load("model.pt2").module()
        probabilities = classify(points)  # (B, N, 3), y up -> (B, C)

    Args:
        network: from ``nimba.load``.
        path: of the file.

    Returns:
        what was compared with the network.

    Raises:
        InputError: if the network has no description, the folder is missing, or the file would disagree with the
            network; nothing is written then.
        OSError: if the path cannot be written.
    """
    path = Path(path)
    check_place(path)
    pipeline = Pipeline(network)
    content = io.BytesIO()
    extra = {DESCRIPTION: json.dumps(described(network, "float32"))}
    torch.export.save(trace(pipeline), content, extra_files=extra)
    content.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that memory which nobody writes to is not writable
        loaded = torch.export.load(content).module()
    comparison = compare(pipeline, loaded)
    require_equal(comparison, str(path))
    atomic_write(path, lambda partial: partial.write_bytes(content.getvalue()))
    return comparison
