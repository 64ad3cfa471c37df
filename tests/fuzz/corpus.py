"""Writes each line of a file of hexadecimal seeds as a file of octets, as libFuzzer reads them."""

import pathlib
import sys


def main(seeds, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    lines = (line.split("#")[0].strip() for line in pathlib.Path(seeds).read_text().splitlines())
    for number, line in enumerate(filter(None, lines)):
        (directory / f"seed-{number:03}").write_bytes(bytes.fromhex(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
