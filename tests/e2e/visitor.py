"""Visitors of the fleet: a resolver with a client's network, and a browser."""

import http.client
import socket
import ssl

import dns.edns
import dns.message
import dns.query
import dns.rcode

NOERROR, REFUSED = dns.rcode.NOERROR, dns.rcode.REFUSED


def resolve(server, name, rdtype="A", subnet=None, port=5353, tcp=False, timeout=2.0):
    """The whole answer message."""
    options = []
    if subnet:
        address, _, length = subnet.partition("/")
        options.append(dns.edns.ECSOption(address, int(length)))
    query = dns.message.make_query(name, rdtype, use_edns=0, options=options)
    ask = dns.query.tcp if tcp else dns.query.udp
    return ask(query, server, port=port, timeout=timeout)


def addresses(server, name, subnet=None, rdtype="A", **more):
    """The addresses of the answer, in its order."""
    message = resolve(server, name, rdtype, subnet, **more)
    return [record.address for rrset in message.answer for record in rrset
            if hasattr(record, "address")]


class Answer:
    """A response: status, headers (names in lower case), body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def cache_status(self):
        return self.headers.get("cache-status", "")

    @property
    def is_hit(self):
        return self.cache_status.endswith("; hit") or "; hit;" in self.cache_status

    @property
    def is_miss(self):
        return "fwd=" in self.cache_status


def trust(ca_pem):
    return ssl.create_default_context(cafile=str(ca_pem))


def connect_tls(address, host, context, port=8443, timeout=20.0):
    plain = socket.create_connection((address, port), timeout)
    return context.wrap_socket(plain, server_hostname=host)


def fetch(address, path="/", *, host, context, port=8443, method="GET", headers=None, body=None,
          timeout=10.0):
    """One HTTPS request to the edge at `address`, as if DNS had led there."""
    with socket.create_connection((address, port), timeout) as plain:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            connection = http.client.HTTPConnection(host)
            connection.sock = tls
            connection.request(method, path, body=body, headers={"Host": host, **(headers or {})})
            answer = Answer(connection.getresponse())
            answer.tls_version = tls.version()
            return answer
