"""Small networks as files: the same probabilities for any number of clouds and points, and what is refused."""

import json
from dataclasses import asdict, replace

import pytest
import torch

import nimba
from nimba.classifier.spec import ClassifierSpec
from nimba.clouds.normalise import MODES
from nimba.export import export_onnx, export_program
from nimba.export.check import TOLERANCE, compare
from nimba.export.pipeline import Pipeline, least_points
from nimba.inference.calibration import Calibration
from nimba.runtime import optional
from nimba.runtime.errors import InputError
from nimba.runtime.optional import Dependency
from tests.clouds_to_try import cloud

needs_onnx = pytest.mark.skipif(
    not optional.onnx().available, reason="ONNX is not installed (pip install 'nimba[onnx]')"
)

SMALL = {"num_centres": 6, "patch_size": 5, "encoder_channels": (4, 6, 8), "dim": 16, "depth": 1, "d_state": 2}
NAMES = ["chair", "table", "lamp"]


def network(model="nimba_tiny", normalisation="unit_sphere", **settings):
    """A network with fresh weights that describes itself; its norms have statistics, as after training."""
    torch.manual_seed(0)
    built = nimba.create_model(model, num_classes=len(NAMES), **(SMALL | settings))
    for module in built.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1)
    built.spec = ClassifierSpec(
        model, asdict(built.settings), NAMES, normalisation, 32, "0.1.0", calibration=Calibration(temperature=0.5)
    )
    return built.eval()


DENSE = {"model": "nimba_dense_s", "stages": (20, 12), "neighbours": 4, "readout": 16, "token_neighbours": 3}
LIGHT = {"model": "nimba_light", "support": 12, "neighbours": 4}
NETWORKS = {
    "cube": {"normalisation": "cube", "order": "hilbert", "scales": (3, 9)},
    "dense": DENSE,
    "light": {**LIGHT, "normalisation": "none"},
    "three_axes": {"order": "three_axes", "encoder": "residual", "normalise_patches": True},
    "random": {"order": "random", "mixer": "ssd", "head_dim": 8},
    "axis": {"order": "axis", "mixer": "hydra", "head_dim": 8},
    "greedy": {"order": "greedy", "mixer": "attention", "head_dim": 8, "pooling": "max"},
    "swap": {"variant": "swap", "mixer": "bidirectional"},
    "nearest": {"variant": "nearest", "mixer": "identity"},
    "states": {"mixer": "ssd", "d_state": 20, "head_dim": 8},
}


def in_onnx_runtime(path):
    from nimba.export.runtime import session, with_session

    return with_session(session(path.read_bytes()))


def agrees(model, run):
    """On few points and many, one cloud and several, whole clouds of one point, and clouds without height."""
    pipeline = Pipeline(model)
    least = least_points(model.settings)
    clouds = [cloud("random", 3, least), cloud("random", 1, 70), cloud("random", 5, 41) * 7 - 2]
    clouds += [cloud(kind, 2, 40) for kind in ("grid", "duplicates", "flat", "line")]
    clouds.append(cloud("one", 2).expand(-1, 40, -1).contiguous())
    for points in clouds:
        with torch.no_grad():
            expected = pipeline(points)
        torch.testing.assert_close(run(points), expected, rtol=0, atol=TOLERANCE)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The small network as ONNX, and what was compared."""
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    return path, export_onnx(network(), path)


@pytest.fixture
def translated(written, monkeypatch):
    """Spares the translation, which takes most of the time, where it has been made before."""
    import onnx

    monkeypatch.setattr("nimba.export.graph.to_onnx", lambda pipeline: onnx.load(written[0]))


@needs_onnx
def test_onnx_gives_what_the_network_gives(written):
    path, comparison = written
    assert comparison.same_class == comparison.clouds == 7
    assert comparison.difference < TOLERANCE
    agrees(network(), in_onnx_runtime(path))
    assert [one.name for one in path.parent.iterdir()] == ["model.onnx"]


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_of_every_order_mixer_and_encoder(tmp_path, name):
    model = network(**NETWORKS[name])
    export_onnx(model, tmp_path / "model.onnx")
    agrees(model, in_onnx_runtime(tmp_path / "model.onnx"))


@pytest.mark.parametrize("settings", [{}, {"order": "short"}])
def test_program_gives_what_the_network_gives(tmp_path, settings):
    model = network(**settings).train()
    export_program(model, tmp_path / "model.pt2")
    assert model.training  # the network stays as it was
    extra = {"nimba.json": ""}
    run = torch.export.load(tmp_path / "model.pt2", extra_files=extra).module()
    agrees(model, run)
    described = json.loads(extra["nimba.json"])
    assert json.loads(described["nimba.class_names"]) == NAMES
    assert described["nimba.least_points"] == "5"


@needs_onnx
def test_onnx_describes_itself_and_nothing_of_this_machine(written):
    import onnx

    path, _ = written
    model = onnx.load(path)
    described = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(described["nimba.class_names"]) == NAMES
    wanted = {"num_points": "32", "least_points": "5", "up": "y", "temperature": "0.5", "precision": "float32"}
    assert {key: described[f"nimba.{key}"] for key in wanted} == wanted
    assert described["nimba.normalisation"].startswith("unit_sphere")
    assert described["nimba.version"] == nimba.__version__
    assert {imported.domain for imported in model.opset_import} <= {"", "pkg.onnxscript.torch_lib.common"}
    (points,), (probabilities,) = model.graph.input, model.graph.output
    assert (points.name, probabilities.name) == ("points", "probabilities")
    for word in (b"site-packages", b"torch/nn", str(path.parent).encode()):
        assert word not in path.read_bytes()


@needs_onnx
def test_eight_bits(tmp_path, written, translated):
    full, small = written[0], tmp_path / "small.onnx"
    comparison = export_onnx(network(), small, int8=True)
    assert 0 < comparison.difference < 0.2
    points = cloud("random", 3, 50)
    torch.testing.assert_close(in_onnx_runtime(small)(points), in_onnx_runtime(full)(points), rtol=0, atol=0.1)
    assert b"MatMulInteger" in small.read_bytes()
    assert b"MatMulInteger" not in full.read_bytes()


@needs_onnx
@pytest.mark.parametrize("order", ["fps", "short", "spectral"])
def test_orders_without_a_translation_are_named(tmp_path, order):
    with pytest.raises(InputError, match=f"order: '{order}' has no translation to ONNX; export to .pt2"):
        export_onnx(network(order=order), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def refuses_another_network(export, folder, monkeypatch):
    """Compare what is written with a network of other weights, and look at what is left."""
    other = Pipeline(network(dim=24))
    monkeypatch.setattr(f"{export.__module__}.compare", lambda pipeline, run: compare(other, run))
    kept = folder / "model.x"
    kept.write_text("as it was")
    with pytest.raises(InputError, match=r"not written, for it disagrees with the network: .* probabilities differ by"):
        export(network(), kept)
    assert kept.read_text() == "as it was"
    assert [path.name for path in folder.iterdir()] == ["model.x"]


@needs_onnx
def test_onnx_that_disagrees_is_not_written(tmp_path, translated, monkeypatch):
    refuses_another_network(export_onnx, tmp_path, monkeypatch)


def test_a_program_that_disagrees_is_not_written(tmp_path, monkeypatch):
    refuses_another_network(export_program, tmp_path, monkeypatch)


@pytest.mark.parametrize("export", [pytest.param(export_onnx, marks=needs_onnx), export_program])
def test_networks_that_do_not_describe_themselves(tmp_path, export):
    model = network()
    model.reset_classifier(5)
    with pytest.raises(InputError, match="model: has no description"):
        export(model, tmp_path / "model.x")
    model.spec = replace(network().spec, class_names=NAMES)
    with pytest.raises(InputError, match="gives 5 logits, but its description names 3"):
        export(model, tmp_path / "model.x")
    assert not list(tmp_path.iterdir())


def test_without_onnx_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(optional, "onnx", lambda: Dependency("onnx", False, "not installed", "pip"))
    with pytest.raises(InputError, match=r"model.onnx: ONNX needs onnx \(not installed\): pip install 'nimba\[onnx\]'"):
        export_onnx(network(), tmp_path / "model.onnx")


def test_all_normalisations_are_tried():
    tried = {chosen.get("normalisation", "unit_sphere") for chosen in ({}, *NETWORKS.values())}
    assert tried == set(MODES)
