"""What torch.compile is told, without importing it."""

from collections.abc import Callable


def constant_when_compiled(probe: Callable[[], bool]) -> Callable[[], bool]:
    """Let torch.compile call the probe instead of tracing it, which would split the compiled network at each call.

    It is ``torch.compiler.assume_constant_result`` without its import of the whole compiler.
    """
    probe._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return probe
