"""Zones come and go as master files."""

import subprocess

import pytest

import shop
import visitor
from fleet import DNS

MASTER_FILE = """
$ORIGIN files.test.
$TTL 1h
@ IN SOA ns1 john\\.doe ( 2024010101 2h 15m 2w 5m )
  NS ns1
  NS ns.other.test.
ns1 A 192.0.2.53
www 60 A 192.0.2.1
    60 A 192.0.2.2
    TXT "one" ( "two"
        "three; four" )
_sip._tcp SRV 1 2 5060 www
odd TYPE65280 \\# 3 010203
sub NS ns.sub
ns.sub A 192.0.2.54
"""


def addresses(server, name):
    return visitor.addresses(server, name, None)


@pytest.fixture
def served(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply(shop.LOCATIONS)
    fleet.start_dns("dns-1", fleet.token("dns", "par"))
    return fleet


def test_a_master_file_goes_in_and_comes_out(served):
    path = served.directory / "files.zone"
    path.write_text(MASTER_FILE)
    assert "would create Zone files.test, 7 record sets" in \
        served.gslbctl("zone", "import", path, "--dry-run").stdout
    assert "created Zone files.test" in served.gslbctl("zone", "import", path).stdout
    served.wait_for("it is served", lambda:
                    sorted(addresses(DNS["dns-1"], "www.files.test"))
                    == ["192.0.2.1", "192.0.2.2"])
    exported = served.directory / "exported.zone"
    exported.write_text(served.gslbctl("zone", "export", "files.test").stdout)
    subprocess.run(["named-checkzone", "files.test", exported], check=True, capture_output=True)
    assert "nothing to change" in served.gslbctl("zone", "import", exported).stdout
    assert "nothing to change" in served.gslbctl("zone", "import", path).stdout
    path.write_text(MASTER_FILE.replace("192.0.2.54", "192.0.2"))
    refused = served.gslbctl("zone", "import", path, check=False)
    assert refused.returncode == 1 and f"{path}:15: '192.0.2'" in refused.stderr
    assert "2024010101" in served.gslbctl("zone", "list").stdout
