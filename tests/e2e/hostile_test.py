"""100,000 random and damaged messages at each door, sanitized: no crash, and service goes on.

MERIDIAN_ASAN_BIN names the directory of the sanitized programs; without it the plain ones serve.
"""

import os
import socket
import struct

import pytest

import hostile
import shop
from programs import ASAN_BIN

COUNT = 100_000
SEED = int(os.environ.get("MERIDIAN_SEED", "20260101"))
DNS, DNS_TLS = ("127.10.0.53", 5353), ("127.10.0.53", 8853)
PARIS = "127.10.1.1"


@pytest.fixture
def shop_fleet(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply(shop.ALL)
    fleet.start_edge("par", fleet.token("edge", "par"), binary=ASAN_BIN / "edge-node")
    fleet.start_dns("dns-1", fleet.token("dns", "par"), binary=ASAN_BIN / "dns-steer", extra=(
        "--tls-listen", ":".join(map(str, DNS_TLS)), "--tls-certificate", fleet.tls / "shop.pem",
        "--tls-key", fleet.tls / "shop.key"))
    fleet.wait_for("DNS answers", lambda: fleet.answer(shop.FRANCE) == [PARIS], seconds=60)
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200, seconds=60)
    return fleet


def still_serves(fleet):
    fleet.require_running()
    assert fleet.answer(shop.FRANCE) == [PARIS]
    assert fleet.answer(shop.FRANCE, tcp=True) == [PARIS]
    assert fleet.fetch("par", "/catalogue").status == 200
    for name in ("dns-1", "edge-par"):
        assert "ERROR: AddressSanitizer" not in fleet.programs[name].log_text()


def drain(connection):
    """Reads and forgets what has come so far."""
    try:
        while connection.recv(65536):
            pass
    except OSError:  # nothing more yet, or closed
        pass


def test_dns_over_udp(shop_fleet):
    print("seed", SEED)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(DNS)
    client.setblocking(False)
    for number, packet in enumerate(hostile.packets(SEED, COUNT, hostile.dns_packet, "shop.test")):
        client.send(packet)
        if number % 500 == 499:  # in step with the server, so that nothing is lost unseen
            drain(client)
            assert shop_fleet.answer(shop.FRANCE) == [PARIS], f"after {number + 1} packets"
    client.close()
    still_serves(shop_fleet)


def send_over_streams(fleet, connect, count):
    """Messages one behind the other, 50 a connection."""
    print("seed", SEED)
    connection = None
    for number, packet in enumerate(hostile.packets(SEED, count, hostile.dns_packet, "shop.test")):
        # Now and then a length that is not the message's, or a connection left in the middle.
        length = len(packet) if number % 97 else (len(packet) * 7) % 65536
        if connection is None:
            connection = connect()
        try:
            connection.sendall(struct.pack("!H", length) + packet)
            if number % 50 == 49:
                connection.setblocking(False)
                drain(connection)
                connection.close()
                connection = None
        except OSError:  # closed by the server, as it may
            connection.close()
            connection = None
        if number % 5000 == 4999:
            assert fleet.answer(shop.FRANCE, tcp=True) == [PARIS], f"after {number + 1}"
    still_serves(fleet)


def test_dns_over_tcp(shop_fleet):
    send_over_streams(shop_fleet, lambda: socket.create_connection(DNS, timeout=10), COUNT)


def test_dns_over_tls(shop_fleet):
    def connect():
        plain = socket.create_connection(DNS_TLS, timeout=10)
        return shop_fleet.trust.wrap_socket(plain, server_hostname=shop.HOST)
    # A tenth: handshakes cost more than messages, which are the same behind them.
    send_over_streams(shop_fleet, connect, COUNT // 10)
    # What is no TLS at all.
    noise = hostile.packets(SEED, 1_000, hostile.dns_packet, "shop.test")
    for packet in noise:
        with socket.create_connection(DNS_TLS, timeout=10) as connection:
            connection.sendall(packet)
    still_serves(shop_fleet)
    shop_fleet.wait_for("failed handshakes are counted", lambda: shop_fleet.metric(
        "meridian_dns_tls_failed_handshakes_total"))


def one_http_connection(address, packet, context=None):
    """Sends, says that no more comes, and reads to the end."""
    with socket.create_connection(address, timeout=30) as plain:
        connection = context.wrap_socket(plain, server_hostname=shop.HOST) if context else plain
        try:
            connection.sendall(packet)
            if not context:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        except OSError:  # closed by the server, as it may
            pass


def test_http(shop_fleet):
    print("seed", SEED)
    host = shop.HOST.encode()
    over_tls = COUNT // 20
    for number, packet in enumerate(hostile.packets(SEED, COUNT, hostile.http_packet, host)):
        if number % (COUNT // over_tls) == 0:
            one_http_connection((PARIS, 8443), packet, shop_fleet.trust)
        else:
            one_http_connection((PARIS, 8080), packet)
        if number % 5000 == 4999:
            assert shop_fleet.fetch("par", "/catalogue").status == 200, f"after {number + 1}"
    still_serves(shop_fleet)
