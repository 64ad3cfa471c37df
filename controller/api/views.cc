#include "controller/api/views.h"

#include <chrono>

#include <google/protobuf/util/time_util.h>

namespace meridian::control {

google::protobuf::Timestamp timestamp(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(since.count());
}

v1::JoinToken view(const StoredToken& token) {
  v1::JoinToken view;
  view.set_id(token.id);
  view.set_role(token.role);
  view.set_location(token.location);
  view.set_node(token.node);
  *view.mutable_expires() = timestamp(token.expires);
  view.set_uses_left(token.uses_left);
  view.set_revoked(token.revoked);
  return view;
}

v1::NodeStatus view(const v1::Resource& declared, const NodeRegistry& registry,
                    const HealthBoard& board) {
  const auto record = registry.record(declared.name());
  v1::NodeStatus status;
  status.set_name(declared.name());
  *status.mutable_node() = declared.node();
  status.set_connected(record.connected);
  status.set_peer(record.peer);
  status.set_software_version(record.software_version);
  status.set_revision(record.acknowledged.value);
  status.set_nack_reason(record.refusal);
  status.set_nack_revision(record.refused.value);
  if (declared.node().role() == v1::ROLE_EDGE) {
    if (auto verdict = board.verdict_on(declared.name()); !verdict.node().empty())
      *status.mutable_verdict() = std::move(verdict);
    status.set_purge_sequence(record.purged.value);
  }
  if (record.since != WallTime()) *status.mutable_since() = timestamp(record.since);
  return status;
}

google::protobuf::RepeatedPtrField<v1::NodeStatus> nodes_view(const ConfigurationAt& head,
                                                              const NodeRegistry& registry,
                                                              const HealthBoard& board) {
  google::protobuf::RepeatedPtrField<v1::NodeStatus> nodes;
  for (const auto& [id, resource] : head.configuration.resources())
    if (id.first == v1::KIND_NODE) *nodes.Add() = view(resource, registry, board);
  return nodes;
}

v1::ZoneStatus zone_view(const v1::Resource& declared, const ConfigurationAt& head,
                         const ZoneTransfers& transfers) {
  v1::ZoneStatus status;
  status.set_name(declared.name());
  status.set_secondary(!declared.zone().primaries().empty());
  const auto* zone = &declared.zone();
  if (const auto transfer = transfers.status(declared.name()); status.secondary() && transfer) {
    if (transfer->transferred) *status.mutable_transferred() = timestamp(*transfer->transferred);
    if (transfer->checked) *status.mutable_checked() = timestamp(*transfer->checked);
    if (transfer->next_check) *status.mutable_next_check() = timestamp(*transfer->next_check);
    status.set_error(transfer->error);
    status.set_left_out(transfer->left_out);
    status.set_expired(transfer->expired);
  }
  if (status.secondary()) {
    const auto* content = head.configuration.find(v1::KIND_ZONE_CONTENT, declared.name());
    if (content == nullptr) return status;
    zone = &content->zone_content().zone();
    status.set_primary(content->zone_content().primary());
  }
  // Of before serials were kept: nodes put the revision in their place.
  status.set_serial(zone->serial() != 0 ? zone->serial()
                                        : static_cast<std::uint32_t>(head.revision.value));
  status.set_record_sets(static_cast<std::uint32_t>(zone->records_size()));
  return status;
}

}  // namespace meridian::control
