"""A regional chain that never was, made from a seed: receipts, all that stands behind them, and the truth kept apart.

Customers have needs with their own cycles, passers-by come by the hour, prices and festivals move both, shelves run
empty and are refilled by people who err. Nothing is drawn table by table: receipts, stock, events and responses all
come out of the same days.
"""

from retail_brain.sample_chain.assemble import Chain, generate
from retail_brain.sample_chain.chain import FULL, SIZES, TINY, Size
from retail_brain.sample_chain.write import write

__all__ = ["FULL", "SIZES", "TINY", "Chain", "Size", "generate", "write"]
