// What operators do with the keys of signed zones.
#include <grpcpp/grpcpp.h>

#include "common/observe/log.h"
#include "controller/api/admin.h"

namespace meridian::control {
namespace {

using grpc::Status;
using grpc::StatusCode;

Status show(const KeyKeeper& keys, const std::string& zone, v1::ZoneKeysView& response) {
  auto view = keys.view(zone);
  if (!view) return {StatusCode::NOT_FOUND, "no zone '" + zone + "' is signed"};
  response = std::move(*view);
  return Status::OK;
}

}  // namespace

AdminService::Reactor* AdminService::GetZoneKeys(Context* context,
                                                 const v1::GetZoneKeysRequest* request,
                                                 v1::ZoneKeysView* response) {
  return answer(context,
                [&](const std::string&) { return show(parts_.keys, request->zone(), *response); });
}

AdminService::Reactor* AdminService::RollZoneKeys(Context* context,
                                                  const v1::RollZoneKeysRequest* request,
                                                  v1::ZoneKeysView* response) {
  return answer(context, [&](const std::string& author) {
    if (auto known = show(parts_.keys, request->zone(), *response); !known.ok()) return known;
    const auto rolled =
        parts_.keys.roll(request->zone(), request->role(), {author, parts_.clocks.wall()});
    if (!rolled) return Status(StatusCode::FAILED_PRECONDITION, rolled.error().text());
    log::info("rollover begins", {{"zone", request->zone()}, {"author", author}});
    return show(parts_.keys, request->zone(), *response);
  });
}

AdminService::Reactor* AdminService::ConfirmZoneDs(Context* context,
                                                   const v1::ConfirmZoneDsRequest* request,
                                                   v1::ZoneKeysView* response) {
  return answer(context, [&](const std::string& author) {
    if (auto known = show(parts_.keys, request->zone(), *response); !known.ok()) return known;
    const auto parent =
        request->withdrawn() ? KeyKeeper::Parent::has_none : KeyKeeper::Parent::has_ds;
    const auto confirmed =
        parts_.keys.confirm(request->zone(), parent, {author, parts_.clocks.wall()});
    if (!confirmed) return Status(StatusCode::FAILED_PRECONDITION, confirmed.error().text());
    log::info("parent zone confirmed", {{"zone", request->zone()}, {"author", author}});
    return show(parts_.keys, request->zone(), *response);
  });
}

}  // namespace meridian::control
