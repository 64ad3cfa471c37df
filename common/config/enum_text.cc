#include "common/config/enum_text.h"

#include "common/config/documents.h"

namespace meridian::config {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// PanicMode -> "PANIC_MODE_".
std::string prefix_of(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (is_upper(c) && !prefix.empty()) prefix += '_';
    prefix += upper(c);
  }
  return prefix + '_';
}

}  // namespace

std::string enum_text(const google::protobuf::EnumDescriptor& type, int number) {
  if (&type == v1::Kind_descriptor())
    return std::string(kind_text(static_cast<v1::Kind>(number)));  // as `kind:` has it
  const auto* value = type.FindValueByNumber(number);
  if (value == nullptr) return std::to_string(number);
  std::string_view name = value->name();
  const auto prefix = prefix_of(type);
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string text(name);
  for (char& c : text) c = lower(c);
  return text;
}

}  // namespace meridian::config
