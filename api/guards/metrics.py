"""Counts and times of requests, which the processes of a server keep in files that all of them map.

The files are written whole when a process begins: a file with holes, as the library makes it, ends the process with
SIGBUS at the first value that finds the disk full. Where there is no room at the start, a process counts for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Final

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api import logs
from service.settings import read_served, read_settings

KINDS: Final = ("counter", "histogram", "gauge_mostrecent")  # one file each
SIZE: Final = 4 << 20  # bytes, more than every route, method and status take
OF_ONE: Final = 1 << 20  # bytes more for each institution of several


def _is_shared() -> bool:
    """Whether this process counts in files that others read; their room is taken by then."""
    settings = read_settings()
    folder = settings.metrics_dir
    if folder is None:
        return False
    size = SIZE + (0 if settings.served_tenants is None else OF_ONE * len(read_served(settings)))
    files = [folder / f"{kind}_{os.getpid()}.db" for kind in KINDS]
    try:
        for file in files:
            file.write_bytes(bytes(size))
    except OSError as error:
        logs.configure()
        structlog.get_logger().warning("metrics", error=f"{error.strerror}: this process counts for itself")
        for file in files:
            file.unlink(missing_ok=True)
        values.ValueClass = values.MutexValue
        return False
    return True


SHARED: Final = _is_shared()
# Of which institution a count is, "" of none; /metrics tells each its own and leaves the label out.
TENANT: Final = "tenant"
REQUESTS = Counter("kith_requests", "Requests answered", [TENANT, "route", "method", "status"])
SECONDS = Histogram("kith_request_seconds", "Seconds to answer", [TENANT, "route"])
ABANDONED = Counter("kith_abandoned", "Heavy questions whose askers went before they were answered")
# Of the process that said it last, since one that was killed says it no more.
LAG = Gauge(
    "kith_journal_lag_revisions", "Revisions behind the newest acknowledged", [TENANT], multiprocess_mode="mostrecent"
)
LAG_SECONDS = Gauge(
    "kith_journal_lag_seconds", "For how long it has been behind", [TENANT], multiprocess_mode="mostrecent"
)


def count(tenant: str | None, route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer."""
    REQUESTS.labels(tenant or "", route, method, status).inc()
    SECONDS.labels(tenant or "", route).observe(seconds)


def report_lag(tenant: str | None, revisions: int, seconds: float) -> None:
    """Tell how far this process is behind the newest revision that was acknowledged."""
    LAG.labels(tenant or "").set(revisions)
    LAG_SECONDS.labels(tenant or "").set(seconds)


def latest(tenant: str | None, several: bool) -> bytes:
    """All counts of an institution as Prometheus reads them: summed over the processes, or of this one without a file.

    tenant: None for what belongs to none. several: whether the server has several institutions; what the process says
    of itself is left out then, since it tells of all of them.
    """
    registry, shown = REGISTRY, CollectorRegistry()
    if SHARED:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    shown.register(_Own(registry, tenant or "", several))
    return generate_latest(shown)


class _Own(Collector):
    """The series of one institution, as they would be if it were alone."""

    def __init__(self, registry: CollectorRegistry, tenant: str, several: bool) -> None:
        self._registry, self._tenant, self._several = registry, tenant, several

    def collect(self) -> Iterator[Metric]:
        unlabelled = None if self._several else self._tenant
        for metric in self._registry.collect():
            own = [sample for sample in metric.samples if sample.labels.get(TENANT, unlabelled) == self._tenant]
            if own or not self._several:
                told = Metric(metric.name, metric.documentation, metric.type, metric.unit)
                told.samples = [sample._replace(labels=_without_tenant(sample.labels)) for sample in own]
                yield told


def _without_tenant(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != TENANT}
