"""Where the parts of long jobs run: in the process itself, in a local pool of workers, or as tasks of Ray.

A part is a function `(path, options as JSON) -> path` with an address (`module:name`): everything else goes through
files, so that another engine (Spark, Dask) can call the same functions. docs/scale.md says which jobs have parts.
"""

from retail_brain.engine.executor import Executor, JobFunction, Part
from retail_brain.engine.in_process import IN_PROCESS, InProcess
from retail_brain.engine.opened import open_executor

__all__ = ["IN_PROCESS", "Executor", "InProcess", "JobFunction", "Part", "open_executor"]
