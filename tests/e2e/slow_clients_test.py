"""Slow, greedy and silent clients of TCP and TLS, all at once: each is cut, others are served."""

import socket
import struct

import dns.message
import pytest

import shop
from fleet import DNS
from programs import ASAN_BIN

PLAIN, TLS = (DNS["dns-1"], 5353), (DNS["dns-1"], 8853)
OTHERS = "127.77.0.1"
EACH = 20

LONG = "".join(f"\n        - '\"{number} {'x' * 200}\"'" for number in range(100))
LONG_ZONE = shop.ZONE + f"    - name: long\n      type: TXT\n      data:{LONG}\n"


@pytest.fixture
def dns_fleet(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply("---".join((shop.LOCATIONS, LONG_ZONE)))
    fleet.start_dns("dns-1", fleet.token("dns", "par"), binary=ASAN_BIN / "dns-steer", extra=(
        "--tls-listen", ":".join(map(str, TLS)), "--tls-certificate", fleet.tls / "shop.pem",
        "--tls-key", fleet.tls / "shop.key", "--tcp-idle-timeout", 3))
    fleet.wait_for("DNS answers", lambda: fleet.text_record() == ["hello"], seconds=60)
    return fleet


def message(name="mail.shop.test", rdtype="A"):
    wire = dns.message.make_query(name, rdtype).to_wire()
    return struct.pack("!H", len(wire)) + wire


def read_exactly(connection, octets):
    whole = b""
    while len(whole) < octets:
        part = connection.recv(octets - len(whole))
        assert part, "closed before the answer was whole"
        whole += part
    return whole


def read_answer(connection):
    size, = struct.unpack("!H", read_exactly(connection, 2))
    return dns.message.from_wire(read_exactly(connection, size))


def connect(server=PLAIN, **more):
    return socket.create_connection(server, timeout=10, **more)


def connect_tls(fleet):
    return fleet.trust.wrap_socket(connect(TLS), server_hostname=shop.HOST)


def takes(connection, octets):
    """Sends without waiting. False: the server has closed the connection."""
    connection.setblocking(False)
    try:
        connection.send(octets)
    except (BlockingIOError, InterruptedError):
        pass
    except OSError:
        return False
    return True


def is_open(connection):
    """Of who has nothing to read: the server has not closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def serve_others(fleet):
    assert fleet.text_record() == ["hello"]
    with connect(source_address=(OTHERS, 0)) as connection:
        connection.sendall(message())
        assert str(read_answer(connection).answer[0][0]) == "127.10.9.25"
    return True


def test_slow_and_greedy_clients_are_cut_while_others_are_served(dns_fleet):
    # One octet of a query at a time, for ever; a length and a beginning; no handshake; nothing.
    dripping = [connect() for _ in range(EACH)] + [connect_tls(dns_fleet) for _ in range(EACH)]
    for connection in dripping:
        connection.sendall(struct.pack("!H", 600))
    giant = [connect() for _ in range(EACH)]
    for connection in giant:
        connection.sendall(b"\xff\xff" + message()[2:])
    no_handshake = [connect(TLS) for _ in range(EACH)]
    silent = [connect() for _ in range(EACH)]
    # Asks for long answers and reads none.
    greedy = [connect() for _ in range(EACH)]
    ask = message("long.shop.test", "TXT") * 100

    def all_are_cut():
        left = [one for one in dripping if takes(one, b"\0")]
        left += [one for one in greedy if takes(one, ask)]
        left += [one for one in giant + no_handshake + silent if is_open(one)]
        return serve_others(dns_fleet) and not left

    dns_fleet.wait_for("all of them are cut", all_are_cut, seconds=60)
    dns_fleet.wait_for("no connection is left", lambda:
                       dns_fleet.metric("meridian_dns_open_connections") == 0)
    slow = dns_fleet.metric('meridian_dns_cut_connections_total{reason="slow"}')
    assert slow >= len(dripping) + len(giant) + len(greedy)
    assert dns_fleet.metric("meridian_dns_idle_connections_total") >= len(silent)
    assert "ERROR: AddressSanitizer" not in dns_fleet.programs["dns-1"].log_text()


def test_who_says_that_no_more_comes_gets_its_answers(dns_fleet):
    with connect() as connection:
        connection.sendall(message() + message("nope.shop.test"))
        connection.shutdown(socket.SHUT_WR)
        assert [len(read_answer(connection).answer) for _ in range(2)] == [1, 0]
        assert connection.recv(1) == b""


def test_a_query_in_many_segments_is_a_query(dns_fleet):
    for connection in (connect(), connect_tls(dns_fleet)):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in message():
            connection.sendall(bytes([octet]))
        assert len(read_answer(connection).answer) == 1
        connection.close()
