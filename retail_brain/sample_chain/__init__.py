"""Generates synthetic data: an agent-based simulation of a regional retail chain, with the true parameters apart.

Customers have needs with cycles of their own, anonymous customers arrive at random, prices and festivals change both,
and stores reorder with biased rules. No table is drawn by itself: receipts, stock, events and responses all come from
the same simulated days.
"""

from retail_brain.sample_chain.assemble import Chain, generate
from retail_brain.sample_chain.chain import FULL, SIZES, TINY, Size
from retail_brain.sample_chain.write import write

__all__ = ["FULL", "SIZES", "TINY", "Chain", "Size", "generate", "write"]
