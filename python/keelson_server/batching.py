"""Adaptive batching without a timer: while one prediction runs the next requests gather, and then go through the model together.

A lone caller waits for nobody. An estimator's cost is per call and hardly per row, and threads that predict at once only fight for
the interpreter: eight callers in one batch are answered in the time of one.
"""

from __future__ import annotations

import threading
from typing import Any, Callable

import numpy as np
import pandas as pd

Rows = pd.DataFrame | np.ndarray
Ask = Callable[[Rows, list[str]], dict[str, np.ndarray]]

MAX_BATCH_ROWS = 1024


class Waiting:
    def __init__(self, rows: Rows, outputs: list[str]) -> None:
        self.rows = rows
        self.outputs = outputs
        self.called = threading.Event()
        """Set when it has its answer, or when it is to lead."""
        self.leads = False
        self.answer: dict[str, np.ndarray] | None = None
        self.problem: BaseException | None = None


class Batcher:
    """Joins rows of callers whose tables are alike; every caller gets the answers to its own rows, or its own error."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._running = False

    def ask(self, rows: Rows, outputs: list[str]) -> dict[str, np.ndarray]:
        mine = Waiting(rows, outputs)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._running
            self._running = True
        if not mine.leads:
            mine.called.wait()
        if mine.leads:
            self._lead()
        if mine.problem is not None:
            raise mine.problem
        assert mine.answer is not None
        return mine.answer

    def _lead(self) -> None:
        """Runs one batch, which has the leader's own rows first, and then calls the next leader: nobody works for others for long."""
        with self._lock:
            batch = self._take()
        self._answer(batch)
        for one in batch[1:]:
            one.called.set()
        with self._lock:
            self._running = len(self._waiting) > 0
            if self._running:
                self._waiting[0].leads = True
                self._waiting[0].called.set()

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        count = 0
        for one in self._waiting:
            count += len(one.rows)
            if batch and count > MAX_BATCH_ROWS:
                break
            batch.append(one)
        del self._waiting[: len(batch)]
        return batch

    def _answer(self, batch: list[Waiting]) -> None:
        try:
            if len(batch) == 1:
                batch[0].answer = self._ask(batch[0].rows, batch[0].outputs)
            else:
                self._answer_together(batch)
        except BaseException as problem:
            if len(batch) == 1:
                batch[0].problem = problem
            else:  # one of them is bad: each is asked alone, so that only that one fails
                for one in batch:
                    self._answer([one])

    def _answer_together(self, batch: list[Waiting]) -> None:
        outputs = list(dict.fromkeys(name for one in batch for name in one.outputs))
        tables: list[Any] = [one.rows for one in batch]
        rows = np.concatenate(tables) if isinstance(tables[0], np.ndarray) else pd.concat(tables, ignore_index=True)
        answers = self._ask(rows, outputs)
        start = 0
        for one in batch:
            end = start + len(one.rows)
            one.answer = {name: answers[name][start:end] for name in one.outputs}
            start = end
