"""Does batches of work in several processes; each takes the next batch when it has time.

The others are forked children that send their results through a pipe: no thread and no pool is
alive before or after, so that a program that forks later (Sphinx) may do so.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

B = TypeVar("B")
R = TypeVar("R")

MOST_BATCHES = 255
"""A batch is handed out as one byte, which no two processes can read."""

MOST_PROCESSES = 4
"""More would hold more memory than they save time."""


def processes() -> int:
    """How many processes may share work here; 1 where forking is not safe."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


def share(
    batches: Sequence[B], work: Callable[[B], list[R]], result: type[R], count: int
) -> Iterator[R]:
    """The results of ``work`` on every batch, in no certain order, by ``count`` processes.

    What a child took and did not finish because it died is done here. Results must be what msgspec
    encodes.
    """
    assert len(batches) <= MOST_BATCHES
    queue, fill = os.pipe()
    os.write(fill, bytes(range(len(batches))))
    os.close(fill)
    children = [_Child(batches, work, queue) for _ in range(count - 1)]
    done: set[int] = set()
    try:
        for number in _taken(queue):
            yield from work(batches[number])
            done.add(number)
        for child in children:
            for number, results in child.results(result).items():
                yield from results
                done.add(number)
    finally:
        os.read(queue, MOST_BATCHES)  # when we end early, so do they
        os.close(queue)
        for child in children:
            child.end()
    for number in range(len(batches)):
        if number not in done:
            yield from work(batches[number])


def _taken(queue: int) -> Iterator[int]:
    """The batches that nobody else takes."""
    while number := os.read(queue, 1):
        yield number[0]


class _Child:
    """A forked process that does batches until none is left."""

    def __init__(self, batches: Sequence[B], work: Callable[[B], list[R]], queue: int) -> None:
        receive, send = os.pipe()
        self._id = os.fork()
        if self._id == 0:
            os.close(receive)
            self._run(batches, work, queue, send)
        os.close(send)
        self._pipe = os.fdopen(receive, "rb")

    @staticmethod
    def _run(batches: Sequence[B], work: Callable[[B], list[R]], queue: int, send: int) -> None:
        """Do batches, send the results and end, whatever happens."""
        code = 1
        try:
            packed = msgspec.msgpack.encode({n: work(batches[n]) for n in _taken(queue)})
            with os.fdopen(send, "wb") as pipe:
                pipe.write(packed)
            code = 0
        finally:
            os._exit(code)

    def results(self, result: type[R]) -> dict[int, list[R]]:
        """Batch -> results; nothing when the child died."""
        packed = self._pipe.read()
        try:
            return msgspec.msgpack.decode(packed, type=dict[int, list[result]])  # type: ignore[valid-type]
        except msgspec.DecodeError:
            return {}

    def end(self) -> None:
        """Wait until it has ended."""
        self._pipe.close()
        os.waitpid(self._id, 0)
