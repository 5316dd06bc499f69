"""Health checks of a tenant's work under way: jobs that wait or run, campaigns, and a test of two recommenders."""

from collections.abc import Iterator
from datetime import timedelta

from retail_brain.errors import ModelError
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaigns import list_campaigns
from retail_brain.operational.jobs import open_jobs
from retail_brain.operational.model_tests import running_test
from serving.planning.campaigns.standing import unreadable, unreadable_text
from serving.upkeep.findings import Finding
from serving.upkeep.tenant_checks import TenantCase
from training.bundle import read_manifest

_SILENT = timedelta(minutes=2)
"""Without a word of a running job, which writes every ten seconds, or with a waiting one that nobody takes, which a
worker looks for every second. By judgement."""


def check_jobs(case: TenantCase) -> Iterator[Finding]:
    """Whether a job waits that no worker takes, or is noted as running and says nothing any more."""
    if case.database is None:
        return  # the check of the database says why
    found = open_jobs(case.tenant, case.database)
    silent = [job for job in found if case.now - job.seen_at > _SILENT]
    for job in silent:
        since = f"{job.kind} ({job.job_id}) of {job.started_by} is {job.state}, last heard of {job.seen_at:%m-%d %H:%M}"
        if job.state == "waiting":
            yield case.finding("jobs", "warning", f"{since}: no worker takes it", "retail-brain jobs work")
        else:
            remedy = "`retail-brain jobs list` notes it as stopped where its process is gone; start it again"
            yield case.finding("jobs", "warning", since, remedy)
    if not silent:
        yield case.finding("jobs", "ok", f"{found[0].kind} is {found[0].state}" if found else "none waits or runs")


def check_campaigns(case: TenantCase) -> Iterator[Finding]:
    """Whether every approved campaign can be read, else nobody new is planned to be contacted; and looks at effects."""
    if case.database is None:
        return  # the check of the database says why
    if names := unreadable(list_campaigns(case.tenant, case.database)):
        yield case.finding("campaigns", "fault", unreadable_text(names), f"retail-brain campaign stop {names[0]}")
    if count := effect_looks(case.tenant, case.database).left_out:
        text = f"{count:,} looks at what contacts cause cannot be read: plans, stop rules and lists leave them out"
        yield case.finding("campaigns", "warning", text, "measure again: retail-brain campaign measure ID")


def check_model_test(case: TenantCase) -> Iterator[Finding]:
    """Whether the version under test is there and has its checksums: without it nothing can be published."""
    if case.database is None:
        return  # the check of the database says why
    test = running_test(case.tenant, case.database)
    if test is None:
        return
    try:
        read_manifest(case.workspace.bundles / "recommender" / str(test.version))
    except ModelError as error:
        yield case.finding("model_test", "fault", str(error), f"retail-brain model-tests drop {test.name}")
    else:
        text = f"test {test.name} of recommender version {test.version} runs, checksums agree"
        yield case.finding("model_test", "ok", text)
