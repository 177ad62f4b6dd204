"""Clouds from arrays, tensors and the objects of other libraries, none of which is imported for that."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nimba.clouds.check import finished
from nimba.clouds.formats.content import Content
from nimba.clouds.read import Reading
from nimba.runtime.errors import InputError

NUM_SAMPLES = 10_000  # points drawn on a mesh, as on one that is read from a file


class Shape(NamedTuple):
    """One cloud or mesh, before it is checked."""

    points: np.ndarray  # (N, 3) numbers; of a mesh, its vertices
    triangles: np.ndarray | None  # (T, 3)
    kind: str  # of what it came from


def shapes_in(x: Any, where: str) -> list[Shape] | None:
    """The clouds of an array, a tensor, or an object of Open3D, PyTorch Geometric or trimesh; None of anything else.

    Args:
        x: (N, 3) or (B, N, 3), or an object.
        where: what it is called in errors.

    Raises:
        InputError: such an object, but no cloud.
    """
    homes = {base.__module__.partition(".")[0] for base in type(x).__mro__}
    if isinstance(x, np.ndarray):
        return _of_array(x, where, "array")
    if "torch" in homes and hasattr(x, "detach"):
        return _of_array(_as_numpy(x, where), where, "tensor")
    for library, reader in (("open3d", _of_open3d), ("torch_geometric", _of_geometric), ("trimesh", _of_trimesh)):
        if library in homes:
            return reader(x, where)
    return None


def reading_of(shape: Shape, where: str) -> Reading:
    """A cloud as if it had been read from a file: checked, cast to float32, a mesh sampled on its surface.

    Raises:
        InputError: on one line that begins with ``where``.
    """
    points = np.asarray(shape.points)
    if points.dtype.kind not in "fiu":
        raise InputError(f"{where}: holds {points.dtype}, not numbers; a cloud is (N, 3) floating-point numbers")
    if not len(points):
        raise InputError(f"{where}: holds no points; a cloud needs two or more")
    mesh = shape.triangles is not None and len(shape.triangles) > 0
    if not mesh and points.dtype.kind == "f" and not np.isfinite(points).all():
        broken = int((~np.isfinite(points)).any(1).sum())
        raise InputError(
            f"{where}: {broken:,} of {len(points):,} points have NaN or infinite coordinates; "
            "leave them out: points[numpy.isfinite(points).all(1)]"
        )
    if points.dtype == np.float16:
        points = points.astype(np.float32)
    points, notes, decided = finished(Path(where), Content(points, shape.triangles), NUM_SAMPLES, 0)
    return Reading(points, notes, {"format": shape.kind, **decided})


def _of_array(array: np.ndarray, where: str, kind: str) -> list[Shape]:
    if array.dtype.kind not in "fiu":
        raise InputError(f"{where}: an {kind} of {array.dtype}; a cloud is (N, 3) numbers".replace("an t", "a t"))
    shape = array.shape
    if array.ndim in (2, 3) and 0 in shape:
        raise InputError(f"{where}: {shape} holds no points; a cloud is (N, 3), clouds are (B, N, 3)")
    if array.ndim == 2 and shape[1] == 3:
        return [Shape(array, None, kind)]
    if array.ndim == 3 and shape[2] == 3:
        return [Shape(cloud, None, kind) for cloud in array]
    raise InputError(f"{where}: is {shape}; a cloud is (N, 3), clouds of equal size are (B, N, 3){_hint(shape, where)}")


def _hint(shape: tuple[int, ...], where: str) -> str:
    """What to do about an array of another shape."""
    if len(shape) in (2, 3) and shape[-2] == 3:
        return f"; {where}.swapaxes(-1, -2) exchanges the axes"
    if len(shape) in (2, 3) and shape[-1] > 3:
        return f"; {where}[..., :3] are the coordinates if they come first"
    return ""


def _as_numpy(x: Any, where: str) -> np.ndarray:
    """Of any device and precision, with a gradient or without."""
    import torch

    try:
        tensor = x.detach().cpu()
        return (tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor).numpy()
    except (TypeError, RuntimeError, ValueError):  # sparse, quantized, on the meta device
        raise InputError(f"{where}: a {x.dtype} tensor ({x.layout}, {x.device}) holds no plain numbers") from None


def _of_open3d(x: Any, where: str) -> list[Shape]:
    """PointCloud and TriangleMesh, of ``open3d.geometry`` and of ``open3d.t.geometry``."""
    name, tensors = type(x).__name__, ".t." in type(x).__module__
    if name == "PointCloud":
        points = _positions(x.point, where) if tensors else np.asarray(x.points)
        return [Shape(points, None, "Open3D")]
    if name == "TriangleMesh":
        vertices = _positions(x.vertex, where) if tensors else np.asarray(x.vertices)
        faces = x.triangle.indices.cpu().numpy() if tensors and "indices" in x.triangle else None
        return [Shape(vertices, faces if tensors else np.asarray(x.triangles), "Open3D")]
    if tensors and hasattr(x, "numpy"):  # open3d.core.Tensor
        return _of_array(x.cpu().numpy(), where, "tensor")
    raise InputError(f"{where}: an Open3D {name} is neither a PointCloud nor a TriangleMesh; make one of it")


def _positions(attributes: Any, where: str) -> np.ndarray:
    if "positions" not in attributes:
        raise InputError(f"{where}: an Open3D geometry without positions holds no points")
    return attributes.positions.cpu().numpy()


def _of_geometric(x: Any, where: str) -> list[Shape]:
    """``Data`` with pos and perhaps face (3, T), or a ``Batch`` of such."""
    if hasattr(x, "to_data_list"):
        return [shape for at, one in enumerate(x.to_data_list()) for shape in _of_geometric(one, f"{where}[{at}]")]
    positions = getattr(x, "pos", None)
    if positions is None:
        raise InputError(f"{where}: a torch_geometric {type(x).__name__} without pos holds no points")
    (shape,) = _of_array(_as_numpy(positions, where), where, "tensor")
    face = getattr(x, "face", None)
    triangles = None if face is None else _as_numpy(face, where).T
    return [Shape(shape.points, triangles, "torch-geometric")]


def _of_trimesh(x: Any, where: str) -> list[Shape]:
    """Trimesh, PointCloud, or a Scene: its meshes in their places, or else its points."""
    if hasattr(x, "geometry") and hasattr(x, "graph"):
        return [_together([_of_trimesh(part, where)[0] for part in _parts(x)], where)]
    if not hasattr(x, "vertices"):
        raise InputError(f"{where}: a trimesh {type(x).__name__} holds neither points nor faces")
    faces = getattr(x, "faces", None)
    return [Shape(np.asarray(x.vertices), None if faces is None else np.asarray(faces), "trimesh")]


def _parts(scene: Any) -> list[Any]:
    parts = scene.dump()
    return [part for part in parts if type(part).__name__ in ("Trimesh", "PointCloud")]


def _together(parts: list[Shape], where: str) -> Shape:
    meshes = [part for part in parts if part.triangles is not None]
    chosen = meshes or parts
    if not chosen:
        raise InputError(f"{where}: a trimesh Scene without meshes and points")
    starts = np.cumsum([0, *(len(part.points) for part in chosen)])
    triangles = [
        part.triangles + start for part, start in zip(meshes, starts, strict=False) if part.triangles is not None
    ]
    points = np.concatenate([part.points for part in chosen])
    return Shape(points, np.concatenate(triangles) if triangles else None, "trimesh")
