"""Evaluation: scores of a checkpoint on a test split, and how they are shown."""
