"""Publish: turn a finished run into shipped weights, their model card, and the numbers in the documents.

``nimba publish weights RUN NAME`` and ``nimba publish documents``.
"""
