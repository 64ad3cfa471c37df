"""Connections that are made one by one and then do nothing: h2load has no such thing."""

import socket
import ssl

import peers

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
AUTHORITY = peers.HOST.encode()
BLOCK = b"\x82\x87\x44\x03/1k\x41" + bytes([len(AUTHORITY)]) + AUTHORITY
H2_GET = bytes([0, 0, len(BLOCK), 1, 5, 0, 0, 0, 1]) + BLOCK
H1_GET = f"GET /1k HTTP/1.1\r\nHost: {peers.HOST}\r\n\r\n".encode()


def context(protocol: str) -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols([protocol])
    return made


KINDS = {"HTTP/1.1": None, "HTTP/1.1 over TLS": context("http/1.1"), "HTTP/2": context("h2")}


def connect(address: str, kind: str) -> socket.socket:
    """One that has asked once."""
    trust = KINDS[kind]
    made = socket.create_connection((address, peers.HTTPS if trust else peers.HTTP), 10)
    # Else the request waits for the acknowledgement of the handshake's end.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if trust:
        made = trust.wrap_socket(made, server_hostname=peers.HOST)
    made.sendall(PREFACE + H2_GET if kind == "HTTP/2" else H1_GET)
    octets = 0
    while octets < 1024:
        part = made.recv(65536)
        if not part:
            raise SystemExit(f"{address} closed a connection instead of answering")
        octets += len(part)
    return made


def shake_hands(address: str, name: str) -> None:
    """A full handshake for a site of that name."""
    with socket.create_connection((address, peers.HTTPS), 10) as made:
        with KINDS["HTTP/1.1 over TLS"].wrap_socket(made, server_hostname=name):
            pass
