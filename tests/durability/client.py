"""A process of clients that never give up and keep a ledger; the end of its input ends it."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import httpx

from tests.durability.ledger import ACKNOWLEDGED, TRY_AGAIN, UNANSWERED, Answered, Ledger
from tests.durability.operations import Operation, Steps, endless, prediction, told

PAUSE_SECONDS = 0.05
"""Between two attempts."""
PATIENCE_SECONDS = 120
"""For what is asked to be answered after the end."""
AGAIN = 40
"""Acknowledged operations, of each client, that are sent once more at the end: same key, same answer."""


class Client(threading.Thread):
    """Takes one step after the other, each with a key of its own, again and again until it is answered.

    One that ``waits`` comes again only at the end.
    """

    def __init__(
        self, http: httpx.Client, ledger: Ledger, steps: Steps, stop: threading.Event, *, waits: bool = False
    ) -> None:
        super().__init__(daemon=True)
        self.finished = False
        self._waits = waits
        self._http = http
        self._ledger = ledger
        self._steps = steps
        self._stopped = stop
        self._done: deque[Operation] = deque(maxlen=AGAIN)
        self._retried: deque[Operation] = deque(maxlen=AGAIN)

    def run(self) -> None:
        """Ask until told to stop; then ask some of it once more."""
        answer: Any = None
        while not self._stopped.is_set():
            try:
                operation = self._steps.send(answer)
            except StopIteration:
                break
            self._ledger.write(operation.sent)
            answer = self._answer(operation)
        for operation in (*self._retried, *self._done):
            self._answer(operation)
        self.finished = True

    def _answer(self, operation: Operation) -> dict[str, Any] | None:
        """What is acknowledged; ``None`` where it is refused."""
        for attempt in itertools.count():
            status, body = self._ask(operation)
            if status in TRY_AGAIN:
                self._stopped.wait(None if self._waits else 0)
                time.sleep(PAUSE_SECONDS)
                continue
            if status == ACKNOWLEDGED:
                (self._retried if attempt else self._done).append(operation)
            break
        return body

    def _ask(self, operation: Operation) -> tuple[int, dict[str, Any] | None]:
        key, begun = operation.sent.key, time.monotonic()
        try:
            answer = self._http.post(operation.path, json=operation.body, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            status, body, retry_after = UNANSWERED, None, False
        else:
            status, retry_after = answer.status_code, "Retry-After" in answer.headers
            body = answer.json() if status == ACKNOWLEDGED else None
        self._ledger.write(
            Answered(
                key=key,
                status=status,
                told=told(body) if body is not None else "",
                begun=begun,
                ended=time.monotonic(),
                retry_after=retry_after,
            )
        )
        return status, body


def main() -> None:
    """Ask until standard input ends; exit 1 where something is not answered in time after that."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("ledgers", type=Path, help="the folder of the ledgers")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--arrivals", type=int, default=0, help="new clients a second, with one request each")
    options = parser.parse_args()
    stop = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(stop,), daemon=True).start()
    # Every client has its connection, however many wait.
    http = httpx.Client(
        base_url=options.url,
        headers={"Authorization": f"Bearer {os.environ['FLYBALL_KEY']}"},
        timeout=30,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=options.clients),
        trust_env=False,
    )
    clients = [
        Client(http, Ledger(options.ledgers / f"client-{place}.jsonl"), endless(f"client-{place}"), stop)
        for place in range(options.clients)
    ]
    for client in clients:
        client.start()
    if options.arrivals:
        clients += _arrivals(http, Ledger(options.ledgers / "arrivals.jsonl"), options.arrivals, stop)
    stop.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    for client in clients:
        client.join(max(0, deadline - time.monotonic()))
    sys.exit(not all(client.finished for client in clients))


def _wait_for_the_end(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def _arrivals(http: httpx.Client, ledger: Ledger, each_second: int, stop: threading.Event) -> list[Client]:
    """Clients that come whether or not those before them have been answered."""
    came: list[Client] = []
    for number in itertools.count():
        if stop.wait(1 / each_second):
            return came
        steps = (each for each in [prediction(f"arrival-{number}")])
        came.append(Client(http, ledger, steps, stop, waits=True))
        came[-1].start()
    return came


if __name__ == "__main__":
    main()
