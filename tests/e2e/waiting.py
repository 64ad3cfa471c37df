"""The one place where tests pause: between two looks at a condition, up to a bound."""

import threading
import time

_PAUSE = threading.Event()  # never set


def wait_until(what, condition, seconds=15.0, interval=0.02):
    """Returns the first true value of `condition()`, which may raise while it does not hold yet.

    `what` names the condition in the failure: "paris is in the answers".
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except Exception as error:  # the condition may need what is not there yet
            seen = f"{type(error).__name__}: {error}"
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; seen last: {seen!r}")
        _PAUSE.wait(interval)


def stays(what, condition, seconds):
    """`condition()` holds at every look for `seconds`: for what must *not* happen."""
    deadline = time.monotonic() + seconds
    looks = 0
    while time.monotonic() < deadline or looks == 0:
        assert condition(), f"does not stay so: {what}"
        looks += 1
        _PAUSE.wait(0.05)
