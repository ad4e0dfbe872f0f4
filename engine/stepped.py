"""A blocking call that stops at every callback, so that its caller decides when it goes on."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class _StoppedError(Exception):
    """Unwinds a call that nobody waits for any more."""


class SteppedCall(Generic[Result]):
    """Runs `call(pause)` in a thread of its own, from one `pause()` to the next; never beside its caller."""

    def __init__(self, call: Callable[[Callable[[], None]], Result]) -> None:
        self._go = threading.Semaphore(0)
        self._rest = threading.Semaphore(0)
        self._stopped = False
        self._result: Result | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def advance(self) -> bool:
        """Let the call go on to its next pause; return whether it has ended. Raises what the call raises."""
        self._go.release()
        self._rest.acquire()
        if self._error is not None:
            raise self._error
        return self._result is not None

    def result(self) -> Result:
        """Return what the call has returned, which may not be None."""
        assert self._result is not None  # noqa: S101
        return self._result

    def stop(self) -> None:
        """End the call where it pauses."""
        self._stopped = True
        self._go.release()
        self._thread.join()

    def _run(self, call: Callable[[Callable[[], None]], Result]) -> None:
        self._go.acquire()
        try:
            if not self._stopped:
                self._result = call(self._pause)
        except _StoppedError:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the caller waits
            self._error = error
        finally:
            self._rest.release()

    def _pause(self) -> None:
        self._rest.release()
        self._go.acquire()
        if self._stopped:
            raise _StoppedError
