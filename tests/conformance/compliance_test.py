"""What the well-known testers of DNS servers ask: EDNS compliance (RFC 6891), DNS flag day, the
basic and name server tests of zones, and packets that no client should send."""

import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest

import ours
import peers

_ZONE = peers.Zone("example", ["ns1", "ns2.other.test."], [
    ("ns1", 300, "A", "192.0.2.53"),
    ("www", 300, "A", "192.0.2.1"),
    ("Mixed.Case", 300, "A", "192.0.2.2"),
    ("big", 300, "TXT", '"' + "x" * 250 + '"'),
    ("big", 300, "TXT", '"' + "y" * 250 + '"'),
    ("big", 300, "TXT", '"' + "z" * 250 + '"'),
    ("big", 300, "TXT", '"' + "v" * 250 + '"'),
    ("big", 300, "TXT", '"' + "w" * 250 + '"'),
    ("cut", 300, "NS", "ns.cut"),
    ("ns.cut", 300, "A", "192.0.2.60"),
])

_COOKIE = bytes(range(8))
_NSID, _SUBNET, _EXPIRE, _COOKIES, _KEEPALIVE, _PADDING, _UNKNOWN = 3, 8, 9, 10, 11, 12, 100
_MUST_BE_ZERO = 0x0040


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    answers = ours.Ours(tmp_path_factory.mktemp("ours"), _ZONE.document())
    yield answers
    answers.stop()


def _header(flags=0, counts=(1, 0, 0, 0)):
    return struct.pack("!HHHHHH", 0x1234, flags, *counts)


def _question(name="example.", kind="SOA", rdclass=1):
    return (dns.name.from_text(name).to_wire()
            + struct.pack("!HH", dns.rdatatype.from_text(kind), rdclass))


def _option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def _opt(version=0, flags=0, size=4096, options=b"", owner=b"\0", rcode=0):
    return (owner + struct.pack("!HHBBHH", 41, size, rcode, version, flags, len(options))
            + options)


def _with_opt(name="example.", kind="SOA", header=0, **opt):
    return _header(header, (1, 0, 0, 1)) + _question(name, kind) + _opt(**opt)


def _ask(server, wire, transport="udp"):
    octets = server.ask_wire(wire, transport)
    assert octets, "no answer"
    answer = dns.message.from_wire(octets, ignore_trailing=False)
    assert answer.id == 0x1234
    assert answer.flags & dns.flags.QR
    assert not answer.flags & (dns.flags.RA | dns.flags.AD | dns.flags.CD | _MUST_BE_ZERO)
    if answer.edns >= 0:
        assert answer.edns == 0, "the version is ours"
        assert answer.ednsflags & 0x7fff == 0, "flags that are not known are clear"
    return answer


def _is_soa(answer):
    return (answer.rcode() == dns.rcode.NOERROR and bool(answer.flags & dns.flags.AA)
            and [one.rdtype for one in answer.answer] == [dns.rdatatype.SOA])


def _codes(answer):
    return [int(option.otype) for option in answer.options]


_FLAGS = {"none": 0, "aa": 0x0400, "tc": 0x0200, "rd": 0x0100, "ra": 0x0080, "z": 0x0040,
          "ad": 0x0020, "cd": 0x0010, "all": 0x07f0, "rcode": 0x000b}


@pytest.mark.parametrize("flag", _FLAGS)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_flags_of_a_query_change_nothing_but_rd(server, flag, transport):
    answer = _ask(server, _header(_FLAGS[flag]) + _question(), transport)
    assert _is_soa(answer)
    assert answer.edns == -1, "who speaks no EDNS gets none"
    assert bool(answer.flags & dns.flags.RD) == bool(_FLAGS[flag] & 0x0100)
    assert not answer.flags & dns.flags.TC


_SUBNETS = struct.pack("!HBB", 1, 24, 0) + bytes([192, 0, 2])
_EDNS = {
    "plain": ({}, []),
    "unknown option": ({"options": _option(_UNKNOWN, b"data")}, []),
    "unknown option twice": ({"options": _option(_UNKNOWN) * 2}, []),
    "unknown flags": ({"flags": 0x7fff}, []),
    "the first unknown flag": ({"flags": 0x4000}, []),
    "an extended RCODE": ({"rcode": 5}, []),
    "EXPIRE": ({"options": _option(_EXPIRE)}, []),
    "COOKIE": ({"options": _option(_COOKIES, _COOKIE)}, None),
    "a cookie of another server": ({"options": _option(_COOKIES, _COOKIE + bytes(16))}, None),
    "NSID": ({"options": _option(_NSID)}, None),
    "client subnet": ({"options": _option(_SUBNET, _SUBNETS)}, [_SUBNET]),
    "keepalive": ({"options": _option(_KEEPALIVE)}, []),
    "padding": ({"options": _option(_PADDING, bytes(40))}, []),
    "a list of options": ({"options": _option(_NSID) + _option(_SUBNET, _SUBNETS)
                           + _option(_COOKIES, _COOKIE) + _option(_EXPIRE)}, None),
    "size 0": ({"size": 0}, []),
    "size 511": ({"size": 511}, []),
    "size 65535": ({"size": 65535}, []),
}


@pytest.mark.parametrize("case", _EDNS)
def test_edns_is_answered_by_edns(server, case):
    opt, codes = _EDNS[case]
    answer = _ask(server, _with_opt(**opt))
    assert _is_soa(answer)
    assert answer.edns == 0
    assert answer.payload == 1232
    assert not answer.ednsflags & dns.flags.DO
    if codes is not None:
        assert _codes(answer) == codes
    assert _UNKNOWN not in _codes(answer)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_do_is_copied(server, transport):
    answer = _ask(server, _with_opt(flags=0x8000), transport)
    assert _is_soa(answer)
    assert answer.ednsflags & dns.flags.DO


@pytest.mark.parametrize("version", [1, 2, 100, 255])
@pytest.mark.parametrize("case", _EDNS)
def test_another_version_gets_badvers_and_nothing_else(server, version, case):
    opt, _ = _EDNS[case]
    answer = _ask(server, _with_opt(version=version, **opt))
    assert answer.rcode() == dns.rcode.BADVERS
    assert answer.edns == 0
    assert not answer.answer and not answer.authority and not answer.additional
    assert _codes(answer) == []


_A_RECORD = b"\0" + struct.pack("!HHIH", 1, 1, 0, 4) + bytes(4)
_OPCODES = [opcode for opcode in range(16) if opcode not in (0, 4)]


@pytest.mark.parametrize("opcode", _OPCODES)
def test_other_opcodes_are_not_implemented(server, opcode):
    flags = opcode << 11
    plain = [_header(flags) + _question(), _header(flags, (0, 0, 0, 0)),
             _header(flags | 0x07f0) + _question(),
             _header(flags, (1, 1, 1, 0)) + _question() + _A_RECORD * 2]
    with_opt = [_header(flags, (1, 0, 0, 1)) + _question() + _opt(),
                _header(flags, (0, 0, 0, 1)) + _opt(),
                _header(flags, (1, 1, 1, 1)) + _question() + _A_RECORD * 2 + _opt()]
    for wire in plain + with_opt:
        octets = server.ask_wire(wire)
        assert octets[:2] == wire[:2]
        assert octets[2] == 0x80 | opcode << 3 | wire[2] & 1, "QR, opcode, RD"
        assert octets[3] == dns.rcode.NOTIMP
        assert octets[4:6] == wire[4:6]
        assert octets[6:12] == bytes(6) if wire in plain else bytes(5) + b"\1"
        if wire in with_opt:
            question = len(_question()) if wire[5] else 0
            assert octets[12 + question:].startswith(b"\0\0\x29\x04\xd0\0\0\0\0"), "version 0"


_TYPES = {"TYPE666": "NOERROR", "TYPE65535": "NOERROR", "TYPE0": "NOERROR", "NULL": "NOERROR",
          "MAILA": "NOTIMP", "MAILB": "NOTIMP", "TKEY": "NOTIMP", "TSIG": "NOTIMP",
          "OPT": "FORMERR"}


@pytest.mark.parametrize("kind", _TYPES)
def test_odd_types_have_their_answers(server, kind):
    answer = _ask(server, _header() + _question("www.example.", kind))
    assert dns.rcode.to_text(answer.rcode()) == _TYPES[kind]
    assert not answer.answer
    assert len(answer.authority) == (1 if _TYPES[kind] == "NOERROR" else 0)


def test_class_any_is_answered_without_authority(server):  # RFC 1034 section 3.7.1
    octets = server.ask_wire(_header() + _question("www.example.", "A", 255))
    assert octets[2] & 0x04 == 0, "AA"
    assert octets[3] & 0x0f == dns.rcode.NOERROR
    assert octets[6:8] == b"\0\1"
    assert octets.endswith(bytes([192, 0, 2, 1]))


@pytest.mark.parametrize("rdclass", [0, 2, 3, 4, 254, 65535])
def test_other_classes_are_refused(server, rdclass):
    octets = server.ask_wire(_header() + _question("www.example.", "A", rdclass))
    assert octets[3] & 0x0f == dns.rcode.REFUSED
    assert octets[2] & 0x04 == 0, "AA"


@pytest.mark.parametrize("name,kind", [(".", "NS"), (".", "SOA"), ("other.test.", "A"),
                                       ("test.", "NS"), ("myexample.", "A")])
def test_nobody_is_referred_upwards(server, name, kind):
    answer = _ask(server, _header() + _question(name, kind))
    assert answer.rcode() == dns.rcode.REFUSED
    assert not answer.flags & dns.flags.AA
    assert not answer.answer and not answer.authority and not answer.additional


def test_letter_case_of_the_question_is_kept_and_ignored(server):
    for name in ("WwW.ExAmPlE.", "www.example.", "WWW.EXAMPLE."):
        octets = server.ask_wire(_header() + _question(name, "A"))
        assert octets[12:].startswith(dns.name.from_text(name).to_wire())
        answer = dns.message.from_wire(octets)
        assert [rdata.to_text() for rdata in answer.answer[0]] == ["192.0.2.1"]


@pytest.mark.parametrize("size,edns", [(0, False), (0, True), (512, True), (511, True),
                                       (1231, True)])
def test_what_is_too_long_is_truncated_and_comes_whole_by_tcp(server, size, edns):
    wire = (_with_opt("big.example.", "TXT", size=size, flags=0x8000) if edns
            else _header() + _question("big.example.", "TXT"))
    octets = server.ask_wire(wire)
    answer = _ask(server, wire)
    assert answer.flags & dns.flags.TC
    assert len(octets) <= max(512, size)
    assert (answer.edns == 0) == edns
    whole = _ask(server, wire, "tcp")
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 5


def test_no_udp_answer_is_longer_than_the_flag_day_allows(server):
    wire = _with_opt("big.example.", "TXT", size=65535)
    assert len(server.ask_wire(wire)) <= 1232
    assert _ask(server, wire).flags & dns.flags.TC


def test_a_referral_is_not_authoritative_and_has_glue(server):
    answer = _ask(server, _header() + _question("www.cut.example.", "A"))
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.flags & dns.flags.AA
    assert not answer.answer
    assert [one.rdtype for one in answer.authority] == [dns.rdatatype.NS]
    assert [one.rdtype for one in answer.additional] == [dns.rdatatype.A]


_MALFORMED = {
    "no question": _header(0, (0, 0, 0, 0)),
    "no question, but EDNS": _header(0, (0, 0, 0, 1)) + _opt(),
    "two questions": _header(0, (2, 0, 0, 0)) + _question() * 2,
    "65535 questions": _header(0, (65535, 0, 0, 0)) + _question(),
    "a question that is not there": _header(),
    "a question cut short": _header() + _question()[:-1],
    "an answer": _header(0, (1, 1, 0, 0)) + _question() + _A_RECORD,
    "an authority": _header(0, (1, 0, 1, 0)) + _question() + _A_RECORD,
    "OPT as an answer": _header(0, (1, 1, 0, 0)) + _question() + _opt(),
    "OPT as an authority": _header(0, (1, 0, 1, 0)) + _question() + _opt(),
    "OPT twice": _header(0, (1, 0, 0, 2)) + _question() + _opt() * 2,
    "OPT with an owner": _header(0, (1, 0, 0, 1)) + _question() + _opt(owner=b"\1a\0"),
    "OPT cut short": _with_opt()[:-1],
    "OPT with half an option": _with_opt(options=b"\0\3\0"),
    "OPT with an option past its end": _with_opt(options=b"\0\3\0\5abcd"),
    "octets behind the message": _header() + _question() + b"\0",
    "a pointer as the question": _header() + b"\xc0\x0c" + struct.pack("!HH", 1, 1),
    "a label of an unknown kind": _header() + b"\x41\x01\0" + struct.pack("!HH", 1, 1),
    "a name of 256 octets": _header() + b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 2
                            + b"\x3e" + b"c" * 62 + b"\0" + struct.pack("!HH", 1, 1),
    "a cookie of 7 octets": _with_opt(options=_option(_COOKIES, bytes(7))),
    "a cookie of 9 octets": _with_opt(options=_option(_COOKIES, bytes(9))),
    "a cookie of 41 octets": _with_opt(options=_option(_COOKIES, bytes(41))),
    "a subnet of an unknown family": _with_opt(
        options=_option(_SUBNET, struct.pack("!HBB", 9, 8, 0) + b"\1")),
    "a subnet that is too long": _with_opt(
        options=_option(_SUBNET, struct.pack("!HBB", 1, 33, 0) + bytes(5))),
    "a subnet with too few octets": _with_opt(
        options=_option(_SUBNET, struct.pack("!HBB", 1, 24, 0) + bytes(2))),
    "a subnet with bits past its prefix": _with_opt(
        options=_option(_SUBNET, struct.pack("!HBB", 1, 23, 0) + bytes([192, 0, 3]))),
    "a subnet with a scope": _with_opt(
        options=_option(_SUBNET, struct.pack("!HBB", 1, 24, 24) + bytes(3))),
}


@pytest.mark.parametrize("case", _MALFORMED)
def test_malformed_queries_get_formerr(server, case):
    answer = _ask(server, _MALFORMED[case])
    assert answer.rcode() == dns.rcode.FORMERR
    assert not answer.answer and not answer.authority and not answer.additional


@pytest.mark.parametrize("wire", [b"\0" * 11, _header(0x8000) + _question(),
                                  _header(0x8400) + _question()])
def test_what_is_no_query_gets_no_answer(server, wire):
    assert server.ask_wire(wire) == b""
