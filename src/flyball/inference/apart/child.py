"""The process itself: it opens one model, then answers until the server has no more use for it, or ends."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
import traceback
from typing import NoReturn

from flyball.inference.apart.frames import GONE, Frames

YIELDING = 5
"""How nice a process is to the server, which reads, commits and answers for everybody: where both want one
processor, the server has three quarters of it."""
TICK = 1.0
"""Between two looks whether the server is still there (seconds)."""


def main() -> None:
    """Serve one model over standard input, a socket; the argument is the server's process."""
    frames = _begin(server=int(sys.argv[1]))
    try:
        frames.send(b"")  # it has started
        _serve(frames)
    except GONE:
        return


def _begin(server: int) -> Frames:
    # A server that drains still needs its models, and a terminal's Ctrl-C is for the server.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    os.nice(YIELDING)
    threading.Thread(target=_follow, args=(server,), daemon=True, name="flyball-follow").start()
    frames = Frames(socket.socket(fileno=os.dup(0)))
    # What a model reads or prints must not come between the messages.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return frames


def _follow(server: int) -> None:
    # The socket's end is seen between two calls of the model, and a fork of the server's may hold it open.
    while os.getppid() == server:
        time.sleep(TICK)
    _leave()


def _leave() -> NoReturn:
    os.killpg(0, signal.SIGKILL)  # with whatever the model has started
    os._exit(0)


def _serve(frames: Frames) -> None:
    from flyball.inference.apart.answering import answered, opened

    loaded = opened(frames)
    gc.collect()
    gc.freeze()  # what is there now is never garbage: it would be looked at again and again
    while loaded is not None:
        frames.send(answered(loaded, frames.receive()))


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 - the server sees that this process has ended; here is why
        traceback.print_exc()
        os._exit(1)
    _leave()
