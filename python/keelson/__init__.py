"""Keelson from Python: what runs in a notebook or on a laptop becomes a job in the workspace, in one call.

    import keelson
    job = keelson.submit(train, kind="PyTorchJob", replicas=3, arguments={"epochs": 10})
    for line in job.logs(follow=True):
        print(line)
    job.wait()

Stands on the `kubernetes` client alone, as whoever that client is: the pod's ServiceAccount, or the person of a kubeconfig.
"""

from .git import Git
from .job import Job, JobFailed
from .submit import submit

__all__ = ["Git", "Job", "JobFailed", "submit"]
