"""Chromium without a window, driven through its debugging pipe: what a page measures in a browser, and how it looks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The program; None where it is not installed."""
MISSING = "chromium is not installed"
"""Why a test of a page in a browser is skipped."""
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND")
"""No requests of the browser itself, and none that leaves the machine."""
_OWN = re.compile(r"https?://([\w-]+\.)*(google\.com|googleapis\.com|gvt1\.com)/")
"""Where the browser itself looks for updates, the time and dictionaries, when nothing that is shown asked for it."""


class Browser:
    """One page in a browser; ``requested`` has the addresses that it asked for.

    Parameters
    ----------
    folder
        Its profile.
    log
        Where it writes everything that it and its extensions ask of the network; None for nowhere.
    """

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        assert CHROMIUM is not None, MISSING
        to_child, self._write = os.pipe()
        self._read, from_child = os.pipe()
        ends = (to_child, from_child)
        logged = () if log is None else (*_QUIET, f"--log-net-log={log}", "--net-log-capture-mode=Everything")

        def arranged() -> None:
            """Give the child its ends as 3 and 4, where it looks for them."""
            spare = [os.dup(end) for end in ends]
            for number, end in enumerate(spare, 3):
                os.dup2(end, number)

        self._process = subprocess.Popen(
            [CHROMIUM, *_OPTIONS, *logged, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=arranged,  # noqa: PLW1509 no threads here
        )
        for end in ends:
            os.close(end)
        self._rest, self._number, self._session = b"", 0, None
        target = next(one for one in self._send("Target.getTargets")["targetInfos"] if one["type"] == "page")
        attached = self._send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self.requested: list[str] = []
        self._send("Page.enable")
        self._send("Network.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def show(self, page: Path | str, width: int, *, dark: bool = False, media: str = "") -> None:
        """Load a page, a file or an address, in a window of this many CSS pixels; ``media`` is that of a screen unless it is named."""
        self._send(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._send("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def value(self, script: str) -> Any:
        """Return the value of an expression of JavaScript."""
        made = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in made, made["exceptionDetails"]
        return made["result"].get("value")

    def document(self) -> tuple[int, str]:
        """Return the number of pages and the title of the PDF that is shown, when its viewer has loaded it."""
        page = self._session
        for _ in range(100):
            self._session = None
            targets = self._send("Target.getTargets")["targetInfos"]
            viewer = [one["targetId"] for one in targets if one["url"].startswith("chrome-extension://")]
            if viewer:
                attached = self._send("Target.attachToTarget", targetId=viewer[0], flatten=True)
                self._session = attached["sessionId"]
                script = "(one => one && one.loadProgress_ == 100 ? [one.docLength_, one.title_] : null)"
                found = self.value(f"{script}(document.querySelector('pdf-viewer'))")
                self._session = page
                if found:
                    return found[0], found[1]
            time.sleep(0.1)
        raise AssertionError("the PDF was not loaded")

    def asked(self, log: Path) -> set[str]:
        """End the browser; return the addresses in its log that it was asked for by what it showed."""
        os.write(self._write, json.dumps({"id": self._number + 1, "method": "Browser.close"}).encode() + b"\0")
        self._process.wait(30)
        requests = [event.get("params", {}) for event in json.loads(log.read_text("utf-8"))["events"]]
        return {
            one["url"]
            for one in requests
            if "initiator" in one and not (one["initiator"] == "not an origin" and _OWN.match(one["url"]))
        }

    def _send(self, method: str, **options: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": options}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]  # type: ignore[no-any-return]

    def _next(self) -> dict[str, Any]:
        """Return the next message of the browser."""
        while b"\0" not in self._rest:
            part = os.read(self._read, 2**20)
            assert part, "the browser has ended"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Network.requestWillBeSent":
            self.requested.append(message["params"]["request"]["url"])
        return message
