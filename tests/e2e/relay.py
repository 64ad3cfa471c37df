"""A cable between two programs that the test can cut."""

import contextlib
import socket
import threading


class Relay:
    """Passes connections to address:port on to `target` until it is cut."""

    def __init__(self, address, port, target):
        self._target = target
        self._listener = socket.create_server((address, port))
        self._lock = threading.Lock()
        self._open = set()
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends all connections and takes no new ones."""
        with self._lock:
            self._is_cut = True
            for end in (self._listener, *self._open):  # wakes whoever waits on it
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                if self._is_cut:
                    return
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
