import inspect

import pytest
import torch
from torch import nn

from nimba.mixers import MIXERS, Mamba, create_mixer
from nimba.mixers.identity import GatedConvolution
from nimba.runtime.errors import InputError

SIZES = {"d_state": 4, "head_dim": 8}
CAUSAL = ("mamba", "identity", "ssd")
REVERSIBLE = ("attention",)  # to which the path's direction means nothing


def mixer(name, dim=16, **sizes):
    torch.manual_seed(0)
    return create_mixer(name, dim, **{**SIZES, **sizes})


def tokens(batch=3, length=21, dim=16, dtype=torch.float32):
    return torch.randn(batch, length, dim, generator=torch.Generator().manual_seed(1), dtype=dtype)


def test_the_controls_are_there():
    assert set(MIXERS) >= {"mamba", "identity", "attention", "bidirectional", "ssd", "hydra"}
    assert isinstance(mixer("mamba"), Mamba)


@pytest.mark.parametrize("name", MIXERS)
def test_the_registry_tells_what_a_mixer_reads(name):
    entry = MIXERS[name]
    assert entry.summary.endswith(".")
    assert set(inspect.signature(entry.build).parameters) - {"dim", "dt_rank"} == set(entry.parameters)


@pytest.mark.parametrize("length", [1, 2, 21, 130])
@pytest.mark.parametrize("name", MIXERS)
def test_tokens_in_tokens_out(name, length):
    x = tokens(length=length)
    y = mixer(name)(x)
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert y.isfinite().all()


@pytest.mark.parametrize("name", MIXERS)
def test_a_sequence_does_not_depend_on_its_mates(name):
    made, x = mixer(name), tokens()
    mates = x.clone()
    mates[1:] = mates[1:] * 3 + 1
    assert torch.equal(made(x)[0], made(mates)[0])


@pytest.mark.parametrize("name", MIXERS)
def test_runs_are_deterministic(name):
    made, x = mixer(name), tokens(length=70)
    outcomes = []
    for _ in range(2):
        made.zero_grad()
        y = made(x)
        y.square().sum().backward()
        outcomes.append([y, *(p.grad.clone() for p in made.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*outcomes, strict=True))


@pytest.mark.parametrize("name", MIXERS)
def test_every_parameter_learns(name):
    made = mixer(name)
    made(tokens()).square().sum().backward()
    for parameter_name, parameter in made.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().max() > 0, parameter_name


@pytest.mark.parametrize("name", MIXERS)
def test_what_a_position_sees(name):
    made, x = mixer(name), tokens()
    changed = x.clone()
    changed[:, 8] += 1
    seen = (made(x) - made(changed)).abs().amax((0, 2)) > 0  # (L,) places that the change reaches
    assert seen[8]
    if name == "identity":
        assert seen.nonzero().flatten().tolist() == [8, 9, 10, 11]
    elif name in CAUSAL:
        assert not seen[:8].any()
        assert seen[8:].all()
    else:
        assert seen.all()


@pytest.mark.parametrize("name", MIXERS)
def test_all_but_attention_read_in_a_direction(name):
    made, x = mixer(name), tokens(dtype=torch.float64)
    made.double()
    same = torch.allclose(made(x.flip(1)).flip(1), made(x))
    assert same == (name in REVERSIBLE)


@pytest.mark.parametrize("name", MIXERS)
def test_gradients_by_finite_differences(name):
    made = mixer(name, dim=4, d_state=2, head_dim=2, d_conv=2).double()
    x = tokens(2, 5, 4, torch.float64).requires_grad_()
    names = [parameter_name for parameter_name, _ in made.named_parameters()]

    def run(x, *values):
        return torch.func.functional_call(made, dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (x, *made.parameters()), eps=1e-6, atol=1e-6)


@pytest.mark.parametrize("dim", [128, 384])
@pytest.mark.parametrize("name", MIXERS)
def test_sizes_are_near_mambas(name, dim):
    sizes = {"d_state": 16, "head_dim": 32}
    count = sum(p.numel() for p in mixer(name, dim, **sizes).parameters())
    reference = sum(p.numel() for p in mixer("mamba", dim, **sizes).parameters())
    assert abs(count / reference - 1) < 0.16


@pytest.mark.parametrize("name", MIXERS)
def test_weight_decay_spares_what_belongs_to_the_state(name):
    for parameter_name, parameter in mixer(name).named_parameters():
        if parameter_name.endswith(("A_log", "A_b_log", "D", "D_b", "dt_bias", "dt_proj.bias", "dt_proj_b.bias")):
            assert parameter._no_weight_decay, parameter_name
        elif parameter.ndim > 1:
            assert not getattr(parameter, "_no_weight_decay", False), parameter_name


def test_identity_is_mamba_whose_scan_does_nothing():
    mamba, identity = mixer("mamba"), mixer("identity")
    rest = identity.load_state_dict(mamba.state_dict(), strict=False)
    assert not rest.missing_keys
    assert set(rest.unexpected_keys) == {"A_log", "D", "x_proj.weight", "dt_proj.weight", "dt_proj.bias"}
    with torch.no_grad():
        mamba.x_proj.weight.zero_()  # B = C = 0: what remains of the scan is D = 1
    torch.testing.assert_close(identity(tokens()), mamba(tokens()))


def test_identity_without_convolution_treats_tokens_alone():
    alone, x = GatedConvolution(16, d_conv=1), tokens()
    shuffle = torch.randperm(21, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(alone(x[:, shuffle]), alone(x)[:, shuffle])


def test_attention_is_torchs():
    made, x = mixer("attention"), tokens()
    reference = nn.MultiheadAttention(16, 2, batch_first=True)
    reference.load_state_dict(
        {
            "in_proj_weight": made.qkv.weight,
            "in_proj_bias": made.qkv.bias,
            "out_proj.weight": made.out.weight,
            "out_proj.bias": made.out.bias,
        }
    )
    torch.testing.assert_close(made(x), reference(x, x, x, need_weights=False)[0] + made.mlp(x))


def test_bidirectional_is_the_mean_of_two_mambas():
    made, x = mixer("bidirectional"), tokens()
    there, back = Mamba(16, d_state=4), Mamba(16, d_state=4)
    weights = made.state_dict()
    there.load_state_dict({name: weights[name] for name in there.state_dict()})
    renamed = {name: name.replace("A_log", "A_b_log").replace("D", "D_b") for name in ("A_log", "D")}
    for name in ("conv1d.weight", "conv1d.bias", "x_proj.weight", "dt_proj.weight", "dt_proj.bias"):
        renamed[name] = name.replace(".", "_b.")
    back.load_state_dict({name: weights[renamed.get(name, name)] for name in back.state_dict()})
    torch.testing.assert_close(made(x), (there(x) + back(x.flip(1)).flip(1)) / 2)


def test_names_and_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"mixer: 'atention' is not one of .*; did you mean 'attention'\?"):
        create_mixer("atention", 16)
    for name in ("attention", "ssd", "hydra"):
        with pytest.raises(InputError, match="head_dim: heads of 24 do not divide"):
            create_mixer(name, 16, head_dim=24)
