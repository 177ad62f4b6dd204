"""The selective scan as attention: how much each step of the path says in the output of a later one."""

from collections.abc import Iterator

from torch import Tensor


def implicit_attention(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Iterator[Tensor]:
    """Rows of Mamba's implicit attention matrices (Ali, Zimerman, Wolf, arXiv 2403.01590, section 3).

    Unrolled, the recurrence of ``nimba.scan.selective_scan`` reads, in each channel and without its skip D u_t,

        y_t = sum over s <= t of w(t, s) u_s,    w(t, s) = sum_n C_tn exp(A_n sum_{s < k <= t} delta_k) delta_s B_sn

    The states' memories of all inputs are kept and faded step by step, as the scan does it: no power of a decay is
    ever taken or undone, and memory is (L, D, N) rather than (L, L, D, N).

    Args:
        delta: (L, D) step sizes of one cloud, after the softplus.
        A: (D, N), negative.
        B: (L, N).
        C: (L, N).

    Yields:
        for t = 0 ... L - 1: w(t, s) for all s <= t, (t + 1, D).
    """
    memory = (delta[:, :, None] * B[:, None]).contiguous()  # (L, D, N): what each step writes into the state
    for t in range(len(delta)):
        memory[:t] *= (delta[t, :, None] * A).exp()
        yield memory[: t + 1] @ C[t]
