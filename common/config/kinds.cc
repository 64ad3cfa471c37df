#include <string>

#include "common/config/documents.h"

namespace meridian::config {
namespace {

/// Letters alone, in lower case: "origin-pool", "OriginPool" and "origin_pools" come near.
std::string letters(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c + ('a' - 'A'));
    if (c >= 'a' && c <= 'z') letters += c;
  }
  return letters;
}

/// "policy" -> "policies", "site" -> "sites".
std::string plural(std::string singular) {
  if (singular.back() != 'y') return singular + "s";
  singular.pop_back();
  return singular + "ies";
}

const google::protobuf::OneofDescriptor& specs() {
  return *v1::Resource::descriptor()->FindOneofByName("spec");
}

}  // namespace

std::string_view kind_text(v1::Kind kind) {
  const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind);
  if (field == nullptr || field->real_containing_oneof() != &specs()) return "resource";
  return field->message_type()->name();
}

v1::Kind parse_kind(std::string_view text) {
  const auto wanted = letters(text);
  for (int i = 0; i < specs().field_count(); ++i) {
    const auto name = letters(specs().field(i)->message_type()->name());
    if (wanted == name || wanted == plural(name))
      return static_cast<v1::Kind>(specs().field(i)->number());
  }
  return v1::KIND_UNSPECIFIED;
}

v1::Kind kind_of(const v1::Resource& resource) {
  return static_cast<v1::Kind>(resource.spec_case());
}

}  // namespace meridian::config
