"""What a network is handed from Python: a batch of finite clouds, or one clear line."""

import numpy as np
import pytest
import torch

import nimba
from nimba.runtime.errors import InputError
from nimba.serialization import serialize

TINY = {"num_centres": 8, "patch_size": 6, "dim": 16, "depth": 1, "encoder_channels": (8, 8, 16)}
GOOD = torch.linspace(-1, 1, 60).view(1, 20, 3)


@pytest.fixture(scope="module")
def fresh():
    return nimba.create_model("nimba_tiny", num_classes=3, **TINY).eval()


def with_a(number):
    points = GOOD.clone()
    points[0, 7, 1] = number
    return points


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (GOOD[0], r"\(20, 3\); points\[None\] makes a batch"),
        (GOOD[0].numpy(), r"numpy\.ndarray; make one with torch\.as_tensor"),
        (GOOD.tolist(), r"builtins\.list"),
        (None, "NoneType"),
        (GOOD[..., :2], r"\(1, 20, 2\)"),
        (GOOD[None], r"\(1, 1, 20, 3\)"),
        (GOOD[:, :0], "holds no points"),
        (GOOD[:0], "holds no points"),
        (GOOD.long(), "int64"),
        (with_a(float("nan")), "NaN or infinite"),
        (with_a(float("inf")), "NaN or infinite"),
    ],
)
def test_what_is_no_batch_of_clouds_is_one_line(fresh, points, expected):
    with pytest.raises(InputError, match=f"points: .*{expected}") as caught:
        fresh(points)
    assert "\n" not in str(caught.value)


def test_shipped_weights_refuse_it_too():
    with pytest.raises(InputError, match="NaN or infinite"):
        nimba.load("nimba-small-modelnet40")(with_a(float("nan")))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_clouds_of_another_precision_are_classified(fresh, dtype):
    assert fresh(GOOD.to(dtype)).isfinite().all()


def test_large_numbers_are_no_reason_to_refuse(fresh):
    assert fresh(GOOD * 1e37).shape == (1, 3)  # their sum may overflow, they do not


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_in_half_precision_says_how_to_go_on(dtype):
    model = nimba.create_model("nimba_tiny", num_classes=3, **TINY).eval().to(dtype)
    with pytest.raises(InputError, match=r"weights: are torch\..*float16; call \.float\(\)"):
        model(GOOD)


def test_one_cloud_is_no_batch_to_train_on():
    model = nimba.create_model("nimba_tiny", num_classes=3, auxiliary_depths=(1,), **TINY | {"depth": 2}).train()
    for call in (model, model.training_outputs):
        with pytest.raises(InputError, match="BatchNorm needs two"):
            call(GOOD)
    model.head.eval()
    assert model(GOOD).shape == (1, 3)


def test_the_look_costs_nothing_where_it_is_compiled(fresh):
    program = torch.export.export(fresh, (GOOD.expand(2, -1, -1).contiguous(),))
    names = {str(node.target) for node in program.graph.nodes}
    assert not any("isfinite" in name for name in names)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (GOOD.numpy().astype(">f4"), "give float32 or float64"),
        (np.array([["a", "b", "c"]]), "holds no coordinates"),
        (GOOD.tolist(), "list holds no cloud"),
        (GOOD[..., :2], "expected floating-point"),
        (with_a(float("nan")), "NaN or infinite"),
    ],
)
def test_serialize_refuses_on_one_line(points, expected):
    with pytest.raises(InputError, match=expected):
        serialize(points)


@pytest.mark.parametrize(
    "settings", [{"r": "far"}, {"r": None}, {"order": "hilbert", "bits": "10"}, {"bits": 2.5}, {"seed": "x"}]
)
def test_serialize_refuses_settings_of_another_type(settings):
    with pytest.raises(InputError, match=f"{list(settings)[-1]}: takes a"):
        serialize(GOOD, **settings)


def test_serialize_takes_half_precision_numpy_and_nothing():
    assert serialize(GOOD[0].half()).shape == (20,)
    assert serialize(GOOD[0].numpy().astype(np.float16)).shape == (20,)
    assert serialize(np.zeros((0, 3), np.float32)).shape == (0,)
    assert serialize(GOOD, r=np.float32(0.5), seed=np.int64(3)).shape == (1, 20)
