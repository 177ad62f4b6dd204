"""The line for the model: who is decided on together, and that nobody is left without an answer."""

import threading
from concurrent.futures import CancelledError

import pytest

import nimba
from nimba.clouds.read import Reading
from nimba.inference.decide import Decider
from nimba.inference.grounding import made_ready
from nimba.runtime import optional
from nimba.serve.queue import Manner, ModelQueue
from tests.serve.clouds import shape


class Watched(ModelQueue):
    """Waits for a gate before each decision, and writes down how many requests it is about."""

    def __init__(self, *arguments, **options):
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.sizes: list[int] = []
        super().__init__(*arguments, **options)

    def _decide(self, jobs):
        self.sizes.append(len(jobs))
        self.begun.set()
        self.gate.wait()
        super()._decide(jobs)


@pytest.fixture(scope="module")
def model():
    return nimba.load("nimba-small-modelnet40")


@pytest.fixture(scope="module")
def clouds(model):
    shapes = ["chair", "table", "bottle", "lamp"]
    return [made_ready(Reading(shape(name)), model.spec, "y").prepared for name in shapes]


@pytest.fixture
def queue(model):
    queue = Watched(model, together=3)
    yield queue
    queue.gate.set()
    queue.close()


def occupy(queue, cloud):
    """Keep the model busy until the gate opens."""
    first = queue.submit([cloud], Manner("y", 1), False)
    assert queue.begun.wait(10)
    return first


def test_small_requests_that_wait_are_decided_on_together(queue, model, clouds):
    manner = Manner("y", 1)
    occupy(queue, clouds[0])
    waiting = [queue.submit([cloud], manner, False) for cloud in clouds * 2]
    queue.gate.set()
    found = [one.result(30)[0] for one in waiting]
    assert queue.sizes == [1, 3, 3, 2]
    wanted = Decider(model, up="y", turns=1).decide(clouds)
    for decision, expected in zip(found, wanted * 2, strict=True):
        assert decision.probabilities == pytest.approx(expected.probabilities, abs=1e-4)
        assert decision.pose == expected.pose


def test_others_keep_to_themselves(queue, clouds):
    """Requests that look in another manner, and those of several clouds; each behind those that came before it."""
    occupy(queue, clouds[0])
    plain, turned = Manner("y", 1), Manner("y", 4)
    waiting = [
        queue.submit(clouds[:1], plain, False),
        queue.submit(clouds[:1], turned, False),
        queue.submit(clouds, plain, True),
        queue.submit(clouds[1:2], plain, False),
        queue.submit(clouds[1:2], plain, True),  # the others of its request could not be read
    ]
    queue.gate.set()
    assert [len(one.result(30)) for one in waiting] == [1, 1, 4, 1, 1]
    assert queue.sizes == [1, 2, 1, 1, 1]


def test_a_fault_is_that_of_one_request(queue, clouds):
    occupy(queue, clouds[0])
    good = queue.submit(clouds[:1], Manner("y", 1), False)
    bad = queue.submit([object()], Manner("y", 1), False)
    also = queue.submit(clouds[1:2], Manner("y", 1), False)
    queue.gate.set()
    with pytest.raises(AttributeError):
        bad.result(30)
    assert len(good.result(30)) == len(also.result(30)) == 1
    assert queue.alive


def test_who_has_gone_is_passed_over(queue, clouds):
    occupy(queue, clouds[0])
    gone, there = (queue.submit(clouds[:1], Manner("y", 1), False) for _ in range(2))
    assert gone.cancel()
    queue.gate.set()
    assert len(there.result(30)) == 1


def test_at_the_end_nobody_waits_for_ever(model, clouds):
    queue = Watched(model)
    first = occupy(queue, clouds[0])
    left = queue.submit(clouds[:1], Manner("y", 1), False)
    threading.Timer(0.2, queue.gate.set).start()
    queue.close()
    assert len(first.result(1)) == 1
    with pytest.raises(CancelledError):
        left.result(1)
    assert not queue.alive
    with pytest.raises(RuntimeError):
        queue.submit(clouds[:1], Manner("y", 1), False)


@pytest.mark.skipif(not optional.fastapi().available, reason="FastAPI is not installed")
def test_beyond_the_limit_is_refused():
    from nimba.serve.limits import Limits, RefusedError
    from nimba.serve.service import Service

    service = Service(nimba.load("nimba-small-modelnet40"), Limits(requests=2))
    with service.admitted(), service.admitted():
        with pytest.raises(RefusedError, match="2 requests wait already") as caught, service.admitted():
            pass
        assert caught.value.status == 503
    with service.admitted():
        pass
    service.close()
