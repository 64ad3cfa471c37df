"""Recursive resolvers with a private root above the fleet's DNS, all in one network namespace.

The root and `test.` are served by NSD, which delegates shop.test to dns-1. Resolvers ask on port
53.
"""

import pathlib
import shutil
import subprocess

from programs import Program

ROOT, TLD = "127.11.0.1", "127.11.0.2"
UNBOUND, BIND, KNOT, POWERDNS = "127.11.0.53", "127.11.0.54", "127.11.0.55", "127.11.0.56"
HINTS = f". 3600 NS root.invalid.\nroot.invalid. 3600 A {ROOT}\n"

ROOT_ZONE = f"""
. 3600 SOA root.invalid. root.invalid. 1 3600 900 86400 60
. 3600 NS root.invalid.
root.invalid. 3600 A {ROOT}
test. 3600 NS ns.test.
ns.test. 3600 A {TLD}
"""

TLD_ZONE = f"""
test. 3600 SOA ns.test. root.invalid. 1 3600 900 86400 60
test. 3600 NS ns.test.
ns.test. 3600 A {TLD}
shop.test. 3600 NS ns1.shop.test.
ns1.shop.test. 3600 A 127.10.0.53
"""

NSD = """
server:
  ip-address: {root}
  ip-address: {tld}
  username: ""
  chroot: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: "{directory}/nsd.pid"
  zonelistfile: "{directory}/nsd.zones"
  xfrdfile: "{directory}/nsd.xfrd"
  xfrdir: "{directory}"
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
zone:
  name: "test."
  zonefile: "test.zone"
"""

# `test.` is a name that resolvers keep from the Internet unless told otherwise (RFC 6761).
UNBOUND_CONFIG = """
server:
  module-config: "subnetcache iterator"
  send-client-subnet: 127.10.0.53
  interface: {address}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  use-caps-for-id: yes
  qname-minimisation: yes
  root-hints: "{directory}/hints"
  local-zone: "test." nodefault
  username: ""
  chroot: ""
  use-syslog: no
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
remote-control:
  control-enable: no
"""

BIND_CONFIG = """
options {{
  directory "{directory}";
  pid-file "{directory}/named.pid";
  session-keyfile "{directory}/named.key";
  listen-on port 53 {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
  dnssec-validation no;
  empty-zones-enable no;
  qname-minimization strict;
}};
controls {{ }};
zone "." {{ type hint; file "{directory}/hints"; }};
"""

# Names in `test.` would be denied, and servers at loopback addresses passed over.
KNOT_CONFIG = """
net.listen('{address}', 53, {{ kind = 'dns' }})
net.ipv6 = false
trust_anchors.remove('.')
modules = {{ 'hints' }}
hints.root({{ ['root.invalid.'] = '{root}' }})
policy.add(policy.suffix(policy.PASS, policy.todnames({{'test.'}})))
option('ALLOW_LOCAL', true)
cache.size = 10 * MB
"""

POWERDNS_CONFIG = """
local-address={address}
local-port=53
hint-file={directory}/hints
socket-dir={directory}
dnssec=off
dont-query=
edns-subnet-allow-list=shop.test
use-incoming-edns-subnet=yes
qname-minimization=yes
any-to-tcp=yes
disable-syslog=yes
daemon=no
write-pid=no
threads=1
security-poll-suffix=
"""


class Resolvers:
    """Started one by one; all end with the fleet that they are added to."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.directory = fleet.directory / "resolvers"
        self.directory.mkdir()
        self.write("hints", HINTS)
        self.write("root.zone", ROOT_ZONE)
        self.write("test.zone", TLD_ZONE)

    def start_root(self):
        config = NSD.format(directory=self.directory, root=ROOT, tld=TLD)
        self.start("nsd", "-d", "-c", self.write("nsd.conf", config))

    def start_unbound(self):
        config = UNBOUND_CONFIG.format(directory=self.directory, address=UNBOUND)
        self.start("unbound", "-d", "-c", self.write("unbound.conf", config))

    def start_bind(self):
        # It listens on addresses of interfaces only; in the scenario's own namespace.
        subprocess.run(["ip", "address", "replace", f"{BIND}/32", "dev", "lo"], check=True)
        config = BIND_CONFIG.format(directory=self.directory, address=BIND)
        self.start("named", "-g", "-c", self.write("named.conf", config))

    def start_knot(self):
        run = self.directory / "kresd"
        run.mkdir()
        config = KNOT_CONFIG.format(address=KNOT, root=ROOT)
        self.start("kresd", "-n", "-c", self.write("kresd.conf", config), run)

    def start_powerdns(self):
        config = POWERDNS_CONFIG.format(directory=self.directory, address=POWERDNS)
        self.write("recursor.conf", config)
        self.start("pdns_recursor", f"--config-dir={self.directory}")

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def start(self, program, *arguments):
        binary = shutil.which(program, path="/usr/sbin:/usr/bin")
        assert binary, f"{program} is not installed: deploy/install-packages.sh test"
        log = pathlib.Path(self.fleet.directory) / f"{program}.log"
        self.fleet.programs[program] = Program(program, (binary, *arguments), log)
