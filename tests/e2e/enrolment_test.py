"""Nobody joins without a token that is his, and control traffic is mTLS or nothing (DESIGN 3.7)."""

import socket

import pytest

import shop
from fleet import CONTROLLER


@pytest.fixture
def shop_fleet(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply(shop.ALL)
    return fleet


def refused(fleet, name):
    """What a node that did not get in said, once it has ended."""
    program = fleet.programs.pop(name)
    assert program.process.wait(30) != 0, "it must not run on as if it had joined"
    return program.log_text()


def test_without_a_token(shop_fleet):
    shop_fleet.start_dns("dns-1")
    said = refused(shop_fleet, "dns-1")
    assert "gslbctl token create" in said and "--join" in said


def test_with_a_made_up_token(shop_fleet):
    real = shop_fleet.token("dns", "par").split(".")
    shop_fleet.start_dns("dns-1", ".".join([real[0], real[1], "0" * len(real[2]), real[3]]))
    assert "token" in refused(shop_fleet, "dns-1")


def test_with_the_token_of_another_controller(shop_fleet):
    real = shop_fleet.token("dns", "par").split(".")
    shop_fleet.start_dns("dns-1", ".".join([*real[:3], "0" * len(real[3])]))
    assert "fingerprint" in refused(shop_fleet, "dns-1")


def test_with_a_used_token(shop_fleet):
    token = shop_fleet.token("dns", "par")
    shop_fleet.start_dns("dns-1", token)
    shop_fleet.wait_for("the first one is in",
                        lambda: shop_fleet.gslbctl("node", "wait", "dns-1", "--timeout", "1s"))
    shop_fleet.start_dns("dns-2", token)
    assert "used" in refused(shop_fleet, "dns-2")


def test_with_an_expired_token(shop_fleet):
    token = shop_fleet.token("dns", "par", "--ttl", "1s")
    shop_fleet.wait_for("the token has expired",
                        lambda: "expired" in shop_fleet.gslbctl("token", "list").stdout)
    shop_fleet.start_dns("dns-1", token)
    assert "expired" in refused(shop_fleet, "dns-1")


def test_with_a_revoked_token(shop_fleet):
    token = shop_fleet.token("dns", "par")
    shop_fleet.gslbctl("token", "revoke", token.split(".")[1])
    shop_fleet.start_dns("dns-1", token)
    assert "revoked" in refused(shop_fleet, "dns-1")


def test_with_a_token_for_the_other_role(shop_fleet):
    shop_fleet.start_edge("par", shop_fleet.token("dns", "par"))
    assert "role" in refused(shop_fleet, "edge-par")


def test_as_the_other_role_with_an_enrolled_identity(shop_fleet):
    """An identity of a DNS node does not make an edge, so no private key ever reaches it."""
    shop_fleet.start_dns("dns-1", shop_fleet.token("dns", "par"))
    shop_fleet.gslbctl("node", "wait", "dns-1")
    shop_fleet.stop("dns-1")
    (shop_fleet.directory / "dns-1").rename(shop_fleet.directory / "edge-par")
    shop_fleet.start_edge("par")
    assert "which is no edge node" in refused(shop_fleet, "edge-par")


def test_a_second_operator_gets_in_by_the_controllers_directory(shop_fleet):
    made = shop_fleet.directory / "for-alice"
    shop_fleet.gslbctl("admin", "create", "alice", "--dir", shop_fleet.directory / "controller",
                       "--out", made)
    assert (made / "key.pem").stat().st_mode & 0o777 == 0o600
    made.rename(shop_fleet.directory / "alice")
    shop_fleet.config = shop_fleet.directory / "alice" / "gslbctl.yaml"
    assert "you           admin/alice, certificate expires" in shop_fleet.gslbctl("status").stdout
    assert shop_fleet.token("dns", "par").startswith("mrd1.")


def test_plaintext_gets_nothing(shop_fleet):
    host, port = CONTROLLER.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        received = b""
        try:
            while chunk := connection.recv(4096):
                received += chunk
        except ConnectionResetError:
            pass
    # A TLS alert (content type 21) at most: never a frame of HTTP/2.
    assert received == b"" or received[0] == 21, received
