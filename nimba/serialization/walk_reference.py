"""NIMBA's walk as one would write it on paper: the loop that the fast versions must equal."""

import numpy as np


def walk_reference(points: np.ndarray, r: float, variant: str = "first") -> np.ndarray:
    """Order one cloud that is already sorted along the axis (NIMBA, section 3.3.2).

    ``sequence`` starts sorted. At each place the next centre is kept if it is nearer than r; else one that is
    near enough is fetched from further along. If there is none, the jump is accepted.

    Args:
        points: (N, 3) float32, sorted.
        r: the wanted bound on a step, strict.
        variant: how to fetch: "first" hit inserted, "nearest" hit inserted, "swap" with the first hit.

    Returns:
        (N,) int64, positions in ``points``.
    """
    limit = np.float32(r) * np.float32(r)
    sequence = list(range(len(points)))
    for place in range(len(sequence) - 1):
        current = points[sequence[place]]
        distances = [_squared_distance(points[i], current) for i in sequence[place + 1 :]]
        hits = [ahead for ahead, distance in enumerate(distances) if distance < limit]
        if not hits or hits[0] == 0:
            continue  # an island, or the next centre is near enough
        hit = min(hits, key=lambda ahead: distances[ahead]) if variant == "nearest" else hits[0]
        fetched = place + 1 + hit
        if variant == "swap":
            sequence[place + 1], sequence[fetched] = sequence[fetched], sequence[place + 1]
        else:
            sequence.insert(place + 1, sequence.pop(fetched))
    return np.array(sequence, dtype=np.int64)


def _squared_distance(a: np.ndarray, b: np.ndarray) -> np.float32:
    dx, dy, dz = a - b
    return dx * dx + dy * dy + dz * dz  # summed in this order everywhere, so that versions agree to the last bit
