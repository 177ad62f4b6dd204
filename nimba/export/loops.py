"""Loops of NIMBA's operators in ONNX: one step after the other, each over all clouds of a batch.

onnxscript reads the source of these functions: in them operators are ONNX's, and a nested function is a loop's body.
"""

# mypy: ignore-errors
# Not Python to mypy: a closure is a graph, and several values come out of what is annotated as one.

from onnxscript import BOOL, FLOAT, INT32, INT64, graph, script
from onnxscript import opset18 as op
from onnxscript.values import Opset

DOMAIN = Opset("nimba", 1)


@script(DOMAIN, default_opset=op)
def farthest_first(x: FLOAT, y: FLOAT, z: FLOAT, nearest: FLOAT, first: INT64, steps: INT64) -> INT64:
    """Farthest point sampling; of points that are equally far the first is chosen.

    Args:
        x: (B, N), and so are y and z.
        nearest: (B, N), infinity.
        first: (B, 1) int64, the first centre.
        steps: (G,), whatever.

    Returns:
        (G, B, 1) int64.
    """

    @graph()
    def step(nearest, farthest, number):
        dx = op.Sub(x, op.GatherElements(x, farthest, axis=1))  # (B, N)
        dy = op.Sub(y, op.GatherElements(y, farthest, axis=1))
        dz = op.Sub(z, op.GatherElements(z, farthest, axis=1))
        closer = op.Min(nearest, op.Add(op.Add(op.Mul(dx, dx), op.Mul(dy, dy)), op.Mul(dz, dz)))
        following = op.ArgMax(closer, axis=1, keepdims=1)  # (B, 1)
        chosen = op.Identity(farthest)
        return closer, following, chosen

    _nearest, _last, chosen = op.Scan(nearest, first, steps, body=step, num_scan_inputs=1)
    return chosen


@script(DOMAIN, default_opset=op)
def walk_first(worth: FLOAT, places: INT64, left: FLOAT, start: INT64, steps: INT64) -> INT64:
    """On to the first centre within reach, or to the first that is left.

    Args:
        worth: (B, N, N) of a step from one centre to another: 2 within reach, 1 beyond.
        places: (N,) int64, 0 to N - 1.
        left: (B, N) as a number, 1 where a centre is not on the path yet: at all but the first.
        start: (B, 1) int64, zero.
        steps: (N - 1,), whatever.

    Returns:
        (N - 1, B, 1) int64, the path behind its start.
    """

    @graph()
    def step(left, here, number):
        score = op.Mul(op.GatherND(worth, here, batch_dims=1), left)  # (B, N)
        following = op.ArgMax(score, axis=1, keepdims=1)  # (B, 1)
        remaining = op.Where(op.Equal(places, following), op.CastLike(op.Constant(value_float=0.0), left), left)
        reached = op.Identity(following)
        return remaining, following, reached

    _left, _last, path = op.Scan(left, start, steps, body=step, num_scan_inputs=1)
    return path


@script(DOMAIN, default_opset=op)
def walk_nearest(
    distance: FLOAT, places: INT64, left: BOOL, start: INT64, steps: INT64, kept: FLOAT, reach: FLOAT
) -> INT64:
    """On to the first centre that is left if it is within ``kept``, else to the nearest within ``reach``, else to it.

    Args:
        distance: (B, N, N), squared.
        places: as for ``walk_first``; so are left, start, steps and the result.
        left: boolean.
        start: see there.
        steps: see there.
        kept: (), squared; 0 to look for the nearest always.
        reach: (), squared; may be infinite.
    """

    @graph()
    def step(left, here, number):
        infinite = op.CastLike(op.Constant(value_float=float("inf")), reach)
        from_here = op.Where(left, op.GatherND(distance, here, batch_dims=1), infinite)  # (B, N)
        first = op.ArgMax(op.Cast(left, to=6), axis=1, keepdims=1)  # (B, 1)
        nearest = op.ArgMin(from_here, axis=1, keepdims=1)  # (B, 1)
        near = op.Less(op.GatherElements(from_here, nearest, axis=1), reach)
        goes_on = op.Less(op.GatherElements(from_here, first, axis=1), kept)
        following = op.Where(op.And(near, op.Not(goes_on)), nearest, first)
        remaining = op.And(left, op.Not(op.Equal(places, following)))
        reached = op.Identity(following)
        return remaining, following, reached

    _left, _last, path = op.Scan(left, start, steps, body=step, num_scan_inputs=1)
    return path


@script(DOMAIN, default_opset=op)
def walk_swap(near: INT32, places: INT64, sequence: INT64, steps: INT64) -> INT64:
    """The first centre within reach changes places with the next one.

    Args:
        near: (B, N, N) int32, whether a step is within reach.
        places: (N,) int64, 0 to N - 1.
        sequence: (B, N) int64, the same for each cloud.
        steps: (N - 1,) int64, 0 to N - 2.

    Returns:
        (B, N) int64.
    """

    @graph()
    def step(sequence, place):
        here = op.Gather(sequence, op.Unsqueeze(place, op.Constant(value_ints=[0])), axis=1)  # (B, 1)
        along = op.GatherElements(op.GatherND(near, here, batch_dims=1), sequence, axis=1)  # (B, N)
        ahead = op.Cast(op.Greater(places, place), to=6)  # (N,)
        hit = op.ArgMax(op.Mul(ahead, op.Add(along, ahead)), axis=1, keepdims=1)  # (B, 1), the next one if none is near
        fetched = op.GatherElements(sequence, hit, axis=1)  # (B, 1)
        following = op.Add(place, op.CastLike(op.Constant(value_int=1), place))
        put_off = op.Gather(sequence, op.Unsqueeze(following, op.Constant(value_ints=[0])), axis=1)  # (B, 1)
        behind = op.Where(op.Equal(places, hit), put_off, sequence)
        swapped = op.Where(op.Equal(places, following), fetched, behind)
        done = op.Identity(place)
        return swapped, done

    swapped, _steps = op.Scan(sequence, steps, body=step, num_scan_inputs=1)
    return swapped


@script(DOMAIN, default_opset=op)
def recurrence(state: FLOAT, rates: FLOAT, u: FLOAT, delta: FLOAT, b: FLOAT, c: FLOAT) -> FLOAT:
    """The selective scan without what passes it by; channels last, since runtimes are slow along short rows.

    Args:
        state: (B, N, D), zero.
        rates: (N, D), negative.
        u: (L, B, 1, D).
        delta: (L, B, 1, D).
        b: (L, B, N, 1).
        c: (L, B, 1, N).

    Returns:
        (L, B, 1, D).
    """

    @graph()
    def step(state, x, size, into, out):
        decay = op.Exp(op.Mul(size, rates))  # (B, N, D)
        after = op.Add(op.Mul(decay, state), op.Mul(op.Mul(size, x), into))  # (B, N, D)
        y = op.MatMul(out, after)  # (B, 1, D)
        return after, y

    _state, outputs = op.Scan(state, u, delta, b, c, body=step, num_scan_inputs=4)
    return outputs
