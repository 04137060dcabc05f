"""Chunks of rows to bytes and back: plain DEFLATE by encoders of our own and of libraries, and the inflater of streams."""
