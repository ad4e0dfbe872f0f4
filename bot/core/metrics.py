"""Prometheus metrics: queue length, wait time, run time, and how jobs ended."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640)


class Metrics:
    """The metrics of one bot process, in a registry of its own.

    `queue_length` is called at each scrape; times are in seconds.
    """

    def __init__(self, queue_length: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        Gauge("atelier_queue_length", "Jobs that wait", registry=self.registry).set_function(queue_length)
        self.wait = Histogram(
            "atelier_job_wait_seconds", "From accepted to started", buckets=SECONDS, registry=self.registry
        )
        self.run = Histogram("atelier_job_run_seconds", "Time in the engine", buckets=SECONDS, registry=self.registry)
        self.ended = Counter("atelier_jobs_ended", "Jobs by how they ended", ["status"], registry=self.registry)
        self.engine_deaths = Counter(
            "atelier_engine_deaths", "Times the engine was lost during a job", registry=self.registry
        )
