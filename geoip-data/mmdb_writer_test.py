#!/usr/bin/env python3
"""The writer against an independent reader: mmdblookup of libmaxminddb."""

import ipaddress
import pathlib
import random
import subprocess
import tempfile
import unittest

import mmdb_writer


def lookup(path, address, *keys):
    """What mmdblookup prints for one value, or None when the address is in no network."""
    run = subprocess.run(["mmdblookup", "--file", path, "--ip", str(address), *keys],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        if "Could not find an entry" in run.stdout + run.stderr:
            return None
        raise AssertionError(run.stdout + run.stderr)
    return run.stdout.strip().rsplit(" <", 1)[0].strip('"')


class Writer(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = str(pathlib.Path(directory.name) / "t.mmdb")

    def write(self, rows, ip_version=6):
        networks = [(ipaddress.ip_network(prefix), record) for prefix, record in rows]
        data = mmdb_writer.database(networks, ip_version, "test", 1, "test")
        pathlib.Path(self.path).write_bytes(data)

    def test_every_type_reads_back(self):
        self.write([("10.0.0.0/8", {
            "text": "é" * 100, "empty": "", "long": "x" * 280, "double": -33.96,
            "float": mmdb_writer.Float32(2.5), "number": mmdb_writer.Unsigned(65535, 2),
            "yes": True, "zero": mmdb_writer.Unsigned(0, 4), "list": ["a", "b"],
            "map": {"inner": {"text": "deep"}}})])
        self.assertEqual(lookup(self.path, "10.1.1.1", "text"), "é" * 100)
        self.assertEqual(lookup(self.path, "10.1.1.1", "empty"), "")
        self.assertEqual(lookup(self.path, "10.1.1.1", "long"), "x" * 280)
        self.assertEqual(lookup(self.path, "10.1.1.1", "double"), "-33.960000")
        self.assertEqual(lookup(self.path, "10.1.1.1", "float"), "2.500000")
        self.assertEqual(lookup(self.path, "10.1.1.1", "number"), "65535")
        self.assertEqual(lookup(self.path, "10.1.1.1", "yes"), "true")
        self.assertEqual(lookup(self.path, "10.1.1.1", "zero"), "0")
        self.assertEqual(lookup(self.path, "10.1.1.1", "list", "1"), "b")
        self.assertEqual(lookup(self.path, "10.1.1.1", "map", "inner", "text"), "deep")

    def test_more_data_than_short_pointers_reach(self):
        self.write([(f"10.0.{i}.0/24", {"name": f"a city with a long name, number {i}"})
                    for i in range(200)])
        self.assertEqual(lookup(self.path, "10.0.199.1", "name"),
                         "a city with a long name, number 199")

    def test_the_narrowest_network_wins_as_in_a_linear_search(self):
        for seed in range(5):
            draw = random.Random(seed)
            networks = {}
            for _ in range(40):
                size = draw.randint(6, 32)
                address = ipaddress.ip_address(10 << 24 | draw.getrandbits(8) << 16)
                networks[ipaddress.ip_network((address, size), strict=False)] = len(networks)
            self.write([(str(n), {"id": f"network-{i}"}) for n, i in networks.items()])
            for _ in range(40):
                base = draw.choice(list(networks))
                address = base.network_address + draw.randrange(min(base.num_addresses, 1 << 16))
                inside = [n for n in networks if address in n]
                best = max(inside, key=lambda n: n.prefixlen)
                self.assertEqual(lookup(self.path, address, "id"), f"network-{networks[best]}",
                                 f"seed {seed}, {address}")

    def test_an_address_outside_is_not_found(self):
        self.write([("10.0.0.0/8", {"name": "inside"})], ip_version=4)
        self.assertIsNone(lookup(self.path, "11.0.0.1", "name"))

    def test_a_value_without_a_type_of_the_format_is_refused(self):
        with self.assertRaises(TypeError):
            self.write([("10.0.0.0/8", {"name": None})])


class Fixture(unittest.TestCase):
    def test_every_row_of_the_text_is_in_every_schema(self):
        here = pathlib.Path(__file__).resolve().parent
        rows = mmdb_writer.read_networks(here / "fixture" / "networks.csv")
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["/usr/bin/python3", here / "fixture" / "build.py",
                            here / "fixture" / "networks.csv", directory], check=True)
            for network, row in rows:
                # The last address: the first ones of a wide network may lie in a narrower one.
                address = network.network_address + network.num_addresses - 1
                flat = f"{directory}/fixture-flat-ipv{network.version}.mmdb"
                self.assertEqual(lookup(flat, address, "city"), row["city"])
                self.assertAlmostEqual(float(lookup(flat, address, "latitude")),
                                       float(row["latitude"]), places=4)
                nested = f"{directory}/fixture-nested.mmdb"
                self.assertAlmostEqual(float(lookup(nested, address, "location", "longitude")),
                                       float(row["longitude"]), places=4)
                self.assertEqual(lookup(f"{directory}/fixture-country.mmdb", address,
                                        "country_code"), row["country"])


if __name__ == "__main__":
    unittest.main()
