#pragma once

#include <memory>

#include "common/base/result.h"
#include "dns-steer/compile/geography.h"
#include "dns-steer/query/serving.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// A revision as it came, made into what queries are answered from. Off the data path. The Error
/// tells an operator which resource and field cannot be served, and why.
Result<std::shared_ptr<const Snapshot>> compile_snapshot(const v1::Snapshot& from,
                                                         Geography& geography);

}  // namespace meridian::dns
