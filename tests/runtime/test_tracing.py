"""What torch.compile sees of the probes and of NIMBA's operators."""

import torch

import nimba
from nimba.mixers import Mamba
from nimba.runtime import optional
from nimba.serialization import ORDERS


class OnCuda(torch.nn.Module):
    """A mixer that asks what its CUDA path asks, on a CPU."""

    def __init__(self):
        super().__init__()
        self.mixer = Mamba(8, d_state=2)

    def forward(self, x):
        """Ask, and go on."""
        built = optional.triton_available(), optional.mamba_ssm_available(), optional.causal_conv1d_available()
        return self.mixer(x) if self.mixer._path_on_cuda(x) == "own" and not all(built) else -x


def test_probes_do_not_split_a_compiled_network(monkeypatch):
    """They import, and ask for versions: traced, each of them would be a break."""
    found = optional.Dependency("a kernel", True, "1.0")
    for name in ("mamba_ssm", "causal_conv1d"):
        monkeypatch.setattr(optional, name, lambda: found)
    explained = torch._dynamo.explain(OnCuda())(torch.randn(1, 6, 8))
    assert explained.graph_count == 1, explained.break_reasons
    assert explained.graph_break_count == 0, explained.break_reasons


def test_a_network_is_compiled_whole():
    torch._dynamo.reset()
    model = nimba.create_model("nimba_tiny", num_classes=5).eval()
    with torch.no_grad():
        explained = torch._dynamo.explain(model)(torch.randn(2, 128, 3))
    assert explained.graph_break_count == 0, explained.break_reasons


def test_orders_stay_out_of_cuda_graphs():
    """Some wait for the CPU, which a graph cannot."""
    assert ORDERS
    assert torch.Tag.cudagraph_unsafe in torch.ops.nimba.serialize.default.tags
    assert torch.Tag.cudagraph_unsafe not in torch.ops.nimba.k_nearest.default.tags
