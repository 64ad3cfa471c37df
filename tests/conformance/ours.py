"""Our answers to single queries, without a network."""

import os
import pathlib
import subprocess

import dns.message

_BIN = pathlib.Path(os.environ["MERIDIAN_BIN"])


class Ours:
    """Answers as a dns-steer that serves `documents` (YAML) would, until stop()."""

    def __init__(self, directory, documents):
        configuration = directory / "configuration.yaml"
        configuration.write_text(documents)
        self._process = subprocess.Popen([_BIN / "dns_answers", configuration], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask_wire(self, wire, transport="udp"):
        """The answer's octets; none: no answer is sent."""
        self._process.stdin.write(f"{transport} {wire.hex()}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline().strip()
        return b"" if line == "-" else bytes.fromhex(line)

    def ask(self, query, transport="udp"):
        return dns.message.from_wire(self.ask_wire(query.to_wire(), transport),
                                     ignore_trailing=False)

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
