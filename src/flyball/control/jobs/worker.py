"""The worker: one process in which Celery runs what a dispatcher publishes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import Celery
from celery.worker import WorkController, state
from kombu.exceptions import OperationalError

from flyball.config import Config
from flyball.control.jobs import tasks
from flyball.control.jobs.apart.supervising import FORKS
from flyball.control.jobs.dispatching import AGAIN, Dispatcher, Unpublished, forget_published
from flyball.control.jobs.keeping import LEAVING
from flyball.control.jobs.models import Job

PREFIX = "flyball."
"""Before the names of queues: a broker may be shared with others."""
PREFETCHED = 64
"""Messages that a process keeps for each thread. With the broker in its memory they cost nothing, and at one
Celery runs about one task a second."""


def run(
    *,
    config: Config,
    queues: Sequence[str],
    concurrency: int,
    ready: Callable[[], None],
    ends_at_once: bool = True,
) -> int:
    """Carry out jobs until SIGTERM or Ctrl-C; the exit code. ``ready`` is called once messages are taken.

    Then light jobs are finished, and heavy ones too within ``config.drain_seconds``; those that still run
    go back to the queue. Told again, the process ends at once, unless ``ends_at_once`` is false.
    """
    if config.job_fork:
        FORKS.prepare()
    app = celery_app(config)
    if _is_in_memory(config.broker_url):
        forget_published(queues)
    dispatcher = Dispatcher(queues, lambda job: publish(app, job))

    def begun() -> None:
        if not dispatcher.has_begun:  # told again whenever the broker is back
            dispatcher.begin()
            ready()

    worker = WorkController(
        app=app,
        queues=[PREFIX + queue for queue in queues],
        concurrency=concurrency,
        pool_cls="threads",
        ready_callback=lambda consumer: begun(),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _leave(worker, config.drain_seconds, ends_at_once=ends_at_once))
    dispatcher.start()
    worker.start()
    dispatcher.stop()
    dispatcher.join()
    return int(worker.exitcode or 0)


def publish(app: Any, job: Job) -> None:
    """Wake a worker for a job. Raises ``Unpublished`` where the broker is away."""
    try:
        app.send_task(
            tasks.carry_out.name,
            [str(job.pk)],
            queue=PREFIX + job.queue,
            expires=AGAIN / timedelta(seconds=1),  # another one is published then
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as error:  # not its message: that may hold the broker's address
        raise Unpublished(type(error).__name__) from error


def celery_app(config: Config) -> Any:
    """A Celery app of Flyball's own: the host's is left alone."""
    # Without a host the broker's library warns that it takes this one.
    broker = "memory://localhost" if _is_in_memory(config.broker_url) else config.broker_url
    app = Celery("flyball", broker=broker, set_as_current=False, fixups=set())
    app.conf.update(
        worker_prefetch_multiplier=PREFETCHED if _is_in_memory(config.broker_url) else 1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"polling_interval": 0.02} if _is_in_memory(config.broker_url) else {},
        task_ignore_result=True,
        task_default_queue=PREFIX + "default",
    )
    return app


def _is_in_memory(broker_url: str) -> bool:
    return broker_url.startswith("memory:")


def _leave(worker: WorkController, drain_seconds: float, *, ends_at_once: bool) -> None:
    if state.should_stop is not None:
        if ends_at_once:
            os._exit(1)  # heavy jobs end with this process, and all go on elsewhere
        return
    state.should_stop = 0
    _later(drain_seconds, LEAVING.set)
    # Celery's loops would notice after seconds.
    if worker.hub is not None:  # RabbitMQ's
        _later(0, lambda: worker.hub.call_soon(lambda: None))
    elif _is_in_memory(worker.app.conf.broker_url):
        _later(0, lambda: _wake(worker.app, next(iter(worker.app.amqp.queues))))


def _wake(app: Any, queue: str) -> None:
    """Messages for no job: one ends the loop's present wait, the other the one in which it ends."""
    for _ in range(2):
        app.send_task(tasks.carry_out.name, [str(UUID(int=0))], queue=queue, ignore_result=True)


def _later(seconds: float, call: Callable[[], Any]) -> None:
    """Call on another thread, unless the process ends before."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
