"""Weights of a stranger's: what their file asks for is checked against what it brings, before memory is taken."""

import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

import nimba
from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import read_checkpoint
from nimba.runtime.errors import InputError

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 1, "encoder_channels": (8, 8, 16)}


@pytest.fixture(scope="module")
def model():
    return nimba.create_model("nimba_tiny", num_classes=2, **TINY).eval()


def description(network, **changes):
    spec = ClassifierSpec("nimba_tiny", asdict(network.settings), ["bin", "box"], "unit_sphere", 64, nimba.__version__)
    settings = {key: value for key, value in changes.items() if key in spec.settings}
    others = {key: value for key, value in changes.items() if key not in spec.settings}
    return {**spec.to_dict(), "settings": {**spec.settings, **settings}, **others}


def write(network, path, **changes):
    """Safetensors or a checkpoint with a description that was tampered with."""
    told = description(network, **changes)
    if path.suffix == ".safetensors":
        save_file(network.state_dict(), path, metadata={"nimba": json.dumps(told)})
    else:
        torch.save({"nimba": told, "state_dict": {f"model.{k}": t for k, t in network.state_dict().items()}}, path)
    return path


@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt"])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"depth": 10**6}, "larger network than its weights"),
        ({"dim": 10**6}, "larger network than its weights"),
        ({"dim": 2**31 - 1, "expand": 2**31 - 1}, "larger network|shape"),
        ({"d_state": 10**9}, "larger network than its weights"),
        ({"d_conv": 10**9}, "larger network than its weights"),
        ({"head_channels": [10**9, 10**9]}, "larger network than its weights"),
        ({"encoder_channels": [10**9, 10**9, 10**9]}, "larger network than its weights"),
        ({"encoder": "residual", "encoder_depth": 10**6}, "larger network than its weights"),
        ({"class_names": [str(i) for i in range(100_000)]}, "larger network than its weights"),
        ({"num_centres": 10**9}, "num_centres: would gather .* NIMBA_MAX_GATHERED"),
        ({"patch_size": 10**9}, "num_centres: would gather"),
        ({"support": 10**9}, "support: would gather"),
        ({"num_points": 10**9}, "num_points: would gather"),
        ({"num_points": "64"}, "num_points: str '64'"),
        ({"num_points": True}, "num_points: bool"),
        ({"normalisation": "sideways"}, "normalisation"),
        ({"class_names": []}, "class_names"),
        ({"class_names": ["bin", "\x1b[2J"]}, "class_names"),
        ({"class_names": ["bin", 3]}, "class_names"),
        ({"model": 3}, "model: int 3"),
        ({"model": "nimba_huge"}, "no model is called 'nimba_huge'"),
        ({"dim": "16"}, "dim: takes a whole number"),
        ({"dim": True}, "dim: takes a whole number"),
        ({"dim": 10**40}, "dim|64 bits"),
        ({"depth": 1.5}, "depth: takes a whole number"),
        ({"r": {"class_path": "x"}}, "r: takes a number"),
        ({"start": [1]}, "start: takes a name or a whole number"),
        ({"bits": "10"}, "bits: takes a whole number or null"),
        ({"mixer": ["mamba"]}, "mixer: takes a name"),
        ({"scales": [[1], 2]}, "scales: takes a list of whole numbers"),
        ({"d_state": 4}, "has shape .* not"),
        ({"depth": 2}, "is missing|larger network"),
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(model, tmp_path, name, changes, expected):
    with pytest.raises(InputError, match=expected) as caught:
        nimba.load(write(model, tmp_path / name, **changes))
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_description_that_fits_is_not(model, tmp_path, monkeypatch):
    for name in ("a.safetensors", "a.ckpt"):
        assert nimba.load(write(model, tmp_path / name)).spec.class_names == ["bin", "box"]
    monkeypatch.setenv("NIMBA_MAX_GATHERED", "100000000")  # a limit that can be raised
    assert nimba.load(write(model, tmp_path / "a.ckpt", num_points=10**8)).spec.num_points == 10**8


def test_weights_that_are_not_finite_are_refused(model, tmp_path):
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state["norm.0.weight"][3] = float("nan")
    save_file(state, tmp_path / "a.safetensors", metadata={"nimba": json.dumps(description(model))})
    with pytest.raises(InputError, match=r"norm\.0\.weight: holds NaN"):
        nimba.load(tmp_path / "a.safetensors")


@pytest.mark.parametrize("metadata", ["[" * 100_000, "1" * 10_000, '{"model": ', "NaN"])
def test_a_description_that_is_no_json_is_refused(model, tmp_path, metadata):
    save_file(model.state_dict(), tmp_path / "a.safetensors", metadata={"nimba": metadata})
    with pytest.raises(InputError, match=r"a\.safetensors: not a"):
        nimba.load(tmp_path / "a.safetensors")


def test_a_wrong_file_never_gets_advice_to_read_it_unsafely(tmp_path):
    contents = {
        "numpy.npy": b"\x93NUMPY\x01\x00",
        "text.ckpt": b"hello",
        "empty.ckpt": b"",
        "pickle.ckpt": pickle.dumps(3),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name}: not a checkpoint, or cut short") as caught:
            nimba.load(tmp_path / name)
        assert "weights_only" not in str(caught.value)
    torch.save({"nimba": OddError("x")}, tmp_path / "code.ckpt")
    with pytest.raises(InputError, match=r"it names .*OddError, which is neither a tensor nor a plain value"):
        nimba.load(tmp_path / "code.ckpt")
    torch.save([torch.ones(2)], tmp_path / "list.ckpt")
    with pytest.raises(InputError, match="not a training checkpoint"):
        nimba.load(tmp_path / "list.ckpt")


class OddError(Exception):
    """What no checkpoint holds."""


def pack(path, structure: bytes, storages: dict[str, bytes], compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("last/data.pkl", structure)
        archive.writestr("last/byteorder", "little")
        for name, content in storages.items():
            archive.writestr(f"last/data/{name}", content)
        archive.writestr("last/version", "3\n")
    return path


class Storage:
    """What torch pickles in the place of a storage."""

    def __init__(self, items):
        self.items = items


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return ("storage", torch.FloatStorage, "0", "cpu", value.items) if isinstance(value, Storage) else None


class Rebuilt:
    def __init__(self, items, size, stride, offset=0):
        self.arguments = (Storage(items), offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.arguments


def pickled(value) -> bytes:
    file = io.BytesIO()
    Pickler(file, protocol=2).dump(value)
    return file.getvalue()


def test_the_packing_is_torchs(tmp_path):
    path = pack(tmp_path / "a.ckpt", pickled({"x": Rebuilt(2, (2,), (1,))}), {"0": bytes(8)})
    assert torch.equal(read_checkpoint(path)["x"], torch.zeros(2))


def shared():
    value = ["x"]
    for _ in range(60):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"x": Rebuilt(10**9, (10**9,), (1,))}, "larger than what the file holds"),
        ({"x": Rebuilt(2, (10**9,), (0,))}, "larger than what the file holds"),
        ({"x": Rebuilt(2, (2,), (10**9,))}, "larger than what the file holds"),
        ({"x": Rebuilt(2, (1,), (1,), offset=5)}, "larger than what the file holds"),
        ({"x": Rebuilt(2, (1,), (1,), offset=-5)}, "larger than what the file holds"),
        ({"x": Rebuilt(2, (-1, -2), (1, 1))}, "larger than what the file holds"),
        ({"x": Rebuilt(-2, (1,), (1,))}, "larger than what the file holds"),
        ({"x": shared()}, "more than two million values"),
        ({"x": 1 << 70}, "more than 64 bits"),
        ({"x": {1, 2}}, "it names"),
    ],
    ids=["items", "stretched", "stride", "offset", "before", "negative", "fewer", "shared", "integer", "set"],
)
def test_a_structure_that_asks_for_more_is_refused(tmp_path, value, expected):
    path = pack(tmp_path / "a.ckpt", pickled(value), {"0": bytes(8)})
    with pytest.raises(InputError, match=expected):
        read_checkpoint(path)


def test_tensors_that_share_memory_do_not_multiply(tmp_path):
    views = {f"{i}": Rebuilt(100_000, (100_000,), (1,)) for i in range(100)}
    with pytest.raises(InputError, match="share memory"):
        read_checkpoint(pack(tmp_path / "a.ckpt", pickled(views), {"0": bytes(400_000)}))


@pytest.mark.parametrize(
    "structure",
    [
        b"\x80\x02]r\xff\xff\xff\xff.",  # a memo of four thousand million places
        b"\x80\x05\x96\x00\x00\x00\x00\x04\x00\x00\x00.",  # an array of 16 GB
        b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",  # the same by a call
        b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n.",
        b"\x80\x02}",
        b"",
    ],
)
def test_a_pickle_that_asks_for_more_is_refused(tmp_path, structure):
    with pytest.raises(InputError, match=r"a\.ckpt"):
        read_checkpoint(pack(tmp_path / "a.ckpt", structure, {}))


def test_an_archive_that_unpacks_to_more_is_refused(tmp_path):
    bomb = pack(tmp_path / "a.ckpt", pickled({"x": 1}), {"0": bytes(1 << 24)}, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InputError, match="compressed"):
        read_checkpoint(bomb)


def test_refusals_take_no_memory(model, tmp_path):
    """In a process that may not have 600 MB more than it needs for itself."""
    write(model, tmp_path / "deep.ckpt", depth=10**6)
    write(model, tmp_path / "wide.safetensors", dim=10**6)
    pack(tmp_path / "zip.ckpt", pickled({"x": 1}), {"0": bytes(1 << 30)}, zipfile.ZIP_DEFLATED)
    program = f"""
import resource, nimba
from nimba.runtime.errors import InputError
from nimba.classifier import pretrained, registry
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in ("deep.ckpt", "wide.safetensors", "zip.ckpt"):
    try:
        nimba.load("{tmp_path}/" + name)
    except InputError as error:
        print(name)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *names, kilobytes = done.stdout.split()
    assert names == ["deep.ckpt", "wide.safetensors", "zip.ckpt"]
    assert int(kilobytes) < 300_000
