"""Tasks of Ray that Ray does not repeat: whoever submits them decides what the death of a worker means."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
_TO_STOP = 60.0  # seconds that tasks which are cancelled may take for that


def deaths(ray: Any) -> tuple[type[Exception], ...]:
    """What Ray raises where a worker is gone, and what it had."""
    errors = ray.exceptions
    return errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError


def result_of(ray: Any, task: Any) -> Any:
    """What a task returned; what it raised is raised as it was, without Ray's account of where.

    Raises:
        Exception: one of ``deaths``, or what the task raised.
    """
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        raise error.cause or error from None


def each(
    ray: Any, items: Iterable[Item], submit: Callable[[Item], Any], at_once: Callable[[], int]
) -> Iterator[tuple[Item, Any]]:
    """Items and what their tasks returned, as they end; None of a task whose worker died, but its machine did not.

    An item whose machine is gone is submitted again, last.

    Args:
        ray: the module, connected.
        items: to do.
        submit: starts an item's task.
        at_once: how many tasks may be under way; asked again and again, for machines come and go.
    """
    waiting, running = deque(items), dict[Any, Item]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once():
                item = waiting.popleft()
                running[submit(item)] = item
            (task,), _ = ray.wait(list(running), num_returns=1)
            item = running.pop(task)
            try:
                result = result_of(ray, task)
            except ray.exceptions.NodeDiedError:
                waiting.append(item)
                continue
            except deaths(ray):
                result = None
            yield item, result
    finally:
        for task in running:
            ray.cancel(task, force=False)
        if running:
            ray.wait(list(running), num_returns=len(running), timeout=_TO_STOP)
