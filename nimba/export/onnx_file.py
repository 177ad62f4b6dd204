"""Export to ONNX: one file that any ONNX runtime takes, with all of NIMBA's operators in ONNX's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nimba.classifier.network import NimbaClassifier
from nimba.export.check import Comparison, compare, require_equal
from nimba.export.description import described
from nimba.export.pipeline import Pipeline
from nimba.inference.export import check_place
from nimba.runtime import optional
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write

if TYPE_CHECKING:
    import onnx


def export_onnx(network: NimbaClassifier, path: str | Path, *, int8: bool = False) -> Comparison:
    """Write a classifier as an ONNX file.

        session = onnxruntime.InferenceSession("model.onnx")
        (probabilities,) = session.run(None, {"points": points})  # (B, N, 3) float32, y up -> (B, C)

    Args:
        network: from ``nimba.load``.
        path: of the file.
        int8: keep the weights of matrix products in eight bits, and multiply in eight bits.

    Returns:
        what was compared with the network, in ONNX Runtime.

    Raises:
        InputError: if packages are missing, the network has no description or an operator that has no translation, or
            the file would disagree with the network, or the folder is missing; nothing is written then.
        OSError: if the path cannot be written.
    """
    path = Path(path)
    require_onnx(path)
    check_place(path)
    from nimba.export.graph import to_onnx
    from nimba.export.runtime import session, with_session

    pipeline = Pipeline(network)
    model = to_onnx(pipeline)
    describe(model, described(network, "float32"))
    comparison = compare(pipeline, with_session(session(model.SerializeToString())))
    require_equal(comparison, str(path))
    if int8:
        from nimba.export.eight_bits import quantised, require_close

        model = quantised(model)
        describe(model, described(network, "int8"))
        comparison = compare(pipeline, with_session(session(model.SerializeToString())))
        require_close(comparison, str(path))
    content = model.SerializeToString()
    atomic_write(path, lambda partial: partial.write_bytes(content))
    return comparison


def require_onnx(path: Path) -> None:
    """Refuse to write ONNX without the packages for it.

    Raises:
        InputError: saying what to install.
    """
    found = optional.onnx()
    if not found.available:
        raise InputError(f"{path}: ONNX needs {found.name} ({found.detail}): pip install 'nimba[onnx]'")


def describe(model: onnx.ModelProto, values: dict[str, str]) -> None:
    """Write what the file says of itself into it, in place of what it said before."""
    del model.metadata_props[:]
    for key, value in values.items():
        model.metadata_props.add(key=key, value=value)
