"""Ctrl-C at a chosen point of the main thread, and cancellation at a chosen step of a loop."""

import asyncio
import dis
import sys
import traceback
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

import trio

_ResultT = TypeVar("_ResultT")

# Python looks for signals as it enters a function, jumps back, and returns from one written in C.
# What is raised anywhere else would come where no Ctrl-C ever does.
_LOOKS = ("JUMP_BACKWARD", "POP_JUMP_BACKWARD", "CALL")
# Locks that httpcore, and the standard library for filelock, take and release in functions of
# Python's: a Ctrl-C in there leaves them taken, and for ever. Nothing that calls them can help it.
_NOT_OURS = ("httpcore/_synchronization.py", "threading.py")


class InterruptAt:
    """Raises KeyboardInterrupt in this thread, the n-th time that Python looks for signals.

    Args:
        number: Which time; 0: never, to count them.
        since: The name of the function from whose first call on it counts; empty: from the start.

    Attributes:
        seen: How often it looked.
        struck: Whether the interrupt was raised.
        where: The stack at which.
    """

    def __init__(self, number: int, since: str = "") -> None:
        self.number = number
        self.seen = 0
        self.struck = False
        self._since = since
        self.where = ""
        self._last: tuple[types.FrameType | None, str] = (None, "")

    def _trace(self, frame: types.FrameType, event: str, _: object) -> Any:
        last_frame, name = self._last
        self._last = (None, "")
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            if frame.f_code.co_name == self._since:
                self._since = ""
            self._look(frame)
        elif event == "opcode":
            self._last = (frame, _name(frame))
            # Neither what a function written in Python returns with nor what it raises comes here.
            if last_frame is frame and name.startswith(_LOOKS):
                self._look(frame)
        return self._trace

    def _look(self, frame: types.FrameType) -> None:
        code = frame.f_code
        locks = code.co_name in ("__enter__", "__exit__") and code.co_filename.endswith(_NOT_OURS)
        if self._since or locks:
            return
        self.seen += 1
        if self.seen == self.number:
            self.struck = True
            self._last = (None, "")  # a frame that is kept keeps what it holds open
            self.where = "".join(traceback.format_stack(frame, 8))
            sys.settrace(None)
            raise KeyboardInterrupt

    def call(self, function: Callable[[], _ResultT]) -> _ResultT:
        """Call a function, and interrupt what it calls."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            return function()
        finally:
            sys.settrace(before)


_names: dict[types.CodeType, dict[int, str]] = {}


def _name(frame: types.FrameType) -> str:
    code = frame.f_code
    if code not in _names:
        _names[code] = {step.offset: step.opname for step in dis.get_instructions(code)}
    return _names[code].get(frame.f_lasti, "")


class CancelAt:
    """Cancels after the n-th step of any task of a loop.

    Args:
        number: Which step; 0: none, to count them.

    Attributes:
        cancel: What to do then; where it is None, nothing counts.
        seen: How many steps there were.
        struck: Whether it has cancelled.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.cancel: Callable[[], object] | None = None
        self.seen = 0
        self.struck = False

    def step(self) -> None:
        if self.cancel is None:
            return
        self.seen += 1
        if self.seen == self.number:
            self.struck = True
            self.cancel()

    def run(self, backend: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine function in a loop whose steps count."""
        if backend == "trio":
            trio.run(main, instruments=[_Steps(self)])
            return

        async def watched() -> None:
            loop = asyncio.get_running_loop()
            loop.set_task_factory(self._task)
            await loop.create_task(main())

        asyncio.run(watched())

    def _task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        return asyncio.Task(self._counted(coroutine), loop=loop, **options)

    async def _counted(self, coroutine: Any) -> Any:
        return await _Counted(coroutine, self.step)


class _Counted:
    def __init__(self, coroutine: Any, step: Callable[[], None]) -> None:
        self._coroutine = coroutine
        self._step = step

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine
        resume, sent = inner.send, None
        while True:
            try:
                awaited = resume(sent)
            except StopIteration as end:
                return end.value
            self._step()
            try:
                sent = yield awaited
                resume = inner.send
            except BaseException as raised:  # noqa: BLE001  (handed on to the coroutine)
                resume, sent = inner.throw, raised


class _Steps(trio.abc.Instrument):
    def __init__(self, at: CancelAt) -> None:
        self._at = at

    def after_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002  (trio's)
        self._at.step()
