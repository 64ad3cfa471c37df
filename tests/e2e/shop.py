"""The configuration that most scenarios start from: three places, one shop."""

import subprocess

HOST = "www.shop.test"

# Client networks of the fixture database, and who is nearest to them.
FRANCE, USA, SINGAPORE, CAPE_TOWN = (
    "134.157.0.0/24", "128.59.0.0/24", "137.132.0.0/24", "137.158.0.0/24")
FRANCE_V6 = "2001:660::/48"

LOCATIONS = """
kind: Location
name: par
spec: {latitude: 48.86, longitude: 2.35}
---
kind: Location
name: nyc
spec: {latitude: 40.71, longitude: -74.01}
---
kind: Location
name: sin
spec: {latitude: 1.35, longitude: 103.82}
"""

# Two that nobody runs: they are declared, and so led to.
EDGES = """
kind: Node
name: edge-par
spec: {role: edge, location: par, addresses: [127.10.1.1]}
---
kind: Node
name: edge-nyc
spec: {role: edge, location: nyc, addresses: [127.10.2.1, "2001:db8::2"]}
"""

ZONE = """
kind: Zone
name: shop.test
spec:
  nameservers: [ns1]
  records:
    - {name: ns1, type: A, data: [127.10.0.53]}
    - {name: "@", type: TXT, data: ['"hello"']}
    - {name: mail, type: A, data: [127.10.9.25]}
    - {name: old, type: CNAME, data: [mail]}
"""

SITE = """
kind: Site
name: shop
spec:
  hostnames: [www.shop.test]
  origin_pool: shop
  certificate: shop
  rules: [no-admin]
  redirect_to_https: true
---
kind: OriginPool
name: shop
spec:
  origins:
    - {host: 127.10.9.1, port: 9001}
  probe: {path: /health, interval: 500ms, timeout: 400ms}
---
kind: Rule
name: no-admin
spec:
  match: {paths: ["/admin/*"]}
  deny: {status: 403}
---
kind: Certificate
name: shop
spec:
  chain_pem: !file shop.pem
  private_key_pem: !file shop.key
"""

ALL = "---".join((LOCATIONS, ZONE, SITE))


def make_certificates(directory, host=HOST):
    """ca.pem, and shop.pem with shop.key for `host`, in `directory`."""
    def openssl(*arguments, extensions=None):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True,
                       input=extensions)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=test CA",
            "-addext", "keyUsage=critical,keyCertSign", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *key, "-subj", f"/CN={host}", "-keyout", "shop.key", "-out", "shop.csr")
    openssl("x509", "-req", "-in", "shop.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "/dev/stdin", "-out", "shop.pem",
            extensions=f"subjectAltName=DNS:{host}\n".encode())
