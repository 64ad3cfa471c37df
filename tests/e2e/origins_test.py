"""Real servers as origins, and what their death looks like from outside: like nothing."""

import socket

import shop

POOL = """
kind: OriginPool
name: shop
spec:
  origins:
    - {host: 127.10.9.2, port: 9002}
    - {host: 127.10.9.3, port: 9003}
  probe: {path: /health, interval: 200ms, timeout: 150ms}
  ejection: {duration: 500ms}
  idle_timeout: 4s
  secret_header: {name: X-Edge-Secret, value: open-sesame}
"""

NODE = """
const http = require('http');
http.createServer((request, response) => {
  if (request.headers['x-edge-secret'] !== 'open-sesame') {
    response.writeHead(403);
    response.end();
    return;
  }
  response.setHeader('Cache-Control', 'no-store');
  if (request.url === '/moved') {
    response.writeHead(302, {Location: 'http://127.10.9.2:9002/there'});
    response.end();
    return;
  }
  response.write('node ');
  response.end(request.url);
}).listen(9002, '127.10.9.2');
"""

NGINX = """
daemon off;
master_process off;
pid DIRECTORY/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path DIRECTORY/body;
  proxy_temp_path DIRECTORY/proxy;
  fastcgi_temp_path DIRECTORY/fastcgi;
  uwsgi_temp_path DIRECTORY/uwsgi;
  scgi_temp_path DIRECTORY/scgi;
  server {
    listen 127.10.9.3:9003;
    add_header Cache-Control no-store;
    if ($http_x_edge_secret != open-sesame) { return 403; }
    location = /moved { return 302 http://127.10.9.3:9003/there; }
    location / { return 200 "nginx $request_uri"; }
  }
}
"""


def wait_for_listener(fleet, address, port):
    def listens():
        with socket.create_connection((address, port), timeout=1):
            return True
    fleet.wait_for(f"{address} listens", listens)


def start_node(fleet):
    script = fleet.directory / "origin.js"
    script.write_text(NODE)
    fleet.start("node", "node", script)
    wait_for_listener(fleet, "127.10.9.2", 9002)


def start_nginx(fleet):
    configuration = fleet.directory / "nginx.conf"
    configuration.write_text(NGINX.replace("DIRECTORY", str(fleet.directory)))
    fleet.start("nginx", "nginx", "-c", configuration)
    wait_for_listener(fleet, "127.10.9.3", 9003)


def servers(fleet, count=8):
    """Which server answered, of so many requests that none may fail."""
    answers = [fleet.fetch("par", f"/{number}") for number in range(count)]
    assert all(answer.status == 200 for answer in answers), [a.status for a in answers]
    return {answer.body.split()[0].decode() for answer in answers}


def test_real_servers_die_and_come_back_and_no_visitor_notices(fleet):
    fleet.start_shop(locations=("par",))
    start_node(fleet)
    start_nginx(fleet)
    fleet.apply(POOL)
    fleet.wait_for("both serve", lambda: fleet.fetch("par", "/").status == 200
                   and servers(fleet) == {"node", "nginx"})

    for name, start, other in (("node", start_node, "nginx"), ("nginx", start_nginx, "node")):
        fleet.kill(name)
        assert servers(fleet, 20) == {other}
        start(fleet)
        fleet.wait_for(f"{name} is back", lambda: servers(fleet) == {"node", "nginx"})

    # Neither their addresses nor what they know edges by come out.
    for _ in range(4):
        moved = fleet.fetch("par", "/moved", headers={"X-Edge-Secret": "forged"})
        assert moved.status == 302
        assert moved.headers["location"] == f"https://{shop.HOST}:8443/there"
        assert "127.10.9" not in str(moved.headers)
        assert "x-edge-secret" not in moved.headers
