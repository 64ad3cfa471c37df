#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/edge.h"
#include "edge-node/testing/certificate.h"
#include "edge-node/testing/client.h"
#include "edge-node/testing/origin.h"

namespace meridian::edge::testing {

/// One edge in this process that serves www.shop.example (and static.shop.example) from the test's
/// origins, on free ports.
class World {
 public:
  explicit World(std::vector<const Origin*> origins,
                 const std::function<void(EdgeOptions&)>& change_options = {});

  /// The same with one origin of any kind, in a pool that is changed first.
  World(std::uint16_t origin_port, const std::function<void(v1::OriginPool&)>& change_pool,
        const std::function<void(EdgeOptions&)>& change_options = {});

  Edge& edge() { return *edge_; }
  /// Of the edge, self-signed.
  const std::string& certificate_pem() const { return certificate_.chain_pem; }
  void use_certificate(TestCertificate certificate) { certificate_ = std::move(certificate); }
  std::uint16_t https_port() const { return edge_->https_endpoints().front().port; }
  std::uint16_t http_port() const { return edge_->http_endpoints().front().port; }
  std::unique_ptr<Client> visit(const std::string& server_name = kHost) const {
    return std::make_unique<Client>(https_port(), server_name);
  }

  /// What apply() sends; change it and apply again.
  v1::Site site;
  v1::OriginPool pool;
  std::vector<std::pair<std::string, v1::Site>> sites;  // besides that
  std::vector<std::pair<std::string, v1::Rule>> rules;
  std::vector<std::pair<std::string, v1::OriginPool>> pools;          // besides the site's
  std::vector<std::pair<std::string, v1::Certificate>> certificates;  // besides the site's
  std::vector<v1::CookieSecret> edge_secrets;
  std::optional<v1::EdgeSettings> settings;
  std::string node = "edge-1";  // this edge's name
  std::string location;         // and place
  v1::EdgeCapacity capacity;
  std::vector<std::pair<std::string, v1::Node>> others;
  Result<void> apply();
  void purge_url(const std::string& target);
  /// Its value now, with its labels as they are written; without labels, the sum over all. 0: there
  /// is none of this name.
  double metric(const std::string& name);

  static constexpr const char* kHost = "www.shop.example";

 private:
  void start(const std::function<void(EdgeOptions&)>& change_options);
  void add_origin(std::uint16_t port);

  TestCertificate certificate_;
  std::uint64_t revision_ = 0;
  std::unique_ptr<Edge> edge_;
  std::unique_ptr<MetricsServer> metrics_;
};

/// Calls `holds` until it does; false after 10 s.
bool eventually(const std::function<bool()>& holds);

}  // namespace meridian::edge::testing
