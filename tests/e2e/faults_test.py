"""What goes wrong around an edge: origins that misbehave, no descriptors, no name server."""

import http.client
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import threading

import dns.message
import dns.rrset
import pytest

import shop
from fleet import EDGES
from origin import Page
from programs import BIN
from waiting import stays

HEAD = b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=300\r\n"
BODY = b"0123456789" * 200
WHOLE = HEAD + b"Content-Length: 2000\r\n\r\n" + BODY

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# How an origin may answer: what it sends, and what it does then.
FAULTS = {
    "says nothing": (b"", "hang"),
    "resets before its head": (b"", "reset"),
    "resets within its head": (HEAD, "reset"),
    "closes within its head": (HEAD, "close"),
    "stalls within its head": (HEAD, "hang"),
    "resets within its body": (WHOLE[:-1000], "reset"),
    "ends before its length": (WHOLE[:-1000], "close"),
    "stalls within its body": (WHOLE[:-1000], "hang"),
    "breaks its chunks": (CHUNKED + b"5\r\n01234\r\nzz\r\n", "close"),
    "ends within its chunks": (CHUNKED + b"5\r\n012", "close"),
    "says two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", "close"),
    "speaks something else": (b"220 mail.example ESMTP\r\n", "hang"),
    "sends fields without end": (HEAD + b"X: " + b"y" * 1_000_000, "close"),
}


class RudeOrigin:
    """Answers each request as `fault` says; None: well, a byte at a time."""

    def __init__(self, address):
        self.fault = None
        self.hanging = []
        self._listener = socket.create_server((address, 9001))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(65536)
            if not part:
                return connection.close()
            request += part
        if request.startswith(b"GET /health "):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return connection.close()
        if self.fault is None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in WHOLE:
                connection.send(bytes([octet]))
            return connection.close()
        octets, then = self.fault
        try:
            connection.sendall(octets)
        except OSError:
            return connection.close()  # the edge had enough
        if then == "hang":
            return self.hanging.append(connection)
        if then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return connection.close()


@pytest.fixture
def rude_fleet(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.rude = RudeOrigin("127.10.9.7")
    fleet.apply(shop.ALL.replace("127.10.9.1", "127.10.9.7").replace(
        "  probe: {path: /health,", "  first_byte_timeout: 300ms\n  between_bytes_timeout: 300ms\n"
        "  probe: {path: /health,"))
    fleet.start_edge("par", fleet.token("edge", "par"))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").body == BODY)
    return fleet


def outcome(fleet, path):
    """The status, or that the visitor can tell that the answer is not whole."""
    try:
        return fleet.fetch("par", path).status
    except (http.client.IncompleteRead, ConnectionError, ssl.SSLError):
        return "broken off"


def test_no_fault_of_an_origin_is_taken_for_an_answer_nor_kept(rude_fleet):
    seen = {}
    for number, (name, fault) in enumerate(FAULTS.items()):
        path = f"/page-{number}"
        rude_fleet.rude.fault = fault
        seen[name] = outcome(rude_fleet, path)
        rude_fleet.rude.fault = None
        answer = rude_fleet.fetch("par", path)
        assert (answer.status, answer.body) == (200, BODY), f"after an origin that {name}"
    assert all(status in (502, 504, "broken off") for status in seen.values()), seen
    assert seen["says nothing"] == 504
    assert seen["ends before its length"] == "broken off"


def few_descriptors(fleet, number, kind=""):
    """An edge-node that may open no more. `kind`: -S, unless it asks for more."""
    script = fleet.directory / "few-descriptors"
    script.write_text(f'#!/bin/sh\nulimit {kind} -n {number}\nexec {BIN / "edge-node"} "$@"\n')
    script.chmod(0o755)
    return script


def seconds_of_cpu(program):
    fields = pathlib.Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_edge_without_descriptors_serves_who_is_there_and_accepts_again(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin()
    fleet.apply(shop.ALL)
    fleet.start_edge("par", fleet.token("edge", "par"), binary=few_descriptors(fleet, 100))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/catalogue").status == 200)

    plain = socket.create_connection((EDGES["par"], 8443), 10)
    there = http.client.HTTPConnection(shop.HOST)
    there.sock = fleet.trust.wrap_socket(plain, server_hostname=shop.HOST)

    def is_served():
        there.request("GET", "/catalogue", headers={"Host": shop.HOST})
        answer = there.getresponse()
        return answer.status == 200 and answer.read() == b"catalogue of origin-1"

    assert is_served()
    crowd = [socket.create_connection((EDGES["par"], 8080), 10) for _ in range(200)]
    edge = fleet.programs["edge-par"]
    fleet.wait_for("no descriptor is left", lambda: len(os.listdir(f"/proc/{edge.pid}/fd")) >= 100)
    before = seconds_of_cpu(edge)
    stays("who is there is served", is_served, 2)
    assert seconds_of_cpu(edge) - before < 1, "it goes round in circles"

    for connection in crowd:
        connection.close()
    fleet.wait_for("newcomers are served", lambda: fleet.fetch("par", "/").status == 200)
    assert is_served()


def test_an_edge_takes_as_many_descriptors_as_the_system_lets_it_have(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin()
    fleet.apply(shop.ALL)
    fleet.start_edge("par", fleet.token("edge", "par"), binary=few_descriptors(fleet, 256, "-S"))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/catalogue").status == 200)
    limits = pathlib.Path(f"/proc/{fleet.programs['edge-par'].pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    soft, hard = line.split()[3:5]
    assert soft == hard != "256"


class NameServer:
    """Knows one name. While it is `silent` it hears questions and answers none."""

    def __init__(self, server, name, address):
        self.name, self.address, self.silent, self.unanswered = name, address, False, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((server, 53))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            octets, client = self._socket.recvfrom(4096)
            if self.silent:
                self.unanswered += 1
                continue
            query = dns.message.from_wire(octets)
            answer = dns.message.make_response(query)
            question = query.question[0]
            if question.rdtype == 1 and str(question.name) == f"{self.name}.":
                answer.answer.append(dns.rrset.from_text(question.name, 1, "IN", "A", self.address))
            self._socket.sendto(answer.to_wire(), client)


def test_origins_are_reached_on_while_their_name_server_is_dead(fleet):
    names = NameServer("127.10.9.53", "origin.test", "127.10.9.1")
    settings = fleet.directory / "resolv.conf"
    settings.write_text("nameserver 127.10.9.53\n")
    subprocess.run(["mount", "--bind", settings, "/etc/resolv.conf"], check=True)
    fleet.init_controller()
    fleet.start_controller()
    origin = fleet.start_origin()
    fleet.apply(shop.ALL.replace("host: 127.10.9.1", "host: origin.test"))
    fleet.start_edge("par", fleet.token("edge", "par"))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200)

    names.silent = True
    numbers = iter(range(1_000_000))

    def is_reached():
        page = f"/{next(numbers)}"
        origin.pages[page] = Page("new", headers={"Connection": "close"})
        return fleet.fetch("par", page).body == b"new"

    fleet.wait_for("new addresses are asked for in vain",
                   lambda: is_reached() and names.unanswered >= 6, seconds=60)
    stays("the last known address is used", is_reached, 1)
    names.silent = False
    assert is_reached()
