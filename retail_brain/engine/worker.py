"""A worker of the local pool: reads calls as lines of JSON and answers each with a line.

It is started with its threads bounded in the environment, and ends with the process that started it.
"""

import json
import os
import queue
import signal
import sys
import threading

from retail_brain.engine.calls import outcome


def main() -> None:
    """Answers calls until its standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a job prints must not stand among the answers
    calls: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(calls,), daemon=True).start()
    while True:
        answer = outcome(*json.loads(calls.get()))
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def _read(calls: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        calls.put(line)
    os._exit(0)  # nobody waits for what is being worked out


if __name__ == "__main__":
    main()
