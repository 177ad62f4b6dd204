"""``nimba export``: a trained classifier as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from nimba.runtime.errors import InputError

ONNX, PROGRAM = ".onnx", ".pt2"


def export(*, weights: str | None = None, output: Path | None = None, int8: bool = False) -> int:
    """Write weights as a file that other programs run: points in, probabilities out.

    The file is compared with the network on made clouds first, and not written where they disagree.

    Args:
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        output: The file to write: .onnx for ONNX runtimes, .pt2 for torch.export.load.
        int8: Keep the weights of matrix products in eight bits, .onnx only.
    """
    if output is None:
        raise InputError("output: name the file to write: -o model.onnx or -o model.pt2")
    suffix = output.suffix.lower()
    if suffix not in (ONNX, PROGRAM):
        raise InputError(f"{output}: unknown format {suffix or 'without suffix'!r}; known: {ONNX} {PROGRAM}")
    if int8 and suffix != ONNX:
        raise InputError(f"int8: only {ONNX} files have weights in eight bits, not {suffix}")
    import nimba
    from nimba.export import export_onnx, export_program

    model = nimba.load(weights)
    comparison = export_onnx(model, output, int8=int8) if suffix == ONNX else export_program(model, output)
    print(f"compared: {comparison}")
    print(f"written: {output} ({output.stat().st_size / 1e6:.1f} MB)")
    return 0
