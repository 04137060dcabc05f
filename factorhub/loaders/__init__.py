"""Streams of batches from any source of rows, framework-free at the core; torch, JAX and Hugging Face are thin leaves."""

from factorhub.loaders.scaling import scale_of
from factorhub.loaders.stream import Stream, stream

__all__ = ["Stream", "scale_of", "stream"]
