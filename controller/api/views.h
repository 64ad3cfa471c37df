#pragma once

#include "controller/distribute/health_board.h"
#include "controller/distribute/registry.h"
#include "controller/identity/join_token.h"
#include "controller/store/store.h"
#include "controller/transfer/zone_transfers.h"
#include "meridian/v1/admin.pb.h"

/// The controller's state in the words of admin.proto.
namespace meridian::control {

google::protobuf::Timestamp timestamp(WallTime time);

v1::JoinToken view(const StoredToken& token);

/// `declared` is a resource of kind Node.
v1::NodeStatus view(const v1::Resource& declared, const NodeRegistry& registry,
                    const HealthBoard& board);

/// All declared nodes, ordered by name.
google::protobuf::RepeatedPtrField<v1::NodeStatus> nodes_view(const ConfigurationAt& head,
                                                              const NodeRegistry& registry,
                                                              const HealthBoard& board);

v1::ZoneStatus zone_view(const v1::Resource& declared, const ConfigurationAt& head,
                         const ZoneTransfers& transfers);

}  // namespace meridian::control
