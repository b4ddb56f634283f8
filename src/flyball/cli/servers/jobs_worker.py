"""The worker beside a server, in a process of its own: it ends when the server does, however that ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

CONCURRENCY = 2
"""Jobs at one time: a build of hours does not keep the short ones waiting."""


def main() -> None:
    """Carry out jobs of every queue. Standard input is the lifeline."""
    threading.Thread(target=_follow, daemon=True, name="flyball-lifeline").start()
    import django

    django.setup()
    from flyball.control.declarations.configured import configured
    from flyball.control.jobs import worker
    from flyball.control.jobs.kinds import QUEUES

    code = worker.run(
        config=configured(),
        queues=QUEUES,
        concurrency=CONCURRENCY,
        ready=lambda: None,
        ends_at_once=False,  # a service manager tells every process, and the server tells this one too
    )
    sys.exit(code)


def _follow() -> None:
    while os.read(0, 1024):
        pass
    # The server was killed. Who starts it again starts another worker: this one gives its jobs back at once.
    os.kill(os.getpid(), signal.SIGTERM)
    from flyball.control.declarations.configured import configured
    from flyball.control.jobs.keeping import LEAVING

    LEAVING.set()
    time.sleep(configured().drain_seconds)  # for the light ones
    os._exit(1)


if __name__ == "__main__":
    main()
