"""From meshes to pixels: rays through a scene of Open3D on the CPU, which needs neither a display nor a driver."""

from typing import NamedTuple

import numpy as np
import open3d as o3d
from scipy.ndimage import minimum_filter

from nimba.viewer.camera import Camera
from nimba.viewer.mesh import Mesh

SUPERSAMPLING = 2  # each way, for smooth edges
BAND = 1 << 17  # rays cast at a time: bounds the memory
RIM = 2  # half the width of a halo, in rays

Size = tuple[int, int]  # width and height, in rays or pixels


class Layer(NamedTuple):
    """What a mesh looks like, ray by ray."""

    colours: np.ndarray  # (height, width, 3) float32 in [0, 1]
    depth: np.ndarray  # (height, width) float32, along the view; infinite where there is nothing


class Crossings(NamedTuple):
    """Every crossing of a ray with a mesh, by the time at which the mesh grows to it."""

    times: np.ndarray  # (H,) ascending
    rays: np.ndarray  # (H,) int64, into the flat picture
    depth: np.ndarray  # (H,)
    colours: np.ndarray  # (H, 3)


def first_hits(mesh: Mesh, camera: Camera, size: Size) -> Layer:
    """What each ray meets first."""
    scene, layer = _scene(mesh), empty_layer(size)
    for rows in _bands(size):
        found = scene.cast_rays(o3d.core.Tensor.from_numpy(camera.rays(size, rows)))
        depth = found["t_hit"].numpy()
        layer.depth[rows] = depth
        hit = np.isfinite(depth)
        triangles, places = found["primitive_ids"].numpy()[hit], found["primitive_uvs"].numpy()[hit]
        layer.colours[rows][hit] = _interpolated(mesh.colours, mesh, triangles, places)
    return layer


def all_hits(mesh: Mesh, camera: Camera, size: Size) -> Crossings:
    """All that each ray meets: the picture at any time of the mesh's growth follows from it."""
    scene, parts = _scene(mesh), []
    for rows in _bands(size):
        found = scene.list_intersections(o3d.core.Tensor.from_numpy(camera.rays(size, rows)))
        triangles, places = found["primitive_ids"].numpy(), found["primitive_uvs"].numpy()
        times = _interpolated(mesh.times[:, None], mesh, triangles, places)[:, 0]
        colours = _interpolated(mesh.colours, mesh, triangles, places)
        rays = found["ray_ids"].numpy().astype(np.int64) + rows.start * size[0]
        parts.append((times, rays, found["t_hit"].numpy(), colours))
    times, rays, depth, colours = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return Crossings(times[order], rays[order], depth[order], colours[order])


def empty_layer(size: Size) -> Layer:
    """White, with nothing on it."""
    width, height = size
    return Layer(np.ones((height, width, 3), np.float32), np.full((height, width), np.inf, np.float32))


def over(front: Layer, back: np.ndarray, gap: float) -> np.ndarray:
    """A layer before a picture (height, width, 3), its strands parted by halos.

    Depth-dependent halos (Everts et al., IEEE TVCG 2009): where a strand passes before another one, a white rim parts
    them, so that the eye follows each.

    Args:
        front: the layer.
        back: behind it, in full view where the layer has nothing.
        gap: depth between two strands from which the nearer one has a rim.
    """
    nearest = minimum_filter(front.depth, size=2 * RIM + 1, mode="nearest")
    there = np.isfinite(front.depth)
    rim = there & (nearest < front.depth - gap)
    picture = np.array(back, np.float32)  # written into: a choice for each ray would take two more of its size
    picture[there] = front.colours[there]
    picture[rim] = 1
    return picture


def supersampled(size: Size) -> Size:
    """How many rays a picture of ``size`` pixels takes, each way."""
    return SUPERSAMPLING * size[0], SUPERSAMPLING * size[1]


def smoothed(picture: np.ndarray) -> np.ndarray:
    """From rays (height, width, 3) to pixels, each the mean of its rays."""
    height, width, _ = picture.shape
    cells = (height // SUPERSAMPLING, SUPERSAMPLING, width // SUPERSAMPLING, SUPERSAMPLING, 3)
    return picture.reshape(cells).mean((1, 3))


def _scene(mesh: Mesh) -> o3d.t.geometry.RaycastingScene:
    scene = o3d.t.geometry.RaycastingScene()
    vertices, triangles = mesh.vertices.astype(np.float32), mesh.triangles.astype(np.uint32)
    scene.add_triangles(o3d.core.Tensor.from_numpy(vertices), o3d.core.Tensor.from_numpy(triangles))
    return scene


def _bands(size: Size) -> list[slice]:
    width, height = size
    rows = max(BAND // width, 1)
    return [slice(start, min(start + rows, height)) for start in range(0, height, rows)]


def _interpolated(values: np.ndarray, mesh: Mesh, triangles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values (V, C) of the vertices, at places (H, 2) of triangles (H,) in barycentric coordinates: (H, C)."""
    corners = values.astype(np.float32)[mesh.triangles[triangles]]  # (H, 3, C)
    weights = np.concatenate([1 - places.sum(1, keepdims=True), places], 1)  # (H, 3)
    return (corners * weights[..., None]).sum(1)
