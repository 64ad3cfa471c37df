"""DNS over TCP and TLS as real clients speak it: kdig and dig."""

import socket
import ssl
import struct
import subprocess

import dns.message
import dns.query
import pytest

import shop

ADDRESS = "127.10.0.53"
TLS_PORT = 8853


def kdig(*arguments):
    run = subprocess.run(["kdig", f"@{ADDRESS}", *arguments], capture_output=True, text=True,
                         timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture
def dns_fleet(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply(shop.ALL)
    fleet.start_dns("dns-1", fleet.token("dns", "par"), extra=(
        "--tls-listen", f"{ADDRESS}:{TLS_PORT}", "--tls-certificate", fleet.tls / "shop.pem",
        "--tls-key", fleet.tls / "shop.key", "--tcp-connections-per-client", 40,
        "--tcp-idle-timeout", 5, "--listen", "0.0.0.0:5354", "--listen", "[::]:5354"))
    fleet.wait_for("DNS answers", lambda: fleet.text_record() == ["hello"])
    return fleet


def ask_over_tls(fleet):
    """The name in the certificate that the server shows, after it has answered."""
    with socket.create_connection((ADDRESS, TLS_PORT), timeout=10) as plain:
        with fleet.trust.wrap_socket(plain, server_hostname=shop.HOST) as tls:
            query = dns.message.make_query("mail.shop.test", "A").to_wire()
            tls.sendall(struct.pack("!H", len(query)) + query)
            size, = struct.unpack("!H", tls.recv(2))
            answer = dns.message.from_wire(tls.recv(size))
            assert str(answer.answer[0][0]) == "127.10.9.25"
            return tls.getpeercert()["notAfter"], tls.getpeercert()["serialNumber"]


def test_kdig_asks_by_tcp_and_tls(dns_fleet):
    assert "127.10.9.25" in kdig("-p", "5353", "+tcp", "+keepopen", "mail.shop.test", "A",
                                 "old.shop.test", "A")
    for more in ((), ("+padding",)):
        text = kdig("-p", str(TLS_PORT), f"+tls-ca={dns_fleet.tls / 'ca.pem'}",
                    f"+tls-hostname={shop.HOST}", *more, "mail.shop.test", "A")
        assert "127.10.9.25" in text and "TLS session (TLS1.3)" in text
    assert "468 B" in text, text


def test_answers_leave_from_the_address_that_was_asked(dns_fleet):
    wild = ("fd00::53", "fd00::54")
    for address in wild:
        subprocess.run(["ip", "addr", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)
    query = dns.message.make_query("mail.shop.test", "A")
    for server in ("127.10.0.53", "127.10.0.54", "::1") + wild:
        # An answer from elsewhere is an UnexpectedSource.
        answer = dns.query.udp(query, server, timeout=10, port=5354)
        assert str(answer.answer[0][0]) == "127.10.9.25"
        assert dns.query.tcp(query, server, timeout=10, port=5354).answer == answer.answer


def test_a_certificate_is_replaced_while_serving(dns_fleet):
    _, before = ask_over_tls(dns_fleet)
    key = (dns_fleet.tls / "shop.key").read_text()
    (dns_fleet.tls / "shop.key").write_text("no key")
    dns_fleet.wait_for("the broken key is refused", lambda:
                       "refused" in dns_fleet.programs["dns-1"].log_text())
    assert ask_over_tls(dns_fleet)[1] == before
    (dns_fleet.tls / "shop.key").write_text(key)
    shop.make_certificates(dns_fleet.tls)
    dns_fleet.trust = ssl.create_default_context(cafile=str(dns_fleet.tls / "ca.pem"))

    def is_new():
        try:
            return ask_over_tls(dns_fleet)[1] != before
        except ssl.SSLCertVerificationError:  # still the one of the old authority
            return False
    dns_fleet.wait_for("the new certificate is shown", is_new)


def test_a_flood_of_connections_shuts_nobody_else_out(dns_fleet):
    flood = [socket.create_connection((ADDRESS, port), timeout=10)
             for port in (5353, TLS_PORT) * 40]
    for junk in flood[::2]:
        junk.send(b"\x16\x03")
    # The flood comes from 127.0.0.0/24, which has its share and no more.
    client = socket.create_connection((ADDRESS, 5353), timeout=10,
                                      source_address=("127.77.0.1", 0))
    query = dns.message.make_query("mail.shop.test", "A").to_wire()
    client.sendall(struct.pack("!H", len(query)) + query)
    assert client.recv(2)
    assert dns_fleet.metric('meridian_dns_refused_connections_total{bound="client"}') >= 40
    for connection in [*flood, client]:
        connection.close()
    dns_fleet.wait_for("the flood is forgotten", lambda: ask_over_tls(dns_fleet))
