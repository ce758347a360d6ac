"""Hortus: the management garden of a research computing and data team."""

__version__ = "0.1.0"
