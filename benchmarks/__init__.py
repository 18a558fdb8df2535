"""Measured work on a large invented bank, side by side with plain SQL on the same database: `python -m benchmarks`."""
