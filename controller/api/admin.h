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
#include "controller/identity/authority.h"
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
  SqliteStore& store;
  Head& head;
  HealthBoard& board;
  NodeRegistry& registry;
  Questions& questions;
  PurgeWatch& purge_watch;
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
  Reactor* ListZones(Context* context, const v1::ListZonesRequest* request,
                     v1::ListZonesResponse* response) override;
  Reactor* RefreshZone(Context* context, const v1::RefreshZoneRequest* request,
                       v1::RefreshZoneResponse* response) override;
  Reactor* GetStatus(Context* context, const v1::GetStatusRequest* request,
                     v1::GetStatusResponse* response) override;

  /// For metrics.
  std::uint64_t purges() const { return purges_; }

 private:
  /// Not OK: the caller is no administrator. Otherwise `author` is who it is, for the history.
  grpc::Status permit(const Context& context, std::string& author) const;
  /// Finishes with what `work(author)` says, or at once if the caller may not.
  template <class Work>
  Reactor* answer(Context* context, Work work);

  grpc::Status apply(const v1::ApplyRequest& request, const std::string& author,
                     v1::ApplyResponse& response);
  grpc::Status create_token(const v1::CreateJoinTokenRequest& request,
                            v1::CreateJoinTokenResponse& response);
  grpc::Status append_purge(const v1::PurgeRequest& request, v1::PurgeResponse& response);
  void report_purge(v1::PurgeResponse& response) const;
  /// The connected DNS node that is to explain; null: none.
  std::shared_ptr<NodeStream> explainer(const std::string& node) const;

  AdminParts parts_;
  std::atomic<std::uint64_t> purges_{0};
};

}  // namespace meridian::control
