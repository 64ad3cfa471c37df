"""A bad configuration never gets in, and its author learns where and why (DESIGN 3.2)."""

import json

import pytest

import shop


@pytest.fixture
def shop_fleet(fleet):
    """The shop's configuration is accepted; no node is needed to refuse a change."""
    fleet.init_controller()
    fleet.start_controller()
    fleet.apply(shop.ALL)
    return fleet


def revision(fleet):
    return json.loads(fleet.gslbctl("status", "-o", "json").stdout)["revision"]


def line_of(text, part):
    """The number, from 1, of the first line that holds `part`."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


SECOND_SITE = """kind: Site
name: blog
spec:
  hostnames: [blog.shop.test]
  origin_pool: shop
  certificate: shop
"""
POLICY = """kind: SteeringPolicy
name: near
spec:
  answers: 2
  overrides:
    - client_prefixes: [10.0.0.0/8]
      locations: [par]
"""

REFUSALS = {
    "a typo'd field": (SECOND_SITE.replace("origin_pool:", "orgin_pool:"), "orgin_pool",
                       ["spec.orgin_pool", "origin_pool"]),
    "a dangling reference": (SECOND_SITE.replace("origin_pool: shop", "origin_pool: shpo"), "shpo",
                             ["spec.origin_pool", "shpo"]),
    "a bad CIDR": (POLICY.replace("10.0.0.0/8", "10.0.0.1/8"), "10.0.0.1/8",
                   ["spec.overrides[0].client_prefixes[0]", "10.0.0.0/8"]),
    "a hostname claimed twice": (SECOND_SITE.replace("blog.shop.test", shop.HOST), shop.HOST,
                                 ["spec.hostnames[0]", shop.HOST, "shop"]),
    "a wrong type": (POLICY.replace("answers: 2", "answers: many"), "many",
                     ["spec.answers", "many"]),
    "a number out of range": (POLICY.replace("answers: 2", "answers: 17"), "17",
                              ["spec.answers", "16"]),
    "text that is no YAML": ("kind: Site\nname: [\n", None, []),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_is_refused_with_its_place_and_its_reason(shop_fleet, case):
    text, culprit, said = REFUSALS[case]
    before = revision(shop_fleet)
    refused = shop_fleet.apply(text, check=False, name="bad.yaml")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    place = f"bad.yaml:{line_of(text, culprit)}:" if culprit else "bad.yaml:"
    for part in (place, *said):
        assert part in refused.stderr, f"{part!r} is not in: {refused.stderr}"
    assert revision(shop_fleet) == before


def test_a_change_with_one_mistake_changes_nothing(shop_fleet):
    before = shop_fleet.gslbctl("get", "-o", "yaml").stdout
    good_and_bad = POLICY + "---\n" + SECOND_SITE.replace("origin_pool: shop", "origin_pool: no")
    assert shop_fleet.apply(good_and_bad, check=False).returncode == 1
    assert shop_fleet.gslbctl("get", "-o", "yaml").stdout == before


def test_what_is_in_use_cannot_be_deleted(shop_fleet):
    refused = shop_fleet.gslbctl("delete", "OriginPool", "shop", "--yes", check=False)
    assert refused.returncode == 1
    assert "shop" in refused.stderr and "spec.origin_pool" in refused.stderr
