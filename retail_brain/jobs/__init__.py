"""Jobs: verbs of the command line that run in a process of their own and are watched through the database."""

from retail_brain.jobs.kinds import KINDS, JobKind
from retail_brain.jobs.start import (
    JobPlace,
    forget_unloaded,
    is_gone,
    note_gone,
    start_job,
    start_waiting,
    uploads_in_use,
)
from retail_brain.jobs.supervise import supervise

__all__ = [
    "KINDS",
    "JobKind",
    "JobPlace",
    "forget_unloaded",
    "is_gone",
    "note_gone",
    "start_job",
    "start_waiting",
    "supervise",
    "uploads_in_use",
]
