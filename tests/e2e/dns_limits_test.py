"""What a forger gets: a flood in one network's name is limited, and nobody else notices."""

import random
import socket

import dns.edns
import dns.flags
import dns.message
import dns.query
import pytest

import shop
from fleet import DNS

SERVER = (DNS["dns-1"], 5353)
FLOODED, ELSEWHERE = "127.66.1.{}", "127.77.1.1"
RATE = 20
FLOOD = 2_000
MOST_TIMES = 12  # an answer without a cookie, of its query

SETTINGS = f"""
kind: DnsSettings
name: default
spec:
  amplification_limit: {MOST_TIMES}
  rate_limit: {{answers_per_second: {RATE}, slip: 2}}
"""
LONG = "".join(f"\n        - '\"{number} {'x' * 100}\"'" for number in range(8))
LONG_ZONE = shop.ZONE + f"    - name: long\n      type: TXT\n      data:{LONG}\n"


@pytest.fixture
def limited(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply("---".join((shop.LOCATIONS, LONG_ZONE, SETTINGS)))
    fleet.start_dns("dns-1", fleet.token("dns", "par"))
    fleet.wait_for("DNS answers", lambda: fleet.text_record() == ["hello"])
    return fleet


def client(address):
    """A UDP socket of that address."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind((address, 0))
    own.connect(SERVER)
    own.settimeout(10)
    return own


def query(name="mail.shop.test", rdtype="A", cookie=None):
    options = [dns.edns.GenericOption(dns.edns.OptionType.COOKIE, cookie)] if cookie else []
    return dns.message.make_query(name, rdtype, use_edns=0, options=options)


def ask(own, message):
    own.send(message.to_wire())
    return dns.message.from_wire(own.recv(65535))


def cookie_of(answer):
    return next(option.data for option in answer.options
                if option.otype == dns.edns.OptionType.COOKIE)


def flood(bystander):
    """Queries in the name of a whole network; how many were answered, and how many truncated. The
    bystander keeps in step with the server, and must be answered each time."""
    names = [client(FLOODED.format(host)) for host in range(1, 51)]
    wire = query().to_wire()
    answered = truncated = 0
    for number in range(FLOOD):
        names[number % 50].send(wire)
        if number % 50 != 49:
            continue
        # Within its own limit: it shows a cookie.
        bystander = show_cookie(bystander)
        for own in names:
            own.setblocking(False)
            try:
                while True:
                    answer = dns.message.from_wire(own.recv(65535))
                    truncated += bool(answer.flags & dns.flags.TC)
                    answered += bool(answer.answer)
            except BlockingIOError:
                pass
    return answered, truncated


def show_cookie(holder):
    """Asks with the cookie that it holds, if any, and keeps the newest."""
    own, cookie = holder
    answer = ask(own, query(cookie=cookie))
    assert str(answer.answer[0][0]) == "127.10.9.25"
    return own, cookie_of(answer)


def test_a_flood_in_one_networks_name_is_limited(limited):
    # Holders of cookies, elsewhere and within the network whose name is abused.
    bystander = show_cookie((client(ELSEWHERE), b"\1" * 8))
    holder = show_cookie((client(FLOODED.format(200)), b"\2" * 8))
    answered, truncated = flood(bystander)
    # A second's worth at once, and what the flood's own time was good for.
    assert RATE <= answered < FLOOD / 4, (answered, truncated)
    # Every second one of those over the limit; an answer within it begins the count anew.
    assert (FLOOD - answered) / 2 - answered <= truncated <= (FLOOD - answered) / 2
    limited_total = "meridian_dns_rate_limited_answers_total"
    assert limited.metric(limited_total) == FLOOD - answered
    assert limited.metric(limited_total + '{action="truncated"}') == truncated

    for _ in range(2 * RATE):
        holder = show_cookie(holder)
    # Who is in that network and has no cookie comes by TCP.
    answer = dns.query.tcp(query(), *SERVER[:1], port=SERVER[1], timeout=10,
                           source=FLOODED.format(7))
    assert answer.answer
    assert ask(client("127.78.1.1"), query()).answer, "who has nothing to do with it"


def test_no_answer_is_much_longer_than_a_query_that_may_be_forged(limited):
    seed = 20260101
    print("seed", seed)
    rng = random.Random(seed)
    names = ["shop.test", "long.shop.test", "mail.shop.test", "old.shop.test", "nope.shop.test",
             "a.b.c.d.nope.shop.test", "other.test", "."]
    for number in range(500):
        # Each from a network of its own: their limits are another matter.
        own = client(f"127.{80 + number // 250}.{number % 250}.1")
        message = dns.message.make_query(rng.choice(names), rng.choice(
            ["A", "AAAA", "TXT", "ANY", "MX", "NS", "SOA", "DNSKEY", "TYPE65280"]),
            use_edns=rng.choice([False, 0]), want_dnssec=False)
        sent = message.to_wire()
        own.send(sent)
        received = own.recv(65535)
        answer = dns.message.from_wire(received)
        records = answer.answer + answer.authority + answer.additional
        assert len(received) <= MOST_TIMES * len(sent) or not records, answer
        if answer.flags & dns.flags.TC:
            assert not records
        own.close()
    long = query("long.shop.test", "TXT", b"\3" * 8)
    own = client(ELSEWHERE)
    first = ask(own, long)
    assert first.flags & dns.flags.TC
    again = ask(own, query("long.shop.test", "TXT", cookie_of(first)))
    assert len(again.answer[0]) == 8, "who shows a cookie gets it whole"
