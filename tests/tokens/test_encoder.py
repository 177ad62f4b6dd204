import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nimba.tokens import PatchEncoder


def as_published(encoder: PatchEncoder, patches: torch.Tensor) -> torch.Tensor:
    """The encoder as Point-BERT writes it, on the same parameters: BatchNorm on rows, concatenation, maximum."""
    B, G, K, _ = patches.shape
    rows = patches.reshape(-1, 3)  # (B G K, 3)
    local = encoder.local(F.relu(encoder.lift_norm(encoder.lift(rows))))  # (B G K, c2)
    shared = local.view(B * G, K, -1).amax(1, keepdim=True).expand(-1, K, -1)  # (B G, K, c2)
    both = torch.cat([shared.flatten(0, 1), local], 1)  # (B G K, 2 c2)
    x = encoder.project(F.relu(encoder.mix_norm(encoder.mix(both))))  # (B G K, dim)
    return x.view(B, G, K, -1).amax(2)  # (B, G, dim)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["compiled", "torch"])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(4, 8, 16), (1, 70, 3), (2, 65, 1)])
def test_equals_the_published_encoder_forward_and_backward(shape, training, dtype):
    torch.manual_seed(0)
    encoder = PatchEncoder(24, (16, 20, 40)).to(dtype)
    for norm in (encoder.lift_norm, encoder.mix_norm):
        nn.init.uniform_(norm.weight, -1, 1)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    encoder.train(training)
    published = copy.deepcopy(encoder).double()
    patches = torch.randn(*shape, 3, dtype=dtype) * 0.1
    weights = torch.randn(*shape[:2], 24, dtype=dtype)

    result, expected = encoder(patches), as_published(published, patches.double())
    (result * weights).sum().backward()
    (expected * weights.double()).sum().backward()

    tolerance = {"rtol": 1e-3, "atol": 5e-4} if dtype == torch.float32 else {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(result.double(), expected, **tolerance)
    for (name, ours), theirs in zip(encoder.named_parameters(), published.parameters(), strict=True):
        torch.testing.assert_close(ours.grad.double(), theirs.grad, msg=lambda m, n=name: f"{n}: {m}", **tolerance)
    for ours, theirs in zip(encoder.buffers(), published.buffers(), strict=True):
        torch.testing.assert_close(ours.double(), theirs.double(), rtol=1e-5, atol=1e-6)


def test_does_not_depend_on_the_order_within_a_patch():
    encoder = PatchEncoder(8, (4, 6, 10)).eval()
    patches = torch.randn(2, 3, 16, 3)
    torch.testing.assert_close(encoder(patches.flip(2)), encoder(patches), rtol=1e-5, atol=1e-6)
