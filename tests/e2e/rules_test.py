"""Rules from the operator's file to the visitor, and back as an explanation."""

import shop
from origin import Page
from shop import HOST

RULES = """
---
kind: Rule
name: no-bots
spec:
  match:
    headers: [{name: User-Agent, regex: "(?i)badbot"}]
    except: [{paths: [/robots.txt]}]
  deny: {status: 429}
---
kind: Rule
name: robots
spec:
  match: {paths: [/robots.txt]}
  respond: {body: "User-agent: *\\n"}
---
kind: Rule
name: moved
spec:
  match: {path_regex: "^/old/(.*)$"}
  redirect: {location: "https://${host}/new/${1}${query}", status: 308}
---
kind: Rule
name: versions
spec:
  match: {paths: ["/api/*"]}
  rewrite: {strip_prefix: /api, add_prefix: /v2}
---
kind: Rule
name: partners
spec:
  match: {paths: ["/v2/partners/*"]}
  require_secret: {header: X-Key, values: [correct-horse]}
---
kind: Rule
name: logins
spec:
  match: {paths: [/login]}
  limit_rate: {requests: 2, per: 24h}
---
kind: Rule
name: not-in-france
spec:
  match: {countries: [FR]}
  deny: {status: 451}
"""


def test_rules_do_what_they_say_and_explain_it(fleet):
    fleet.init_controller()
    fleet.start_controller()
    fleet.start_origin(1)
    fleet.apply(shop.ALL)
    for path in ("/v2/prices", "/v2/partners/a", "/login"):
        fleet.origins["origin-1"].pages[path] = Page(f"page {path}", cache_control="no-store")
    fleet.start_edge("par", fleet.token("edge", "par"), extra=("--geoip", fleet.geoip))
    fleet.wait_for("the edge serves", lambda: fleet.fetch("par", "/").status == 200)
    names = "no-admin, no-bots, robots, moved, versions, partners, logins, not-in-france"
    fleet.apply(shop.SITE.replace("rules: [no-admin]", f"rules: [{names}]") + RULES)
    fleet.wait_for("the edge has the rules",
                   lambda: fleet.fetch("par", "/robots.txt").body == b"User-agent: *\n")

    bot = {"User-Agent": "BadBot/1.0"}
    assert fleet.fetch("par", "/catalogue", headers=bot).status == 429
    assert fleet.fetch("par", "/robots.txt", headers=bot).status == 200

    moved = fleet.fetch("par", "/old/a?b=c")
    assert (moved.status, moved.headers["location"]) == (308, f"https://{HOST}/new/a?b=c")

    assert fleet.fetch("par", "/api/prices").body == b"page /v2/prices"
    assert fleet.origins["origin-1"].count("/v2/prices") == 1

    assert fleet.fetch("par", "/api/partners/a").status == 403
    assert fleet.fetch("par", "/api/partners/a", headers={"X-Key": "correct-horse"}).status == 200

    statuses = [fleet.fetch("par", "/login").status for _ in range(3)]
    assert statuses == [200, 200, 429]

    def explain(path, *more, client="192.0.2.7"):
        return fleet.gslbctl("explain-request", f"https://{HOST}{path}", "--client", client,
                             *more).stdout

    denied = explain("/catalogue", "-H", "User-Agent: badbot")
    assert "the rule 'no-bots' answers" in denied and "deny with 429" in denied
    rewritten = explain("/api/prices")
    assert "rewrite to /v2/prices" in rewritten
    assert f"key       {HOST} /v2/prices" in rewritten
    assert "paths: '/api/prices' is none of them" in rewritten
    assert "moved" not in explain("/robots.txt"), "the rules that follow are not looked at"
    assert "deny with 451" in explain("/", client="134.157.0.1")
    assert "the client is in US" in explain("/", client="128.59.0.1")
    assert "the client is in no known country" in explain("/")
    # Secrets are told to nobody.
    shown = fleet.gslbctl("get", "rule", "-o", "yaml").stdout
    assert "X-Key" in shown and "correct-horse" not in shown
    assert "correct-horse" not in explain("/api/partners/a", "-H", "X-Key: no")
