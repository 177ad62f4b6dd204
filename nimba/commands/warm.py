"""``python -m nimba.commands.warm``: compile the usual kernels now, rather than when a user waits for them.

``make env`` and the container's image do so. What is compiled is found by using it, on little data: two processes, one
core each, take a third of a minute; where everything was compiled before, seconds.
"""

import subprocess
import sys
from collections.abc import Callable


def orders() -> None:
    """The orders along curves and walks, FPS and kNN, in small clouds and in large ones."""
    import torch

    from nimba.geometry import farthest_point_sampling, k_nearest
    from nimba.serialization import serialize

    generator = torch.Generator().manual_seed(0)
    for count in (128, 1 << 16):
        points = torch.rand(1, count, 3, generator=generator)
        for order in ("nimba", "morton", "hilbert"):
            serialize(points, order=order)
    points = torch.rand(1, 10_000, 3, generator=generator)
    centres = farthest_point_sampling(points, 512)
    k_nearest(points, points.gather(1, centres[..., None].expand(-1, -1, 3)), 32)


def training() -> None:
    """A step of training the named network."""
    import torch

    import nimba

    points = torch.rand(2, 1024, 3, generator=torch.Generator().manual_seed(0))
    nimba.create_model("nimba_small", num_classes=40)(points).sum().backward()


def backward() -> None:
    """The kernels of a step that come late, the last first: for a process beside one that takes them as they come."""
    import numpy as np

    from nimba.mixers.convolution_cpu import conv_backward, conv_forward
    from nimba.mixers.step_size_cpu import softplus_backward, softplus_forward
    from nimba.scan.backward_cpu import scan_backward
    from nimba.scan.selective_cpu import scan_forward
    from nimba.tokens.pointwise_cpu import activate, max_backward, max_forward, project_max_backward, statistics

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    x, row, patches = zeros(1, 1, 16), zeros(16), zeros(1, 1, 1)
    highest, winner = zeros(1, 1), np.zeros((1, 1), np.int16)
    one = zeros(1)
    scan = x, x, zeros(16, 1), zeros(1, 1, 1), zeros(1, 1, 1), row
    project_max_backward(True, highest, patches, highest, one, highest, one, one, one, one, winner)
    max_backward(highest, winner, 1)
    conv_backward(x, x, zeros(16, 1), row)
    softplus_backward(x, x)
    scan_backward(x, *scan, zeros(1, 1, 1, 16))
    scan_forward(*scan)
    softplus_forward(x, row)
    conv_forward(x, zeros(16, 1), row)
    activate(patches, highest, one, one)
    statistics(patches, highest)
    max_forward(patches, highest, winner)


WORK: dict[str, Callable[[], None]] = {function.__name__: function for function in (orders, training)}


def main() -> int:
    """Do all work, each in a process of its own, or the one that the command line names."""
    if sys.argv[1:]:
        {**WORK, "backward": backward}[sys.argv[1]]()
        return 0
    started = [subprocess.Popen([sys.executable, "-m", "nimba.commands.warm", name]) for name in WORK]
    return max(process.wait() for process in started)


if __name__ == "__main__":
    sys.exit(main())
