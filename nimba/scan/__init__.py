"""Scan: the selective scan, Mamba's recurrence along the path."""

from nimba.scan.selective import selective_scan

__all__ = ["selective_scan"]
