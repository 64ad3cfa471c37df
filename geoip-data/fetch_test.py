#!/usr/bin/env python3
"""fetch.sh against a stand-in for npm: what it installs, and that it refuses cleanly."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

import mmdb_writer

HERE = pathlib.Path(__file__).resolve().parent

# Answers `npm view PACKAGE version`, `npm view PACKAGE dist.integrity` and `npm pack`.
FAKE_NPM = """#!/bin/sh
[ ! -e "{root}/offline" ] || {{ echo "npm error network down" >&2; exit 1; }}
case "$*" in
  *" view "*" version"*) echo 1.2.3 ;;
  *" view "*" dist.integrity"*) cat "{root}/integrity" ;;
  *" pack "*)
    while [ "$1" != --pack-destination ]; do shift; done
    cp "{root}/archive.tgz" "$2/" ;;
  *) exit 9 ;;
esac
"""


class Fetch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.to = self.root / "installed" / "geoip"
        (self.root / "bin").mkdir()
        npm = self.root / "bin" / "npm"
        npm.write_text(FAKE_NPM.format(root=self.root))
        npm.chmod(0o755)

    def publish(self, country_of=lambda row: row["country"], padding=3_000_000):
        """Offers a country database made from the fixture's text."""
        rows = [(network, {"country_code": country_of(row)})
                for network, row in mmdb_writer.read_networks(HERE / "fixture" / "networks.csv")]
        data = mmdb_writer.database(rows, 6, "test", 1, "test")
        tree_and_data, marker, metadata = data.rpartition(b"\xab\xcd\xefMaxMind.com")
        package = self.root / "package"
        package.mkdir(exist_ok=True)
        database = package / "geo-whois-asn-country.mmdb"
        database.write_bytes(tree_and_data + bytes(padding) + marker + metadata)
        (package / "NRO_LICENSE").write_text("the licence\n")
        self.pack()

    def publish_asns(self, extra=""):
        """Offers lists of autonomous systems, padded to a believable size."""
        package = self.root / "package"
        package.mkdir(exist_ok=True)
        lines = ["1.1.1.0,1.1.1.255,13335,One", "129.175.0.0,129.175.255.255,2269,Two",
                 "130.88.0.0,130.88.255.255,786,Three", "130.149.0.0,130.149.255.255,680,Four",
                 "134.157.0.0,134.157.255.255,1307,Five", "193.0.0.0,193.0.7.255,3333,Six"]
        lines += ["200.0.0.0,200.0.0.255,64500," + "x" * 1000] * 3000
        (package / "asn-ipv4.csv").write_text("\n".join(lines) + "\n" + extra)
        name = "x" * 2_000_000
        (package / "asn-ipv6.csv").write_text(f"2001:db8::,2001:db8::1,64500,{name}\n")
        (package / "ROUTEVIEWS-LICENSE").write_text("the licence\n")
        self.pack()

    def pack(self):
        package = self.root / "package"
        with tarfile.open(self.root / "archive.tgz", "w:gz") as archive:
            archive.add(package, "package")
        digest = hashlib.sha512((self.root / "archive.tgz").read_bytes()).digest()
        (self.root / "integrity").write_text("sha512-" + base64.b64encode(digest).decode() + "\n")

    def fetch(self, *arguments, path=None, level="--country"):
        environment = dict(os.environ, PATH=path or f"{self.root}/bin:/usr/bin:/bin")
        return subprocess.run(
            [HERE / "fetch.sh", "--to", str(self.to), level, *arguments], timeout=60,
            env=environment, capture_output=True, text=True, check=False)

    def assert_refused(self, run, code, *words):
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)
        left = list(self.to.parent.iterdir()) if self.to.parent.exists() else []
        self.assertEqual(left, [], "something was left behind")

    def test_installs_the_database_with_licence_attribution_and_source(self):
        self.publish()
        run = self.fetch()
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(sorted(path.name for path in self.to.iterdir()),
                         ["ATTRIBUTION", "LICENSE", "country.mmdb", "source.json"])
        source = json.loads((self.to / "source.json").read_text())
        self.assertEqual(source["version"], "1.2.3")
        digest = hashlib.sha256((self.to / "country.mmdb").read_bytes()).hexdigest()
        self.assertEqual(source["sha256"], {"country.mmdb": digest})
        self.assertIn((self.to / "ATTRIBUTION").read_text().strip(), run.stdout)
        self.assertEqual([path.name for path in self.to.parent.iterdir()], ["geoip"])

    def test_fetches_once_unless_forced(self):
        self.publish()
        self.assertEqual(self.fetch().returncode, 0)
        (self.root / "offline").touch()
        self.assertEqual(self.fetch().returncode, 0)
        self.assertEqual(self.fetch("--force").returncode, 4)
        self.assertTrue((self.to / "country.mmdb").exists(), "a failed renewal keeps the old one")

    def test_installs_lists_of_autonomous_systems(self):
        self.publish_asns()
        run = self.fetch(level="--asn")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("6 of 6", run.stdout)
        self.assertEqual(sorted(path.name for path in self.to.iterdir()),
                         ["ATTRIBUTION", "LICENSE", "asn-ipv4.csv", "asn-ipv6.csv", "source.json"])

    def test_a_list_with_a_damaged_line_is_refused(self):
        self.publish_asns(extra="201.0.0.0,201.0.0.255\n")
        self.assert_refused(self.fetch(level="--asn"), 5, "FIRST,LAST,NUMBER,NAME", "201.0.0.0")

    def test_offline_is_told_apart(self):
        self.publish()
        (self.root / "offline").touch()
        self.assert_refused(self.fetch(), 4, "the package registry does not answer",
                            "network down")

    def test_an_altered_archive_is_refused(self):
        self.publish()
        (self.root / "integrity").write_text("sha512-AAAA\n")
        self.assert_refused(self.fetch(), 5, "SHA-512")

    def test_a_database_of_the_wrong_size_is_refused(self):
        self.publish(padding=0)
        self.assert_refused(self.fetch(), 5, "0 MB", "2 to 100 were expected")

    def test_a_database_with_wrong_places_is_refused(self):
        self.publish(country_of=lambda row: "ZZ")
        self.assert_refused(self.fetch(), 5, "only 0 of 8")

    def test_a_missing_npm_is_named_with_the_remedy(self):
        tools = self.root / "tools"
        tools.mkdir()
        for tool in ("bash", "env", "dirname", "sed"):
            (tools / tool).symlink_to(f"/usr/bin/{tool}")
        self.assert_refused(self.fetch(path=str(tools)), 3, "'npm' is missing", "geodata")

    def test_an_unknown_argument_is_named(self):
        self.assert_refused(self.fetch("--frce"), 2, "--frce")


if __name__ == "__main__":
    sys.exit(unittest.main())
