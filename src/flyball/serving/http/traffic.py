"""Counts as their readers want them: a summary of an endpoint, and Prometheus' text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flyball.serving.recording.meter import LABELS
from flyball.stores.jobs import Jobs, Schedule
from flyball.stores.minutes import Count

if TYPE_CHECKING:
    from prometheus_client.core import Metric


MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SUMMED = {
    "answers": "answers",
    "refused": "refusals",
    "failed": "failures",
    "fell_back": "fallbacks",
    "decisions": "decisions",
}
FAMILIES = (
    ("answers", "Predictions answered, each of them committed.", ()),
    ("decisions", "Decisions made on answers.", ("decision",)),
    ("refused", "Calls for predictions that were refused, by the code of the error.", ("code",)),
    ("failed", "Calls for predictions that failed inside the server, by the code of the error.", ("code",)),
    ("fell_back", "Rows that an arm failed and the fallback answered, by the code of the error.", ("code",)),
)
MICROSECONDS = 1_000_000


def summary(counts: Mapping[Count, int]) -> dict[str, dict[str, Any]]:
    """By endpoint: how many answers, and decisions, refusals and failures by their labels."""
    endpoints: dict[str, dict[str, Any]] = {}
    for each, count in counts.items():
        if each.name not in SUMMED:
            continue
        known = endpoints.setdefault(
            each.endpoint, {"answers": 0, "decisions": {}, "refusals": {}, "failures": {}, "fallbacks": {}}
        )
        if each.name == "answers":
            known["answers"] += count
        else:
            labels = known[SUMMED[each.name]]
            labels[each.label] = labels.get(each.label, 0) + count
    return endpoints


def exposition(counts: Mapping[Count, int], jobs: Sequence[Jobs], schedules: Sequence[Schedule]) -> bytes:
    """Counters and a histogram of latencies (seconds, from call to output), by endpoint, version and arm.

    Then gauges of jobs, by endpoint and kind, and of schedules.
    """
    from prometheus_client.exposition import generate_latest  # a server starts without it

    told = (_Counted(counts), _Jobs(jobs), _Schedules(schedules))
    return b"".join(generate_latest(each) for each in told)


class _Counted:
    """What Prometheus' library takes for a registry."""

    def __init__(self, counts: Mapping[Count, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily

        for name, about, labels in FAMILIES:
            family = CounterMetricFamily(
                f"flyball_{SUMMED[name]}", about, labels=["endpoint", "version", "arm", *labels]
            )
            for each, count in self._counts.items():
                if each.name == name:
                    family.add_metric([*_of(each), each.label][: 3 + len(labels)], count)
            yield family
        yield self._latencies()

    def _latencies(self) -> Metric:
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(
            "flyball_latency_seconds",
            "From call to output, waiting for its turn included; its own commit comes after it.",
            labels=["endpoint", "version", "arm"],
        )
        buckets: dict[tuple[str, str, str], dict[str, int]] = {}
        sums: dict[tuple[str, str, str], int] = {}
        for each, count in self._counts.items():
            if each.name == "latency":
                buckets.setdefault(_of(each), {})[each.label] = count
            elif each.name == "latency_sum":
                sums[_of(each)] = count
        for of, known in buckets.items():
            family.add_metric(list(of), _cumulative(known), sums.get(of, 0) / MICROSECONDS)
        return family


class _Jobs:
    """The same for jobs."""

    def __init__(self, jobs: Sequence[Jobs]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        states = ("endpoint", "kind", "status")
        there = GaugeMetricFamily(
            "flyball_jobs", "Jobs in each state, as long as they are kept.", labels=states
        )
        ended = GaugeMetricFamily(
            "flyball_job_last_end_timestamp_seconds", "When one last ended so.", labels=states
        )
        due = GaugeMetricFamily(
            "flyball_job_first_due_timestamp_seconds", "Since when the first waits.", labels=states[:2]
        )
        for each in self._jobs:
            there.add_metric([each.endpoint, each.kind, each.status], each.number)
            if each.ended_at is not None:
                ended.add_metric([each.endpoint, each.kind, each.status], each.ended_at.timestamp())
            if each.status == "queued":
                due.add_metric([each.endpoint, each.kind], each.due_at.timestamp())
        yield from (there, ended, due)


class _Schedules:
    """And for schedules."""

    def __init__(self, schedules: Sequence[Schedule]) -> None:
        self._schedules = schedules

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        names = ("endpoint", "schedule")
        states = GaugeMetricFamily("flyball_schedules", "1 by the state of each.", labels=[*names, "state"])
        following = GaugeMetricFamily(
            "flyball_schedule_next_due_timestamp_seconds", "When a run is due.", labels=names
        )
        last = GaugeMetricFamily(
            "flyball_schedule_last_due_timestamp_seconds", "When the last run was due.", labels=names
        )
        for each in self._schedules:
            states.add_metric([each.endpoint, each.name, each.state], 1)
            for family, moment in ((following, each.next_due_at), (last, each.last_due_at)):
                if moment is not None:
                    family.add_metric([each.endpoint, each.name], moment.timestamp())
        yield from (states, following, last)


def _of(count: Count) -> tuple[str, str, str]:
    return count.endpoint, str(count.version or ""), count.arm


def _cumulative(known: Mapping[str, int]) -> list[tuple[str, float]]:
    so_far = 0
    buckets: list[tuple[str, float]] = []
    for label in LABELS:
        so_far += known.get(label, 0)
        buckets.append(("+Inf" if label == "inf" else str(int(label) / MICROSECONDS), so_far))
    return buckets
