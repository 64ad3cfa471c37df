#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/tls/identity.h"
#include "controller/gslbctl/outcome.h"
#include "controller/gslbctl/settings.h"
#include "meridian/v1/admin.pb.h"

namespace meridian::gslbctl {

/// The controller's Admin service, called as an operator. Every call has a deadline; its Failure
/// tells a controller that cannot be reached from one that refuses, and says so if it is not known
/// whether a change was made. One thread.
class Client {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};
  /// Reads the identity; does not connect yet. `patience`: for an answer; some calls have more.
  static Answer<Client> make(const Settings& settings,
                             std::chrono::milliseconds patience = kPatience);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// HOST:PORT.
  const std::string& controller() const;
  /// The directory that the identity was read from.
  const std::string& identity() const;
  /// A new certificate for the same key. Blocks for at most 5 s.
  Result<tls::Identity> renew(const tls::Identity& identity);

  Answer<v1::ApplyResponse> apply(const v1::ApplyRequest& request);
  Answer<v1::ListResourcesResponse> list(v1::Kind kind, const std::string& name);
  Answer<v1::ListRevisionsResponse> revisions(std::uint32_t limit);
  Answer<v1::ListNodesResponse> nodes();
  Answer<v1::CreateJoinTokenResponse> create_token(const v1::CreateJoinTokenRequest& request);
  Answer<v1::ListJoinTokensResponse> tokens();
  Answer<v1::RevokeJoinTokenResponse> revoke_token(const std::string& id);
  Answer<v1::PurgeResponse> purge(const v1::PurgeRequest& request);
  Answer<v1::ExplainResponse> explain(const v1::ExplainQuery& query);
  Answer<v1::HttpExplanation> explain_http(const v1::HttpExplainQuery& query);
  Answer<v1::SteeringReport> report_steering(const v1::SteeringReportQuery& query);
  Answer<v1::GetStatusResponse> status();
  Answer<v1::RotateCookieSecretResponse> rotate_cookie_secret();
  Answer<v1::ZoneKeysView> zone_keys(const std::string& zone);
  Answer<v1::ZoneKeysView> roll_zone_keys(const std::string& zone, v1::KeyRole role);
  Answer<v1::ZoneKeysView> confirm_zone_ds(const std::string& zone, bool withdrawn);
  /// Empty: all.
  Answer<v1::ListZonesResponse> zones(const std::string& name);
  Answer<v1::RefreshZoneResponse> refresh_zone(const v1::RefreshZoneRequest& request);

 private:
  class Connection;
  explicit Client(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

/// The only resource of this kind and name, and the revision that it is of.
struct Found {
  v1::Resource resource;
  std::uint64_t revision = 0;
};
/// With near names where there is none.
Answer<Found> find(Client& client, v1::Kind kind, const std::string& name);

/// What an edit made of a resource.
enum class Edited : std::uint8_t { changed, unchanged };
using Edit = std::function<Answer<Edited>(v1::Resource& resource)>;

/// Reads a resource, lets `edit` change it, and applies it unless somebody else came in between:
/// then all over again, a few times. An edit that changes nothing is not applied; the answer then
/// holds the revision that was read and no changes. Violations become a Failure.
Answer<v1::ApplyResponse> apply_edit(Client& client, const v1::ResourceKey& key,
                                     const std::string& comment, const Edit& edit);

}  // namespace meridian::gslbctl
