"""Other name servers, as secondaries of shop.test."""

import shutil
import subprocess

from programs import Program

NSD = """
server:
  ip-address: {address}@5300
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
key:
  name: to-secondaries
  algorithm: hmac-sha256
  secret: "{secret}"
zone:
  name: "shop.test"
  zonefile: "shop.zone"
  request-xfr: {primary}@5353 to-secondaries
  allow-notify: {primary} to-secondaries
"""

NAMED = """
options {{
  directory "{directory}";
  pid-file "{directory}/named.pid";
  session-keyfile "{directory}/named.key";
  listen-on port 5300 {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion no;
  notify no;
}};
controls {{ }};
key to-secondaries {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "shop.test" {{
  type secondary;
  file "{directory}/shop.zone";
  primaries {{ {primary} port 5353 key to-secondaries; }};
  allow-notify {{ key to-secondaries; }};
}};
"""

KNOT = """
server:
  listen: {address}@5300
  rundir: {directory}
database:
  storage: {directory}/knot
key:
  - id: to-secondaries
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: primary
    address: {primary}@5353
    key: to-secondaries
acl:
  - id: from-primary
    key: to-secondaries
    action: notify
zone:
  - domain: shop.test
    storage: {directory}
    file: shop.zone
    master: primary
    acl: from-primary
"""

# What each is told, and how it is started in the foreground.
SECONDARIES = {
    "nsd": (NSD, ("-d", "-c")),
    "named": (NAMED, ("-g", "-c")),
    "knotd": (KNOT, ("-c",)),
}


def start_peer(fleet, name, config, *arguments):
    binary = shutil.which(name, path="/usr/sbin:/usr/bin")
    assert binary, f"{name} is not installed: deploy/install-packages.sh test"
    path = fleet.directory / f"{name}.conf"
    path.write_text(config)
    log = fleet.directory / f"{name}.log"
    fleet.programs[name] = Program(name, (binary, *arguments, path), log)


def start_secondary(fleet, name, address, primary, secret):
    config, arguments = SECONDARIES[name]
    # BIND listens only at addresses that an interface has.
    subprocess.run(["ip", "address", "replace", f"{address}/32", "dev", "lo"], check=True)
    start_peer(fleet, name, config.format(address=address, directory=fleet.directory,
                                          primary=primary, secret=secret), *arguments)
