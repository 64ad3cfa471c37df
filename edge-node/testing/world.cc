#include "edge-node/testing/world.h"

#include <stdexcept>
#include <thread>

#include <signal.h>

#include "common/snapshot/snapshot.h"

namespace meridian::edge::testing {

World::World(std::vector<const Origin*> origins,
             const std::function<void(EdgeOptions&)>& change_options)
    : certificate_(make_test_certificate({kHost, "*.shop.example"})) {
  for (const Origin* origin : origins) add_origin(origin->port());
  start(change_options);
}

World::World(std::uint16_t origin_port, const std::function<void(v1::OriginPool&)>& change_pool,
             const std::function<void(EdgeOptions&)>& change_options)
    : certificate_(make_test_certificate({kHost, "*.shop.example"})) {
  add_origin(origin_port);
  change_pool(pool);
  start(change_options);
}

void World::add_origin(std::uint16_t port) {
  auto* to = pool.add_origins();
  to->set_host("127.0.0.1");
  to->set_port(port);
}

void World::start(const std::function<void(EdgeOptions&)>& change_options) {
  signal(SIGPIPE, SIG_IGN);
  site.add_hostnames(kHost);
  site.add_hostnames("static.shop.example");
  site.set_origin_pool("pool");
  site.set_certificate("certificate");
  pool.mutable_probe()->mutable_interval()->set_nanos(100'000'000);
  EdgeOptions options;
  options.https.push_back(*parse_endpoint("127.0.0.1:0"));
  options.http.push_back(*parse_endpoint("127.0.0.1:0"));
  options.workers = 2;
  // How busy the machine is that tests run on decides nothing.
  options.overload.lag_for_misses = options.overload.lag_for_connections = std::chrono::hours(1);
  if (change_options) change_options(options);
  auto edge = Edge::start(std::move(options), [] {});
  if (!edge) throw std::runtime_error(edge.error().text());
  edge_ = std::move(*edge);
  edge_->resume_purges({});
  if (auto applied = apply(); !applied) throw std::runtime_error(applied.error().text());
}

Result<void> World::apply() {
  v1::Snapshot snapshot;
  snapshot.set_revision(++revision_);
  snapshot.set_node(node);
  v1::Resource resource;
  resource.set_name(node);
  resource.mutable_node()->set_location(location);
  resource.mutable_node()->set_https_port(https_port());
  *resource.mutable_node()->mutable_capacity() = capacity;
  pack_resource(resource, snapshot);
  for (const auto& [name, other] : others) {
    resource.set_name(name);
    *resource.mutable_node() = other;
    pack_resource(resource, snapshot);
  }
  resource.set_name("shop");
  *resource.mutable_site() = site;
  pack_resource(resource, snapshot);
  for (const auto& [name, other] : sites) {
    resource.set_name(name);
    *resource.mutable_site() = other;
    pack_resource(resource, snapshot);
  }
  resource.set_name("pool");
  *resource.mutable_origin_pool() = pool;
  pack_resource(resource, snapshot);
  for (const auto& [name, other] : pools) {
    resource.set_name(name);
    *resource.mutable_origin_pool() = other;
    pack_resource(resource, snapshot);
  }
  for (const auto& [name, rule] : rules) {
    resource.set_name(name);
    *resource.mutable_rule() = rule;
    pack_resource(resource, snapshot);
  }
  resource.set_name("certificate");
  resource.mutable_certificate()->set_chain_pem(certificate_.chain_pem);
  resource.mutable_certificate()->set_private_key_pem(certificate_.key_pem);
  pack_resource(resource, snapshot);
  for (const auto& [name, certificate] : certificates) {
    resource.set_name(name);
    *resource.mutable_certificate() = certificate;
    pack_resource(resource, snapshot);
  }
  if (settings) {
    resource.set_name("default");
    *resource.mutable_edge_settings() = *settings;
    pack_resource(resource, snapshot);
  }
  for (const auto& secret : edge_secrets) snapshot.add_edge_secrets(secret.SerializeAsString());
  return edge_->apply(snapshot);
}

void World::purge_url(const std::string& target) {
  v1::Purge purge;
  purge.set_url("https://" + std::string(kHost) + target);
  (void)edge_->purge(purge);
}

double World::metric(const std::string& name) {
  if (!metrics_) {
    metrics_ = std::move(MetricsServer::listen(*parse_endpoint("127.0.0.1:0")).value());
    edge_->add_metrics(*metrics_);
  }
  const auto text = Client(metrics_->port()).get("localhost", "/metrics").body;
  double sum = 0;
  const auto begin = "\n" + name;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const auto behind = at + begin.size();
    if (text[behind] == '{' || text[behind] == ' ')
      sum += std::stod(
          text.substr(text.find(' ', text[behind] == '{' ? text.find('}', behind) : behind)));
  }
  return sum;
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace meridian::edge::testing
