"""The NIMBA network: cloud -> centres along a path -> tokens -> scan -> class."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from nimba.classifier.heads import POOLINGS, AuxiliaryHead, classification_head, pooled_width
from nimba.classifier.points import check_points, check_training_batch
from nimba.classifier.settings import ModelSettings
from nimba.classifier.spec import ClassifierSpec
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.mixers import create_mixer
from nimba.serialization import ORDERS, serialize
from nimba.tokens import create_encoder
from nimba.tokens.encoders import ENCODERS
from nimba.tokens.neighbour_max import take_points
from nimba.tokens.surroundings import Surroundings, surroundings_of


class Tokens(NamedTuple):
    """A tokenized batch of clouds, along their paths.

    A path has L = G places, or L = 3 G where the order repeats the points ("three_axes").
    """

    centres: Tensor  # (B, L, 3)
    patches: Tensor  # (B, L, K, 3), each relative to its centre
    order: Tensor  # (B, L) int64 in [0, G): centres = FPS centres[order]
    # For an encoder with local features, patches are of points of a support:
    members: Tensor | None = None  # (B, L, K) int64, which ones
    surroundings: Surroundings | None = None  # of the whole support


class NimbaClassifier(nn.Module):
    """Classify point clouds with one path through plain Mamba blocks (arXiv 2411.00151).

        points ─ FPS ─ serialization ─ kNN patches ─ encoder ─ (+ block) x depth ─ norms ─ pooling ─ head ─ logits

    The logits do not depend on the order of a cloud's points, to the last bit, nor on the other clouds in the batch.

    Args:
        num_classes: width of the logits.
        settings: see ``ModelSettings``.

    Shapes:
        points (B, N, 3) float32, N >= 1 -> logits (B, num_classes)
    """

    spec: ClassifierSpec | None = None  # set by ``load``: classes and preprocessing of trained weights

    def __init__(self, num_classes: int, settings: ModelSettings):
        super().__init__()
        self.num_classes = num_classes
        self.settings = settings
        s = settings
        self.encoder = create_encoder(
            s.encoder,
            s.dim,
            s.encoder_channels,
            depth=s.encoder_depth,
            normalise=s.normalise_patches,
            scales=s.scales,
        )
        self.position = _position_embedding(s.dim) if s.positional_embedding else None
        self.blocks = nn.ModuleList(Block(self._mixer(), s.dim, s.drop_path) for _ in range(s.depth))
        self.norm = nn.Sequential(nn.LayerNorm(s.dim), nn.LayerNorm(s.dim))  # the recipe's final norm, and one more
        width = pooled_width(s.pooling, s.dim)
        self.head = classification_head(width, s.head_channels, s.head_dropout, num_classes)
        self.auxiliary = nn.ModuleDict(
            {str(depth): AuxiliaryHead(s.dim, s.pooling, num_classes) for depth in s.auxiliary_depths}
        )

    def forward(self, points: Tensor) -> Tensor:
        """Classify (B, N, 3) -> logits (B, num_classes).

        Raises:
            InputError: for points of another shape or type, none, or ones that are not finite; in training, for a
                single cloud. Not where it is compiled or exported.
        """
        self._check(points)
        return self.forward_head(self.forward_features(self.tokenize(points)))

    def training_logits(self, points: Tensor) -> list[Tensor]:
        """Logits for a loss with deep supervision: ``forward``'s, then those of the auxiliary heads by depth.

        (B, N, 3) -> 1 + len(auxiliary_depths) of (B, num_classes)
        """
        self._check(points)
        x, auxiliary = self._embed(self.tokenize(points)), []  # (B, L, dim)
        for depth, block in enumerate(self.blocks, 1):
            x = block(x)
            if str(depth) in self.auxiliary:
                auxiliary.append(self.auxiliary[str(depth)](x))
        return [self.forward_head(self.norm(x)), *auxiliary]

    @torch.no_grad()
    def tokenize(self, points: Tensor) -> Tokens:
        """Centres and patches along the path: (B, N, 3) -> Tokens; not differentiable."""
        s = self.settings
        points = points.float() + 0.0  # -0.0 becomes 0.0: equal coordinates are equal bits from here on
        local = ENCODERS[s.encoder].local is not None
        count = max(s.num_centres, min(s.support, points.shape[1])) if local else s.num_centres  # M, or G
        sampled = _take(points, farthest_point_sampling(points, count))  # (B, M, 3), farthest first
        centres = sampled[:, : s.num_centres]  # (B, G, 3)
        start = s.start if isinstance(s.start, str) else min(s.start, s.num_centres - 1)
        order = serialize(
            centres, s.order, r=s.r, axis=s.axis, start=start, variant=s.variant, bits=s.bits, seed=s.seed, check=False
        )
        around = sampled if local else points
        neighbours = k_nearest(around, centres, max(s.scales or (s.patch_size,)))  # (B, G, K)
        centres, neighbours = _take(centres, order), _take(neighbours, order)  # (B, L, 3), (B, L, K)
        patches = take_points(around, neighbours) - centres[:, :, None]  # (B, L, K, 3)
        tokens = Tokens(centres, patches, order)
        if not local:
            return tokens
        return tokens._replace(members=neighbours, surroundings=surroundings_of(points, sampled, s.neighbours))

    def forward_features(self, tokens: Tokens) -> Tensor:
        """Read the path: Tokens -> (B, L, dim)."""
        x = self._embed(tokens)  # (B, L, dim)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward_head(self, features: Tensor) -> Tensor:
        """Pool the path, then the head: (B, L, dim) -> (B, num_classes)."""
        return self.head(POOLINGS[self.settings.pooling](features))

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that weight decay must spare: A_log, D, norms, biases, dt bias."""
        return {name for name, p in self.named_parameters() if p.ndim <= 1 or getattr(p, "_no_weight_decay", False)}

    def _check(self, points: Tensor) -> None:
        if not torch.compiler.is_compiling():
            check_points(points, self)
            check_training_batch(points, self.head)

    def _mixer(self) -> nn.Module:
        s = self.settings
        return create_mixer(s.mixer, s.dim, d_state=s.d_state, d_conv=s.d_conv, expand=s.expand, head_dim=s.head_dim)

    def _embed(self, tokens: Tokens) -> Tensor:
        """What the first block reads: Tokens -> (B, L, dim)."""
        x = self._encode(tokens)  # (B, L, dim)
        return x if self.position is None else x + self.position(tokens.centres)

    def _encode(self, tokens: Tokens) -> Tensor:
        """Patches -> (B, L, dim); where the path repeats its centres, each patch is encoded once, and counted once."""
        copies = ORDERS[self.settings.order].copies
        if copies == 1:
            return self.encoder(*_encoded(tokens))
        first = tokens.order.argsort(dim=1, stable=True)[:, ::copies]  # (B, G) each centre's first place on the path
        patches = _take(tokens.patches.flatten(2), first).unflatten(2, tokens.patches.shape[2:])  # (B, G, K, 3)
        members = None if tokens.members is None else _take(tokens.members, first)  # (B, G, K)
        once = tokens._replace(patches=patches, members=members)
        return _take(self.encoder(*_encoded(once)), tokens.order)  # (B, L, dim)


class Block(nn.Module):
    """x + DropPath(mixer(LayerNorm(x))): (B, L, dim) -> (B, L, dim)."""

    def __init__(self, mixer: nn.Module, dim: int, drop_path: float):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mixer = mixer
        self.drop_path = _drop_path(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the mixer says: (B, L, dim) -> (B, L, dim)."""
        return x + self.drop_path(self.mixer(self.norm(x)))


def _drop_path(chance: float) -> nn.Module:
    if chance == 0:
        return nn.Identity()
    from timm.layers import DropPath  # brings torchvision along: not for those who only classify

    return DropPath(chance)


def _position_embedding(dim: int) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 128), nn.GELU(), nn.Linear(128, dim))


def _encoded(tokens: Tokens) -> tuple[Tensor | Surroundings, ...]:
    """What the encoder reads."""
    if tokens.members is None or tokens.surroundings is None:
        return (tokens.patches,)
    return tokens.members, tokens.surroundings


def _take(rows: Tensor, indices: Tensor) -> Tensor:
    return rows.gather(1, indices[..., None].expand(-1, -1, rows.shape[2]))  # (B, M, C)
