"""Votes: seeded, the same in any batch, and an average of what the network says."""

import torch
from torch import Tensor, nn

from nimba.evaluation.voting import vote


class Extent(nn.Module):
    """Logits that depend on the scale of each axis."""

    def forward(self, points: Tensor) -> Tensor:
        return points.abs().amax(1)  # (B, 3)


def test_votes_depend_on_the_seed_alone():
    points = torch.randn(5, 16, 3)
    votes = vote(Extent(), points, 4, seed=1)
    assert torch.equal(votes, vote(Extent(), points, 4, seed=1))
    assert not torch.equal(votes, vote(Extent(), points, 4, seed=2))
    assert torch.equal(votes[2:3], vote(Extent(), points[2:3], 4, seed=1))


def test_votes_are_probabilities_and_average_the_passes():
    points = torch.randn(2, 16, 3)
    votes = vote(Extent(), points, 3)
    torch.testing.assert_close(votes.sum(-1), torch.ones(2))
    first, second = vote(Extent(), points, 1), vote(Extent(), points, 2)
    third = 3 * votes - 2 * second  # the passes of a larger vote begin with those of a smaller one
    torch.testing.assert_close((first + (2 * second - first) + third) / 3, votes)


def test_scales_stay_in_the_range_of_the_training():
    points = torch.ones(1, 1, 3)

    class Seen(nn.Module):
        def forward(self, points: Tensor) -> Tensor:
            assert points.min() >= 1 / 1.5
            assert points.max() <= 1.5
            return points[:, 0]

    vote(Seen(), points, 200)
