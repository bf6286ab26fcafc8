"""What differs between the two clients, side by side; all else is written once, in `_async/`.

Each thing stands here twice: for event loops, with `Async` or `async_` in its name, and for
threads, without. `make generate` turns the one name into the other.
"""

import asyncio
import contextlib
import inspect
import itertools
import logging
import math
import queue
import threading
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack, cast

import anyio
import httpx
from anyio import to_thread
from anyio.abc import TaskGroup
from anyio.lowlevel import RunVar

from cekura_client.call_logs.batches.report import BatchInterrupt
from cekura_client.call_logs.batches.run import BatchRun
from cekura_client.config import Configuration
from cekura_client.engine.connections import Connections, own_connections
from cekura_client.engine.request_builder import RequestBuilder
from cekura_client.errors import InvalidRequestError

_LOOK_AROUND = 1.0  # seconds
_ResultT = TypeVar("_ResultT")
_ArgumentT = TypeVar("_ArgumentT")
_ArgumentTs = TypeVarTuple("_ArgumentTs")

_serial_numbers = itertools.count()

logger = logging.getLogger("cekura_client")


# Calling what waits for a disk: in a thread, so that the loop goes on.


async def async_on_disk(
    function: Callable[[Unpack[_ArgumentTs]], _ResultT], *arguments: *_ArgumentTs
) -> _ResultT:
    """Call a function that waits for a disk. Cancelled or not, it runs to its end."""
    results: list[_ResultT] = []
    failures: list[Exception] = []

    async def to_its_end() -> None:
        with anyio.CancelScope(shield=True):
            try:
                results.append(await to_thread.run_sync(function, *arguments))
            except Exception as failure:  # noqa: BLE001  (raised below: here it would be grouped)
                failures.append(failure)

    # A task of its own: asyncio's cancel() knows no shields, and would leave the thread behind.
    with anyio.CancelScope(shield=True):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(to_its_end)
    if failures:
        raise failures[0]
    return results[0]


def on_disk(
    function: Callable[[Unpack[_ArgumentTs]], _ResultT], *arguments: *_ArgumentTs
) -> _ResultT:
    """Call a function that waits for a disk."""
    return function(*arguments)


@contextlib.asynccontextmanager
async def async_entered(
    context: AbstractContextManager[_ResultT],
) -> AsyncGenerator[_ResultT]:
    """Enter and leave a context that waits for a disk; it is not told of what is raised inside."""
    entered: list[_ResultT] = []
    try:
        await async_on_disk(lambda: entered.append(context.__enter__()))
        yield entered[0]
    finally:
        if entered:
            await async_on_disk(context.__exit__, None, None, None)


def entered(context: AbstractContextManager[_ResultT]) -> AbstractContextManager[_ResultT]:
    """Enter and leave a context that waits for a disk."""
    return context


# Calling a function of the caller's.


async def async_call(callback: Callable[..., object], *arguments: object) -> None:
    """Call it, and await what it returns where that can be awaited."""
    result = callback(*arguments)
    if inspect.isawaitable(result):
        await result


def call(callback: Callable[..., object], *arguments: object) -> None:
    """Call it."""
    callback(*arguments)


# Reading an iterable of the caller's.


def async_refuse_coroutines(**arguments: object) -> None:
    """Refuse nothing: an event loop can call and iterate whatever comes."""


def refuse_coroutines(**arguments: object) -> None:
    """Refuse what only an event loop can call or iterate.

    Raises:
        InvalidRequestError: It names the argument.
    """
    for name, value in arguments.items():
        if inspect.iscoroutinefunction(value):
            raise InvalidRequestError(
                f"{name} is a coroutine function, which only AsyncCekura can call. Nothing was "
                "sent."
            )
        if isinstance(value, AsyncIterable) and not isinstance(value, Iterable):
            raise InvalidRequestError(f"{name} is {value!r}, which only AsyncCekura can read.")


def async_iterator_of(
    values: Iterable[_ResultT] | AsyncIterable[_ResultT],
) -> Iterator[_ResultT] | AsyncIterator[_ResultT]:
    """Begin to read an iterable of either kind."""
    return aiter(values) if isinstance(values, AsyncIterable) else iter(values)


def iterator_of(values: Iterable[_ResultT] | AsyncIterable[_ResultT]) -> Iterator[_ResultT]:
    """Begin to read an iterable; `refuse_coroutines` has refused the other kind."""
    return iter(cast("Iterable[_ResultT]", values))


async def async_take(
    source: Iterator[_ResultT] | AsyncIterator[_ResultT], count: int, into: list[Any]
) -> None:
    """Read so many values, or as many as there are."""
    if not isinstance(source, AsyncIterator):
        into.extend(islice(source, count))
        return
    async for value in source:
        into.append(value)
        if len(into) == count:
            return


def take(source: Iterator[_ResultT], count: int, into: list[Any]) -> None:
    """Read so many values, or as many as there are."""
    into.extend(islice(source, count))


# Waiting until something happens, or for some time.


class AsyncWakeup:
    """Made and waited for in one task; `wake` may come from any thread."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._call_soon = _call_soon()

    def wake(self) -> None:
        """End the wait at hand, or the next one at once."""
        # A loop that has ended has no task left to wake.
        with contextlib.suppress(RuntimeError):
            self._call_soon(self._set)

    async def wait(self, seconds: float | None) -> None:
        """Wait so long, or until woken; None: as long as it takes."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        self._event = anyio.Event()

    def _set(self) -> None:
        self._event.set()


def _call_soon() -> Callable[[Callable[[], None]], object]:
    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
        return partial(_call_soon_in_asyncio, asyncio.get_running_loop())
    import trio  # noqa: PLC0415  (only who runs it has it)

    return trio.lowlevel.current_trio_token().run_sync_soon


def _call_soon_in_asyncio(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(function)


class Wakeup:
    """Waited for in one thread; `wake` may come from any."""

    def __init__(self) -> None:
        # Its steps are atomic: Ctrl-C cannot come in the middle of one and leave a lock behind.
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wake(self) -> None:
        """End the wait at hand, or the next one at once."""
        self._rings.put(None)

    def wait(self, seconds: float | None) -> None:
        """Wait so long, or until woken; None: as long as it takes."""
        end = math.inf if seconds is None else time.monotonic() + seconds
        while True:
            # Ctrl-C in the moment before it begins to wait interrupts no wait: look each second.
            left = min(_LOOK_AROUND, max(0.0, end - time.monotonic()))
            try:
                self._rings.get(timeout=left)
                break
            except queue.Empty:
                if time.monotonic() >= end:
                    return
        with contextlib.suppress(queue.Empty):
            while True:
                self._rings.get_nowait()


# The connections that requests are sent through, and following a request on its way.


class AsyncOpenConnections:
    """Pooled connections belong to one event loop: each loop has its own, closed when it ends.

    Args:
        connections: Those that were made for this serve the first loop; given ones serve any.
        configuration: What is sent with each request.
    """

    def __init__(
        self, connections: Connections[httpx.AsyncClient], configuration: Configuration
    ) -> None:
        self._configuration = configuration
        self._given = None if connections.own else RequestBuilder(connections, configuration)
        self._spare = connections if connections.own else None
        # Older anyio tells the variables apart by name alone.
        self._of_loop: RunVar[_LoopConnections | None] = RunVar(
            f"cekura_client.{next(_serial_numbers)}", None
        )

    async def builder(self) -> RequestBuilder[httpx.AsyncClient]:
        """Return what makes requests for this loop's connections."""
        if self._given is not None:
            return self._given
        of_loop = self._of_loop.get()
        if of_loop is None:
            spare, self._spare = self._spare, None
            of_loop = _LoopConnections(spare, self._configuration)
            self._of_loop.set(of_loop)
            await of_loop.open()
        return of_loop.builder

    async def close(self) -> None:
        """Close what this loop has opened, and what no loop has; given ones stay open."""
        of_loop, spare = self._of_loop.get(), self._spare
        self._of_loop.set(None)
        self._spare = None
        if of_loop is not None:
            await of_loop.close()
        if spare is not None:
            await _close(spare)


class _LoopConnections:
    """The connections of one event loop."""

    def __init__(
        self, connections: Connections[httpx.AsyncClient] | None, configuration: Configuration
    ) -> None:
        connections = connections or own_connections(httpx.AsyncClient, configuration)
        self.builder = RequestBuilder(connections, configuration)
        self._lifetime = self._live()

    async def open(self) -> None:
        # A loop that ends closes the asynchronous generators that it began.
        await anext(self._lifetime)

    async def close(self) -> None:
        await self._lifetime.aclose()

    async def _live(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await _close(self.builder.connections)


async def _close(connections: Connections[httpx.AsyncClient]) -> None:
    # Cancelled or not, the connections are closed.
    with anyio.CancelScope(shield=True):
        await connections.kept.aclose()
        await connections.fresh.aclose()


class OpenConnections:
    """The connections of a client; any thread may use them."""

    def __init__(
        self, connections: Connections[httpx.Client], configuration: Configuration
    ) -> None:
        self._builder = RequestBuilder(connections, configuration)

    def builder(self) -> RequestBuilder[httpx.Client]:
        """Return what makes requests for them."""
        return self._builder

    def close(self) -> None:
        """Close them; given ones stay open."""
        if self._builder.connections.own:
            self._builder.connections.kept.close()
            self._builder.connections.fresh.close()


def async_trace(
    note: Callable[[str, dict[str, Any]], None],
) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    """Make of a function what httpx calls with each event of a request."""

    async def trace(event: str, info: dict[str, Any]) -> None:
        note(event, info)

    return trace


def trace(
    note: Callable[[str, dict[str, Any]], None],
) -> Callable[[str, dict[str, Any]], None]:
    """Make of a function what httpx calls with each event of a request."""
    return note


# Doing several things at once.


class AsyncStart(Protocol):
    """Begins to call a function, and does not wait for its end."""

    def __call__(
        self, function: Callable[[_ArgumentT], Coroutine[Any, Any, None]], argument: _ArgumentT, /
    ) -> None:
        """Begin."""
        ...


class Start(Protocol):
    """Begins to call a function, and does not wait for its end."""

    def __call__(self, function: Callable[[_ArgumentT], None], argument: _ArgumentT, /) -> None:
        """Begin."""
        ...


@contextlib.asynccontextmanager
async def async_workers() -> AsyncGenerator[AsyncStart]:
    """Let functions be called in tasks; what is under way at the end is cancelled."""
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield _starting_in(tasks)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as raised:  # noqa: BLE001  (raised below: here it would be grouped)
            failure = raised
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def _starting_in(tasks: TaskGroup) -> AsyncStart:
    def start(
        function: Callable[[_ArgumentT], Coroutine[Any, Any, None]], argument: _ArgumentT
    ) -> None:
        tasks.start_soon(function, argument)

    return start


@contextlib.contextmanager
def workers() -> Generator[Start]:
    """Let functions be called in threads; what is under way at the end is not waited for."""
    yield _start_thread


def _start_thread(function: Callable[[Any], None], argument: object) -> None:
    # A daemon: it must not hold up the end of the program.
    threading.Thread(target=function, args=(argument,), name="cekura", daemon=True).start()


# What ends a run in batches early.


async def async_conduct(
    run: BatchRun[Any], source: object, loop: Callable[[AsyncStart], Awaitable[None]]
) -> BaseException | None:
    """Drive a run in tasks. Cancelling it waits for nothing: what was in flight is unknown."""
    try:
        async with anyio.create_task_group() as tasks:
            await loop(_starting_in(tasks))
    except BaseException as raised:
        interruption = _ungrouped(raised)
        run.stop(interruption)
        run.abandon(source)
        await async_on_disk(run.finish)
        async_cut_short(run, source, interruption)
        if interruption is raised:
            raise
        raise interruption from interruption.__cause__
    return None


def conduct(
    run: BatchRun[Any], source: object, loop: Callable[[Start], None]
) -> BaseException | None:
    """Drive a run in threads. Ctrl-C waits for what is in flight; a second one does not.

    Returns:
        What interrupted the run, to be raised once all is noted.
    """
    try:
        loop(_start_thread)
    except BaseException as raised:  # noqa: BLE001  (raised again once all is noted)
        interruption = _interrupt_behind(raised)
        run.unlock()
        run.stop(interruption)
        try:
            # What is in flight may be paid for: its reply is waited for.
            run.give_up_unbegun()
            loop(_start_thread)
        except BaseException:  # noqa: BLE001  (a second Ctrl-C waits for nothing)
            run.abandon(source)
        return interruption
    return None


def _interrupt_behind(raised: BaseException) -> BaseException:
    """Find the Ctrl-C that made a lock of the standard library fail, where one did."""
    # What the caller's own code raises has been taken care of before.
    before = raised.__context__
    return before if isinstance(before, KeyboardInterrupt) else raised


def async_cut_short(run: BatchRun[Any], source: object, raised: BaseException) -> None:  # noqa: ARG001  (its twin reads it)
    """Have what cuts a run short carry its report, and say so, once."""
    if isinstance(raised, Exception) or "report" in vars(raised):
        return
    report = run.recorder.report
    vars(raised)["report"] = report
    raised.add_note(f"The run in batches was cut short: {report}. See `report`.")
    logger.warning("a run in batches was cut short: %s", report)


def cut_short(run: BatchRun[Any], source: object, raised: BaseException) -> None:
    """Let go of what Ctrl-C has left locked, or open, and raise it with the report.

    Raises:
        BatchInterrupt: Ctrl-C came before the first batch was sent, or once all was over: nothing
            is in flight.
    """
    run.unlock_and_close()
    if isinstance(raised, KeyboardInterrupt) and not isinstance(raised, BatchInterrupt):
        run.stop(raised)
        run.abandon(source)
        raise BatchInterrupt(run.final_report()) from raised


def _ungrouped(raised: BaseException) -> BaseException:
    """Take out of a task group's exception what the caller's own code raised, such as an exit."""
    group: object = raised
    if isinstance(group, BaseExceptionGroup):
        inside = cast("BaseExceptionGroup[BaseException]", group).exceptions
        if len(inside) == 1:
            return inside[0]
    return raised
