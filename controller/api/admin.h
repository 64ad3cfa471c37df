#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "controller/distribute/health_board.h"
#include "controller/distribute/purge_watch.h"
#include "controller/distribute/questions.h"
#include "controller/distribute/registry.h"
#include "controller/dnssec/key_keeper.h"
#include "controller/identity/authority.h"
#include "controller/secrets/seal.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"
#include "controller/store/sqlite_store.h"
#include "controller/transfer/zone_transfers.h"
#include "meridian/v1/admin.grpc.pb.h"

namespace meridian::control {

class NodeStream;

/// What the Admin service works on; outlives it.
struct AdminParts {
  const Authority& authority;
  const Seal& seal;
  SqliteStore& store;
  Head& head;
  HealthBoard& board;
  NodeRegistry& registry;
  Questions& questions;
  PurgeWatch& purge_watch;
  KeyKeeper& keys;
  ZoneTransfers& transfers;
  const Clocks& clocks;
  std::function<void()> purge_news;  // the purge log has grown
  std::function<void()> wait_news;   // an operator waits for nodes
  WallTime started;
};

/// What operators do. Every call needs a certificate of role admin.
class AdminService final : public v1::Admin::CallbackService {
 public:
  static constexpr std::chrono::seconds kExplainTimeout{3};
  static constexpr std::chrono::seconds kReportTimeout{60};

  explicit AdminService(AdminParts parts) : parts_(std::move(parts)) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  Reactor* Apply(Context* context, const v1::ApplyRequest* request,
                 v1::ApplyResponse* response) override;
  Reactor* ListResources(Context* context, const v1::ListResourcesRequest* request,
                         v1::ListResourcesResponse* response) override;
  Reactor* ListRevisions(Context* context, const v1::ListRevisionsRequest* request,
                         v1::ListRevisionsResponse* response) override;
  Reactor* ListNodes(Context* context, const v1::ListNodesRequest* request,
                     v1::ListNodesResponse* response) override;
  Reactor* CreateJoinToken(Context* context, const v1::CreateJoinTokenRequest* request,
                           v1::CreateJoinTokenResponse* response) override;
  Reactor* ListJoinTokens(Context* context, const v1::ListJoinTokensRequest* request,
                          v1::ListJoinTokensResponse* response) override;
  Reactor* RevokeJoinToken(Context* context, const v1::RevokeJoinTokenRequest* request,
                           v1::RevokeJoinTokenResponse* response) override;
  Reactor* Purge(Context* context, const v1::PurgeRequest* request,
                 v1::PurgeResponse* response) override;
  Reactor* Explain(Context* context, const v1::ExplainQuery* request,
                   v1::ExplainResponse* response) override;
  Reactor* ExplainHttp(Context* context, const v1::HttpExplainQuery* request,
                       v1::HttpExplanation* response) override;
  Reactor* ReportSteering(Context* context, const v1::SteeringReportQuery* request,
                          v1::SteeringReport* response) override;
  Reactor* ListZones(Context* context, const v1::ListZonesRequest* request,
                     v1::ListZonesResponse* response) override;
  Reactor* RefreshZone(Context* context, const v1::RefreshZoneRequest* request,
                       v1::RefreshZoneResponse* response) override;
  Reactor* GetStatus(Context* context, const v1::GetStatusRequest* request,
                     v1::GetStatusResponse* response) override;
  Reactor* RotateCookieSecret(Context* context, const v1::RotateCookieSecretRequest* request,
                              v1::RotateCookieSecretResponse* response) override;

  Reactor* GetZoneKeys(Context* context, const v1::GetZoneKeysRequest* request,
                       v1::ZoneKeysView* response) override;
  Reactor* RollZoneKeys(Context* context, const v1::RollZoneKeysRequest* request,
                        v1::ZoneKeysView* response) override;
  Reactor* ConfirmZoneDs(Context* context, const v1::ConfirmZoneDsRequest* request,
                         v1::ZoneKeysView* response) override;

  /// For metrics.
  std::uint64_t purges() const { return purges_; }

 private:
  /// Not OK: the caller is no administrator. Otherwise `author` is who it is, for the history.
  grpc::Status permit(const Context& context, std::string& author) const;
  /// Finishes with what `work(author)` says, or at once if the caller may not.
  template <class Work>
  Reactor* answer(Context* context, Work work) {
    auto* reactor = context->DefaultReactor();
    std::string author;
    auto status = permit(*context, author);
    if (status.ok()) status = work(author);
    reactor->Finish(status);
    return reactor;
  }

  grpc::Status apply(const v1::ApplyRequest& request, const std::string& author,
                     v1::ApplyResponse& response);
  grpc::Status create_token(const v1::CreateJoinTokenRequest& request,
                            v1::CreateJoinTokenResponse& response);
  grpc::Status append_purge(const v1::PurgeRequest& request, v1::PurgeResponse& response);
  void report_purge(v1::PurgeResponse& response) const;
  /// Whom a question is for: a node of this role, by name or any that is connected.
  struct Asked {
    v1::Role role;
    const std::string& node;  // empty: any
  };
  /// Asks a node, and finishes when `done(answer)` has taken its
  /// answer or time is up. `question(id)`: the message.
  template <class Question, class Done>
  void ask_node(Reactor* reactor, const Asked& asked, std::chrono::seconds timeout,
                Question question, Done done);
  /// Null: it is not connected, or none is.
  std::shared_ptr<NodeStream> connected_node(const Asked& asked) const;

  AdminParts parts_;
  std::atomic<std::uint64_t> purges_{0};
};

}  // namespace meridian::control
