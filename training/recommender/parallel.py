"""Works out blocks on several threads: most of a block's work (compiled loops, NumPy, LightGBM) holds no lock."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")
R = TypeVar("R")


def in_order(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Results of a function in the order of the items.

    At most `threads` + 1 results wait at a time, so that memory does not grow with the items. BLAS runs with one thread
    meanwhile: its own would wait for these.

    Args:
        function: called for each item; for several at once with more than one thread.
        items: read as they are needed.
        threads: that work at once; 1 = the caller's own.
    """
    with threadpool_limits(1, "blas"):
        if threads <= 1:
            yield from map(function, items)
            return
        with ThreadPoolExecutor(threads, thread_name_prefix="blocks") as pool:
            waiting: deque[Future[R]] = deque()
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
