"""Sharded HDF5: layout, codec, writer, reader and manifest. Knows factors and columns, no generator."""
