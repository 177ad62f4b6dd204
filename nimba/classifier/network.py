"""The NIMBA network: cloud -> centres along a path -> tokens -> scan -> class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.classifier.heads import POOLINGS, AuxiliaryHead, ReadOut, classification_head, pooled_width
from nimba.classifier.indicator import OrderIndicator
from nimba.classifier.manners import Manners
from nimba.classifier.points import check_points, check_training_batch
from nimba.classifier.ragged import join_clouds, tokenize_joined
from nimba.classifier.settings import ModelSettings
from nimba.classifier.spec import ClassifierSpec
from nimba.classifier.tokenizing import Tokens, tokenize
from nimba.geometry.pyramid import Nearby, take_rows
from nimba.inference.familiarity import Familiarity
from nimba.mixers import create_mixer
from nimba.serialization import ORDERS
from nimba.tokens import create_encoder
from nimba.tokens.coordinates import CoordinateHeads
from nimba.tokens.dense import Aggregation
from nimba.tokens.surroundings import Surroundings

if TYPE_CHECKING:
    from nimba.inference import Answer, Answers
    from nimba.inference.objects import SceneAnswers


class TrainingOutputs(NamedTuple):
    """What the losses of training read."""

    logits: Tensor  # (B, num_classes), those of ``forward``
    auxiliary: list[Tensor]  # (B, num_classes) each, of the auxiliary heads by depth
    coordinates: Tensor | None  # (), the loss of the coordinate heads


class Embedding(NamedTuple):
    """Logits, and what ``nimba.inference.familiarity`` reads."""

    logits: Tensor  # (B, num_classes), those of ``forward``
    features: tuple[Tensor, ...]  # (B, dim) each: the means of the tokens before the first block and behind it


class NimbaClassifier(Manners):
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
    familiarity: Familiarity | None = None  # set by ``load``: what training clouds look like inside
    pose_network: Callable[[], NimbaClassifier] | None = None  # set by ``load``: gives the network that knows poses

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
        self.indicator = OrderIndicator(ORDERS[s.order].copies, s.dim) if s.order_indicator else None
        self.position = _position_embedding(s.dim) if s.positional_embedding else None
        self.blocks = nn.ModuleList(
            Block(self._mixer(), s.dim, s.drop_path, s.token_neighbours > 0) for _ in range(s.depth)
        )
        self.norm = nn.Sequential(*(nn.LayerNorm(s.dim) for _ in range(s.final_norms)))
        self.readout = ReadOut(s.dim, s.readout) if s.readout else None
        width = pooled_width(s.pooling, s.readout or s.dim)
        self.head = classification_head(width, s.head_channels, s.head_dropout, num_classes)
        self.auxiliary = nn.ModuleDict(
            {str(depth): AuxiliaryHead(s.dim, s.pooling, num_classes) for depth in s.auxiliary_depths}
        )
        self.coordinates = CoordinateHeads(s.encoder_channels) if s.coordinate_heads else None

    def forward(self, points: Tensor, nearby: Nearby | None = None) -> Tensor:
        """Classify (B, N, 3) -> logits (B, num_classes); ``nearby`` spares an encoder in stages its search.

        Raises:
            InputError: for points of another shape or type, none, or ones that are not finite; in training, for a
                single cloud. Not where it is compiled or exported.
        """
        self._check(points)
        return self.forward_head(self.forward_features(self.tokenize(points, nearby)))

    def forward_ragged(self, clouds: Any, batch: Tensor | None = None) -> Tensor:
        """Classify clouds of different sizes: -> logits (B, num_classes), those of each cloud alone.

            model.forward_ragged([torch.rand(700, 3), torch.rand(12, 3)])
            model.forward_ragged(torch_geometric.data.Batch.from_data_list(clouds))
            model.forward_ragged(data.pos, data.batch)

        Clouds of a size are tokenized together; encoder, blocks and head read all clouds at once.

        Args:
            clouds: a list of tensors (N, 3), torch-geometric ``Data`` or ``Batch``, or a tensor (sum of N, 3).
            batch: (sum of N,) integers for such a tensor: the cloud that each point belongs to.

        Raises:
            InputError: naming the cloud that is none or has no points; else as for ``forward``.
        """
        return self.forward_head(self.forward_features(self.tokenize_ragged(clouds, batch)))

    def tokenize_ragged(self, clouds: Any, batch: Tensor | None = None) -> Tokens:
        """Tokens of clouds of different sizes, in their order; arguments and errors as for ``forward_ragged``."""
        joined = join_clouds(clouds, batch)
        check_points(joined.points[None], self)
        check_training_batch(joined.sizes, self.head)
        return tokenize_joined(joined, self.settings)

    def embed(self, points: Tensor) -> Embedding:
        """Classify, and keep what tells a cloud unlike all of training from one like it: (B, N, 3) -> Embedding."""
        self._check(points)
        tokens = self.tokenize(points)
        x = self._encode(tokens)  # (B, L, dim)
        features = [x.mean(1)]
        x = self._place(x, tokens)
        for number, block in enumerate(self.blocks):
            x = block(x, tokens.beside)
            if number == 0:
                features.append(x.mean(1))
        return Embedding(self.forward_head(self.norm(x)), tuple(features))

    def classify(
        self,
        x: Any,
        *,
        up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
        turns: Literal[1, 4] | None = None,
        batch_size: int = 32,
        together: bool = True,
        format: str | None = None,
        keep_clouds: bool = False,
        each: Callable[[Answer], object] | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Answers:
        """Classify your own clouds or meshes, in whatever form and pose they come.

            answers = nimba.load().classify("scans/")
            answers.labels, answers[0].probabilities, answers.to_pandas()
            nimba.load().classify("chair.ply").label  # of one cloud, at once

        Clouds of any number of points in any units; meshes are sampled on their surface. The model runs where its
        weights are, on a CPU or a GPU.

        Args:
            x: the path of a file, a folder (at any depth), a pattern such as ``scans/*.ply``, or a binary stream; an
                array or tensor (N, 3) or (B, N, 3); an Open3D PointCloud or TriangleMesh; a torch-geometric Data or
                Batch; a trimesh Trimesh, PointCloud or Scene; or a list of any of these.
            up: the axis that is up in x; "auto" finds it, or takes that of the files that the weights were trained on
                where they say so. Clouds of one folder or list are taken to share it.
            turns: 4 to look at each cloud from four sides, and weigh what is seen; 1 to take it as it faces; None for 4
                where the weights know nothing of how your files face, 1 for those that have learnt it.
            batch_size: clouds that are decided on at once; more take more memory.
            together: find the axis and the facing of all clouds of a folder or list together; False for each by itself.
            format: of a stream: the extension of its format, such as "ply"; None to recognise it.
            keep_clouds: leave in each answer the points that the network read.
            each: is called with each answer as soon as it is there.
            progress: is called with how many more clouds were looked at; answers of those that vote come after that.

        Returns:
            an answer for each cloud, in order. One of several that cannot be classified has an ``error`` instead.

        Raises:
            InputError: on one line: nothing to classify, or a single input that cannot be.
        """
        from nimba.inference.classify import classify

        training = self.training
        self.eval()
        try:
            return classify(
                self,
                x,
                up=up,
                turns=turns,
                batch_size=batch_size,
                together=together,
                format=format,
                keep_clouds=keep_clouds,
                each=each,
                progress=progress,
            )
        finally:
            self.train(training)

    def classify_objects(
        self,
        x: Any,
        *,
        up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
        turns: Literal[1, 4] | None = None,
        format: str | None = None,
    ) -> SceneAnswers:
        """Classify each thing in a scan of several, such as a room or a table top.

            answers = nimba.load().classify_objects("office.ply")
            for answer, thing in zip(answers, answers.scene.objects):
                print(answer.label, thing.centre, thing.upright_box.sides)
            answers.write_ply("labelled.ply")

        Args:
            x: one scan: a path, a binary stream, an array or tensor (N, 3), or an object of another library.
            up: the axis that is up in it; "auto" finds it by the floor.
            turns: as for ``classify``.
            format: of a stream.

        Returns:
            an answer for each thing, with its box in ``decided``; ``.scene`` has the planes, things and labels.

        Raises:
            InputError: on one line: no scan, several, or fewer than 64 points.
        """
        from nimba.inference.objects import classify_objects

        training = self.training
        self.eval()
        try:
            return classify_objects(self, x, up=up, turns=turns, format=format)
        finally:
            self.train(training)

    def training_outputs(self, points: Tensor, nearby: Nearby | None = None) -> TrainingOutputs:
        """What deep supervision and the coordinate heads train with.

        Args:
            points: (B, N, 3).
            nearby: as for ``tokenize``.
        """
        self._check(points)
        return self.training_outputs_of(self.tokenize(points, nearby))

    def training_outputs_of(self, tokens: Tokens) -> TrainingOutputs:
        """The same of clouds that are tokens already."""
        coordinates = None
        if self.coordinates is None:
            x = self._embed(tokens)  # (B, L, dim)
        else:
            features = self.encoder.features(tokens.pyramid)  # type: ignore[operator]
            coordinates = self.coordinates(features, tokens.pyramid)
            x = self._place(take_rows(self.encoder.to_tokens(features[-1]), tokens.order), tokens)  # type: ignore[operator]
        auxiliary = []
        for depth, block in enumerate(self.blocks, 1):
            x = block(x, tokens.beside)
            if str(depth) in self.auxiliary:
                auxiliary.append(self.auxiliary[str(depth)](x))
        return TrainingOutputs(self.forward_head(self.norm(x)), auxiliary, coordinates)

    def tokenize(self, points: Tensor, nearby: Nearby | None = None) -> Tokens:
        """Centres and what is around them, along the path: (B, N, 3) -> Tokens; see ``nimba.classifier.tokenizing``."""
        return tokenize(points, self.settings, nearby)

    def forward_features(self, clouds: Tensor | Tokens) -> Tensor:
        """Read the path: points (B, N, 3), or Tokens of them -> (B, L, dim)."""
        if isinstance(clouds, Tensor):
            self._check(clouds)
            clouds = self.tokenize(clouds)
        tokens = clouds
        x = self._embed(tokens)  # (B, L, dim)
        for block in self.blocks:
            x = block(x, tokens.beside)
        return self.norm(x)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        """Pool the path, then the head: (B, L, dim) -> (B, num_classes), or (B, head_hidden_size) ``pre_logits``."""
        pooled = self.pool(features)
        if self.readout is not None:
            pooled = F.dropout(pooled, self.settings.head_dropout, self.training)
        return self.head[:-1](pooled) if pre_logits else self.head(pooled)

    def pool(self, features: Tensor) -> Tensor:
        """What the head reads of the path: (B, L, dim) -> (B, dim or readout), or two or three times as wide."""
        return POOLINGS[self.settings.pooling](features if self.readout is None else self.readout(features))

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
        return self._place(self._encode(tokens), tokens)

    def _place(self, x: Tensor, tokens: Tokens) -> Tensor:
        """Tokens (B, L, dim) that know in which round of the path they are, and where, if they shall."""
        x = x if self.indicator is None else self.indicator(x)
        return x if self.position is None else x + self.position(tokens.centres)

    def _encode(self, tokens: Tokens) -> Tensor:
        """Patches -> (B, L, dim); where the path repeats its centres, each patch is encoded once, and counted once."""
        if tokens.pyramid is not None:
            return take_rows(self.encoder(tokens.pyramid), tokens.order)  # (B, L, dim)
        copies = ORDERS[self.settings.order].copies
        if copies == 1:
            return self.encoder(*_encoded(tokens))
        first = tokens.order.argsort(dim=1, stable=True)[:, ::copies]  # (B, G) each centre's first place on the path
        patches = take_rows(tokens.patches.flatten(2), first).unflatten(2, tokens.patches.shape[2:])  # (B, G, K, 3)
        members = None if tokens.members is None else take_rows(tokens.members, first)  # (B, G, K)
        once = tokens._replace(patches=patches, members=members)
        return take_rows(self.encoder(*_encoded(once)), tokens.order)  # (B, L, dim)


class Block(nn.Module):
    """x + DropPath(mixer(LayerNorm(x))), then what the nearest tokens say: (B, L, dim) -> (B, L, dim).

    Args:
        mixer: along the path.
        dim: width of a token.
        drop_path: chance to leave the mixer out.
        local: have an ``Aggregation`` over each token's neighbours behind the mixer.
    """

    def __init__(self, mixer: nn.Module, dim: int, drop_path: float, local: bool = False):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mixer = mixer
        self.drop_path = _drop_path(drop_path)
        self.local = Aggregation(dim, dim) if local else None

    def forward(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """Add what the mixer says, and the neighbours: (B, L, dim), their places (B, L, k) -> (B, L, dim)."""
        x = x + self.drop_path(self.mixer(self.norm(x)))
        return x if self.local is None or beside is None else self.local(x, beside, x)


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
