"""Child processes with their logs; each dies with the test, whatever happens to it."""

import os
import pathlib
import signal
import subprocess

BIN = pathlib.Path(os.environ.get("MERIDIAN_BIN", "build/release/bin")).absolute()
# The programs that read hostile input, with sanitizers; the plain ones where there are none.
ASAN_BIN = pathlib.Path(os.environ.get("MERIDIAN_ASAN_BIN", BIN)).absolute()


class Program:
    """One started process."""

    def __init__(self, name, arguments, log, environment=None):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, arguments)], stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        """As a crash does it."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds=15):
        """As an operator does it. Returns the exit code; a program that does not end is killed and
        fails the test."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM") from None

    def pause(self):
        """From now on it neither hears nor says anything, as behind a cut cable."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log_text(self):
        return self.log.read_text(errors="replace")
