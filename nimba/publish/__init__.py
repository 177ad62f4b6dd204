"""Publish: turn a finished run into shipped weights, their model card, and the numbers in the documents.

``python -m nimba.publish weights RUN NAME`` and ``python -m nimba.publish documents``.
"""
