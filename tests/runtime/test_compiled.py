"""The plain torch versions of the kernels, for processes that end before numba is loaded."""

import subprocess
import sys
import threading

import pytest
import torch

import nimba
from nimba.runtime.compiled import compiled_kernels_take, without_compiled_kernels
from nimba.serialization import ORDERS, serialize

NOT_PLAIN = {"short", "spectral", "octree"}  # always computed on a CPU, with scipy


def test_they_take_what_they_were_compiled_for():
    floats, doubles = torch.zeros(3), torch.zeros(3, dtype=torch.float64)
    assert compiled_kernels_take(floats)
    assert not compiled_kernels_take(floats, doubles)
    assert compiled_kernels_take(floats, doubles, types=(torch.float32, torch.float64))
    assert not compiled_kernels_take(torch.zeros(3, device="meta"))
    with without_compiled_kernels():
        assert not compiled_kernels_take(floats)
    assert compiled_kernels_take(floats)


def test_they_are_back_after_an_error():
    with pytest.raises(ValueError, match="on purpose"), without_compiled_kernels():
        raise ValueError("on purpose")
    assert compiled_kernels_take(torch.zeros(3))


def test_torch_compile_traces_through_the_choice():
    take = torch.compile(lambda x: x + compiled_kernels_take(x), backend="eager", fullgraph=True)
    assert take(torch.zeros(1)).item() == 1


def test_other_threads_keep_them():
    """A server's thread that does without them took them from all the others."""
    floats, found = torch.zeros(3), []
    with without_compiled_kernels():
        other = threading.Thread(target=lambda: found.append(compiled_kernels_take(floats)))
        other.start()
        other.join()
    assert found == [True]


@pytest.mark.parametrize("order", sorted(set(ORDERS) - NOT_PLAIN))
def test_orders_are_the_same_without(order):
    points = torch.randn(2, 60, 3, generator=torch.Generator().manual_seed(0)).round(decimals=1)  # with ties
    expected = serialize(points, order)
    with without_compiled_kernels():
        assert torch.equal(serialize(points, order), expected)


def flat(tokens):
    """All tensors of tokens, in whatever tuples they are."""
    if isinstance(tokens, torch.Tensor):
        return [tokens]
    return [tensor for part in tokens or () for tensor in flat(part)]


@pytest.mark.parametrize("name", ["nimba_small", "nimba_light"])
@pytest.mark.parametrize("kind", ["noise", "ties"])
def test_the_network_says_the_same_without(kind, name):
    torch.manual_seed(0)
    model = nimba.create_model(name).eval()
    points = torch.randn(2, 300, 3) * 0.4
    points = points.round(decimals=1) if kind == "ties" else points
    with torch.no_grad():
        tokens, logits = model.tokenize(points), model(points)
        with without_compiled_kernels():
            plain_tokens, plain_logits = model.tokenize(points), model(points)
    for ours, theirs in zip(flat(tokens), flat(plain_tokens), strict=True):
        assert torch.equal(ours, theirs)
    torch.testing.assert_close(plain_logits, logits, rtol=1e-4, atol=1e-5)


def test_classifying_a_file_loads_neither_numba_nor_open3d(tmp_path):
    import numpy as np

    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(100, 3)))
    code = """if True:
        import sys
        from nimba.commands.main import main
        assert main(["classify", sys.argv[1]]) == 0
        assert not {"numba", "scipy", "open3d", "lightning", "timm", "torch_geometric"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.npy")], check=True, stdout=subprocess.DEVNULL)


def test_output_that_nobody_reads_is_no_fault(tmp_path):
    import numpy as np

    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(100, 3)))
    command = [sys.executable, "-m", "nimba", "classify", str(tmp_path / "a.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert all(line.startswith(b"note: ") for line in process.stderr.read().splitlines())
    assert process.returncode == 141
