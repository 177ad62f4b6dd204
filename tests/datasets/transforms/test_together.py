"""What the transforms are to the rest: items of a list in a configuration, beside torch-geometric's."""

import torch
from jsonargparse import ArgumentParser
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

TRANSFORMS = """
- class_path: nimba.datasets.transforms.RandomScale
  init_args: {low: 0.8, high: 1.25}
- class_path: nimba.datasets.transforms.RandomShift
- class_path: nimba.datasets.transforms.ClippedJitter
- class_path: nimba.datasets.transforms.PointDropout
- class_path: nimba.datasets.transforms.Normalise
- class_path: torch_geometric.transforms.RandomRotate
  init_args: {degrees: 180, axis: 1}
- class_path: torch_geometric.transforms.RandomFlip
  init_args: {axis: 0}
"""


def test_a_configuration_makes_them_all():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--transforms", type=list[BaseTransform])
    made = parser.instantiate(parser.parse_args([f"--transforms={TRANSFORMS}"])).transforms
    data = Data(pos=torch.randn(40, 3))
    for transform in made:
        data = transform(data)
    assert (len(made), made[0].low, data.pos.shape) == (7, 0.8, (40, 3))


def test_torch_geometric_rotates_about_the_up_axis():
    """What transforms/__init__.py says of RandomRotate: y and all distances stay."""
    from torch_geometric.transforms import RandomRotate

    points = torch.randn(40, 3)
    turned = RandomRotate(degrees=180, axis=1)(Data(pos=points)).pos
    torch.testing.assert_close(turned[:, 1], points[:, 1])
    torch.testing.assert_close(torch.pdist(turned), torch.pdist(points), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(turned, points)
