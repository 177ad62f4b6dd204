"""Trained classifiers on the Hugging Face Hub, or in a folder laid out as there."""

from nimba.hub.mixin import from_pretrained, push_to_hub, save_pretrained

__all__ = ["from_pretrained", "push_to_hub", "save_pretrained"]
