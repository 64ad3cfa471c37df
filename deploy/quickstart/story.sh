# The story: each step does something to the fleet, shows it, and expects a result. Sourced.

tell_story() {
  first_controller
  first_configuration
  nodes_join
  visitors_are_led_to_the_nearest_edge
  edges_terminate_tls_and_cache
  an_edge_dies
  the_edge_comes_back
  an_origin_is_added
  a_node_is_drained
  an_object_is_purged
  decisions_are_explained
  mistakes_do_not_get_in
  the_controller_dies
  everything_is_measured
}

# Clients in four countries: campus networks, so that real databases know where they are.
france=134.157.0.0/24 usa=128.59.0.0/24 singapore=137.132.0.0/24 south_africa=137.158.0.0/24

# answer SUBNET [DNS]: what a resolver of that network is told.
answer() { dig @127.10.0.5"${2:-3}" -p 5353 www.shop.test +subnet="$1" +short +tries=1 +time=1; }
answers() { [ "$(answer "$1" 3)" = "$2" ] && [ "$(answer "$1" 4)" = "$2" ]; }
# both servers answer, and neither with that address
has_left() {
  local first second
  first=$(answer $france 3) && second=$(answer $france 4) && [ -n "$first" ] && [ -n "$second" ] &&
    [ "$first" != "$1" ] && [ "$second" != "$1" ]
}

dig_as() { # COUNTRY SUBNET ADDRESS
  explain "" "A client in $1:"
  run "dig @127.10.0.53 -p 5353 www.shop.test +subnet=$2 +short"
  expect "the answer $3" is "$3"
}

# fetch ADDRESS PATH: what a visitor sees who was led to that edge.
fetch() {
  run "curl -sS -i -m 10 --resolve www.shop.test:8443:$1 https://www.shop.test:8443$2" ||
    fail "curl failed: $output"
  output=${output//$'\r'/}
}

first_controller() {
  step "A controller" \
    "The controller keeps the configuration, decides health and is the fleet's own certificate" \
    "authority. 'init' makes its directory, and for you a certificate and gslbctl's settings."
  run "gslbctl init --dir $state/controller --controller $controller" || fail "init failed: $output"
  start_controller
  wait_until 10 gslbctl status || fail "the controller does not answer"
  run "gslbctl status" || fail "the controller does not answer"
}

first_configuration() {
  step "The configuration, in one change" \
    "Locations, a DNS zone, a site with its origins, certificate and rules: plain YAML files," \
    "accepted whole or refused whole."
  start_origin 1
  start_origin 2
  run "gslbctl apply -f deploy/quickstart/" || fail "apply was refused: $output"
  run "gslbctl get sites" || fail "gslbctl get failed: $output"
  expect "the site 'shop'" contains shop
}

nodes_join() {
  local number location token
  step "Nodes join" \
    "A join token is bound to a role and a location. With it a node gets its own certificate;" \
    "everything after that is mutual TLS."
  run "gslbctl token create --role edge --location par" || fail "no token: $output"
  token=$(printf '%s\n' "$output" | grep -m 1 -o '^mrd1\.[^ ]*')
  explain "" "With it the edge in Paris starts:"
  printf '%s  $ edge-node --dir %s/edge-par --name edge-par --controller %s --join mrd1... \\\n' \
    "$green" $state $controller
  printf '      --address 127.10.1.1 --https 127.10.1.1:8443 --http 127.10.1.1:8080%s\n' "$plain"
  start_edge par "$token"
  explain "" "Likewise edges in New York and Singapore, and two DNS servers, dns-1 and dns-2:"
  for location in nyc sin; do
    token=$(gslbctl token create --role edge --location $location 2>/dev/null) || fail "no token"
    start_edge $location "$token"
  done
  for number in 1 2; do
    token=$(gslbctl token create --role dns --location par 2>/dev/null) || fail "no token"
    start_dns $number "$token"
  done
  # Declared is a node once it has enrolled.
  wait_until 60 all_nodes_declared || fail "not all nodes enrolled"
  run "gslbctl node wait --all --healthy" || fail "the nodes did not become healthy: $output"
  run "gslbctl node list" || fail "gslbctl node list failed: $output"
}

all_nodes_declared() {
  local name list
  list=$(gslbctl node list) || return 1
  for name in dns-1 dns-2 edge-par edge-nyc edge-sin; do
    case $list in *"$name"*) ;; *) return 1 ;; esac
  done
}

visitors_are_led_to_the_nearest_edge() {
  step "Visitors are led to the nearest edge" \
    "A resolver tells the DNS server the network of its client (EDNS Client Subnet). The answer" \
    "is the nearest healthy edge along a great circle: Paris is 127.10.1.1, New York 127.10.2.1," \
    "Singapore 127.10.3.1."
  dig_as France $france 127.10.1.1
  dig_as "the USA" $usa 127.10.2.1
  dig_as Singapore $singapore 127.10.3.1
  dig_as "South Africa (Cape Town, 9,300 km from Paris and 9,700 from Singapore)" \
    $south_africa 127.10.1.1
}

edges_terminate_tls_and_cache() {
  step "The edge terminates TLS and caches" \
    "curl goes where DNS led and verifies the shop's certificate. The first request is fetched" \
    "from the origin, the second is served from memory: the Cache-Status field (RFC 9211) says so."
  fetch 127.10.1.1 /catalogue
  expect "status 200" contains " 200"
  expect "a miss" contains "fwd=uri-miss"
  fetch 127.10.1.1 /catalogue
  expect "a hit" contains "; hit"
  explain "" "A rule of the site keeps /admin from the world:"
  fetch 127.10.1.1 /admin/users
  expect "status 403" contains " 403"
}

an_edge_dies() {
  local killed took
  step "Paris dies" \
    "kill -9, no goodbye. The DNS servers probe every edge each second; after two failures their" \
    "votes reach the controller, and its verdict reaches all DNS servers."
  printf '%s  $ kill -9 %s   # edge-par%s\n' "$green" "${pids[edge-par]}" "$plain"
  killed=$(milliseconds)
  stop edge-par KILL
  wait_until 10 has_left 127.10.1.1 || fail "Paris did not leave the answers within 10 s"
  took=$(($(milliseconds) - killed))
  explain "" "From the kill until both DNS servers answered without Paris: $took ms."
  [ $took -le 3000 ] || fail "3000 ms are allowed, it took $took ms"
  dig_as "France, now led to New York" $france 127.10.2.1
  fetch 127.10.2.1 /catalogue
  expect "status 200" contains " 200"
}

the_edge_comes_back() {
  step "Paris comes back" \
    "The edge has its certificate and its last good snapshot on disk: no token is needed again."
  start_edge par
  wait_until 60 answers $france 127.10.1.1 || fail "Paris did not come back within 60 s"
  dig_as France $france 127.10.1.1
}

an_origin_is_added() {
  step "A second origin" \
    "One command is one change: validated, stored as a new revision, pushed to every edge."
  run "gslbctl origin add shop 127.10.9.2:9001" || fail "origin add failed: $output"
  run "gslbctl origin list shop" || fail "origin list failed: $output"
  expect "both origins" contains 127.10.9.2
  wait_until 20 second_origin_serves || fail "no request reached origin-2"
  explain "Requests that the cache may not answer now go to both:"
  run "for i in 1 2 3 4; do curl -sS --max-time 10 --resolve www.shop.test:8443:127.10.1.1 \
https://www.shop.test:8443/; done" || fail "curl failed: $output"
  expect "answers of origin-2" contains origin-2
  expect "answers of origin-1" contains origin-1
}

second_origin_serves() {
  [[ $(curl -sS --max-time 2 --resolve www.shop.test:8443:127.10.1.1 \
    https://www.shop.test:8443/) == *origin-2* ]]
}

a_node_is_drained() {
  step "New York is drained for maintenance" \
    "A drained edge leaves the answers and goes on serving whom it has."
  run "gslbctl node drain edge-nyc" || fail "drain failed: $output"
  wait_until 10 answers $usa 127.10.1.1 || fail "New York did not leave the answers within 10 s"
  dig_as "the USA, now led to Paris" $usa 127.10.1.1
  fetch 127.10.2.1 /catalogue
  expect "status 200 from the drained edge" contains " 200"
  run "gslbctl node undrain edge-nyc" || fail "undrain failed: $output"
  wait_until 10 answers $usa 127.10.2.1 || fail "New York did not return within 10 s"
  dig_as "the USA again" $usa 127.10.2.1
}

an_object_is_purged() {
  step "An object is purged" \
    "'purge' returns when every connected edge has said that it no longer serves the object."
  fetch 127.10.3.1 /catalogue
  fetch 127.10.3.1 /catalogue
  expect "a hit before the purge" contains "; hit"
  run "gslbctl purge https://www.shop.test/catalogue" || fail "purge failed: $output"
  fetch 127.10.3.1 /catalogue
  expect "a miss after the purge" contains "fwd=uri-miss"
}

decisions_are_explained() {
  step "Why this edge?" "Every steering decision can be asked for its reasons."
  run "gslbctl explain www.shop.test --client 137.158.0.10" || fail "explain failed: $output"
  expect "the ranking" contains edge-par
  expect "the answer" contains 127.10.1.1
}

mistakes_do_not_get_in() {
  local before status=0
  step "Mistakes do not get in" \
    "deploy/quickstart/mistakes has a misspelt field. The whole change is refused, with its place."
  before=$(gslbctl get sites)
  run "gslbctl apply -f deploy/quickstart/mistakes/" || status=$?
  [ $status -ne 0 ] || fail "a wrong configuration was accepted"
  expect "the misspelt field" contains max_tll
  [ "$(gslbctl get sites)" = "$before" ] || fail "the refused change left something behind"
}

the_controller_dies() {
  step "The controller dies" \
    "Nodes serve for ever from what they have. They even restart without it, from their disks."
  printf '%s  $ kill -9 %s   # controller%s\n' "$green" "${pids[controller]}" "$plain"
  stop controller KILL
  dig_as France $france 127.10.1.1
  fetch 127.10.1.1 /catalogue
  expect "status 200" contains " 200"
  explain "" "dns-1 and edge-par are restarted while the controller is gone:"
  stop dns-1 TERM
  stop edge-par TERM
  start_dns 1
  start_edge par
  wait_until 60 answers $france 127.10.1.1 || fail "they do not serve without the controller"
  dig_as France $france 127.10.1.1
  fetch 127.10.1.1 /catalogue
  expect "status 200" contains " 200"
  explain "" "The controller returns, and the nodes find it again:"
  start_controller
  wait_until 10 gslbctl status || fail "the controller does not answer"
  run "gslbctl node wait --all --healthy" || fail "the nodes did not return: $output"
}

everything_is_measured() {
  step "Everything is measured" "Each daemon has Prometheus metrics."
  run "curl -sS --max-time 5 http://127.10.1.1:9100/metrics | awk '/^meridian_/ && n++ < 6'"
  expect "metrics of the edge" contains meridian_
  run "curl -sS --max-time 5 http://127.10.0.53:9100/metrics | awk '/^meridian_/ && n++ < 6'"
  expect "metrics of the DNS server" contains meridian_
}

what_next() {
  cat <<NEXT

${bold}The fleet stays up until you press Ctrl-C.${plain} In another terminal, in this directory:

  . $state/env
  gslbctl node list
  gslbctl explain www.shop.test --client 146.230.0.10
  dig @127.10.0.53 -p 5353 www.shop.test +subnet=133.11.0.0/24
  curl -i --resolve www.shop.test:8443:127.10.3.1 https://www.shop.test:8443/catalogue
  gslbctl diff -f deploy/quickstart/
  kill -9 \$(pgrep -f 'edge-node.*--name edge-sin')    # and dig again as 137.132.0.0/24

  logs              $state/logs/
  metrics           http://127.10.0.1:9100/metrics (controller)
                    http://127.10.0.53:9100/metrics, http://127.10.0.54:9100/metrics (DNS)
                    http://127.10.1.1:9100/metrics, .2.1, .3.1 (edges)
  a real fleet      README.md, "From quickstart to a real fleet"
NEXT
}
