#pragma once

#include <string>

#include <google/protobuf/descriptor.h>

namespace meridian::config {

/// ROLE_EDGE -> "edge"; a Kind as documents name it ("OriginPool"); the number for what is no
/// value of the type.
std::string enum_text(const google::protobuf::EnumDescriptor& type, int number);

}  // namespace meridian::config
