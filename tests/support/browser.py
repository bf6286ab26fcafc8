"""A headless Chromium to look at pages with: what they ask for, complain of and look like."""

import asyncio
import base64
import os
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 30.0  # seconds until it has started, or answers
_OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    "--remote-debugging-port=0",
)


@dataclass
class Seen:
    """What became of one look at a page."""

    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    value: Any = None
    picture: bytes = b""


class Browser:
    def __init__(self, address: str) -> None:
        self._address = address

    def look(self, page: Path, script: str, *, width: int = 1280, dark: bool = False) -> Seen:
        """Open a page in a tab of its own, run a script in it and take a picture of all of it."""
        return asyncio.run(asyncio.wait_for(self._look(page, script, width, dark), _PATIENCE))

    async def _look(self, page: Path, script: str, width: int, dark: bool) -> Seen:  # noqa: FBT001
        seen = Seen()
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{self._address}/json/new?about:blank") as reply:
                target = await reply.json()
            async with session.ws_connect(
                target["webSocketDebuggerUrl"], max_msg_size=2**28
            ) as socket:
                tab = _Tab(socket, seen)
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await tab.do(f"{domain}.enable")
                scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
                await tab.do("Emulation.setEmulatedMedia", features=[scheme])
                await tab.resize(width, 900)
                tab.is_loaded = False  # of what it showed before
                await tab.do("Page.navigate", url=page.as_uri())
                await tab.loaded()
                result = await tab.do("Runtime.evaluate", expression=script, returnByValue=True)
                assert "exceptionDetails" not in result, result
                seen.value = result["result"].get("value")
                size = (await tab.do("Page.getLayoutMetrics"))["cssContentSize"]
                await tab.resize(width, min(int(size["height"]) + 1, 6000))
                shot = await tab.do("Page.captureScreenshot")
                seen.picture = base64.b64decode(shot["data"])
            async with session.get(f"{self._address}/json/close/{target['id']}"):
                pass
        return seen


class _Tab:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, seen: Seen) -> None:
        self._socket = socket
        self._seen = seen
        self._last = 0
        self.is_loaded = False

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": parameters})
        while (message := await self._next()).get("id") != self._last:
            pass
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    async def resize(self, width: int, height: int) -> None:
        await self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def loaded(self) -> None:
        while not self.is_loaded:
            await self._next()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json()
        told = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self._seen.requests.append(told["request"]["url"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                self._seen.complaints.append(str(told))
            case "Page.loadEventFired":
                self.is_loaded = True
            case _:
                pass
        return message


@contextmanager
def browsing(profile: Path) -> Generator[Browser]:
    """Start a browser; where there is none, skip the test, but in CI fail it."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        assert not os.environ.get("CI"), f"CI needs one of {', '.join(_NAMES)}"
        pytest.skip(f"needs a browser to look with: one of {', '.join(_NAMES)}")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    process = subprocess.Popen(  # noqa: S603
        [
            *(program, *_OPTIONS, f"--user-data-dir={profile}"),
            *(["--no-sandbox"] if is_root else []),
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Browser(f"http://127.0.0.1:{_port(profile, process)}")
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_PATIENCE)


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    told = profile / "DevToolsActivePort"
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "the browser has ended"
        if told.exists() and (lines := told.read_text().split()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("the browser has not started")
