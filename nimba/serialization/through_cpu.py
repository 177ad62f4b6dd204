"""When a walk over clouds of another device is quicker on the CPU, there and back.

Each step of a walk depends on the one before it. In plain torch operations that is a dozen launches for each point,
minutes to hours for a large cloud; the CPU's tree takes about a second for a million points.
"""

EAGER_POINTS = 1024  # of a cloud, up to which those launches take less than a second and nothing waits for a copy


def better_through_cpu(device: str, count: int) -> bool:
    """Whether clouds of ``count`` points on a device of this type, which has no kernel for them, go to the CPU."""
    return device != "cpu" and count > EAGER_POINTS
