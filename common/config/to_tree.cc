#include <charconv>
#include <cmath>
#include <ctime>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "common/base/hash.h"
#include "common/config/documents.h"
#include "common/config/duration.h"
#include "common/config/enum_text.h"
#include "common/config/message.h"

namespace meridian::config {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

/// The shortest text that reads back as the same number.
Tree number(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  // JSON has no word for these.
  return std::isfinite(value) ? Tree::plain(std::move(text)) : Tree::string(std::move(text));
}

Tree scalar(const std::string& text, const FieldDescriptor& field) {
  if (field.type() != FieldDescriptor::TYPE_BYTES) return Tree::string(text);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return Tree::string(to_hex({bytes, text.size()}));
}

Tree whole(const Message& message, Defaults defaults);

/// The field's value, or its item at `index`.
Tree value(const Message& message, const FieldDescriptor& field, int index, Defaults defaults) {
  const auto& type = *message.GetReflection();
  const bool item = field.is_repeated();
  const auto get = [&](auto one, auto repeated) {
    return item ? (type.*repeated)(message, &field, index) : (type.*one)(message, &field);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Tree::plain(get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true"
                                                                                 : "false");
    case FieldDescriptor::CPPTYPE_INT32:
      return Tree::plain(std::to_string(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)));
    case FieldDescriptor::CPPTYPE_INT64:
      return Tree::plain(std::to_string(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Tree::plain(
          std::to_string(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Tree::plain(
          std::to_string(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64)));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Tree::string(enum_text(
          *field.enum_type(), get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue)));
    case FieldDescriptor::CPPTYPE_STRING:
      return scalar(get(&Reflection::GetString, &Reflection::GetRepeatedString), field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return whole(
      item ? type.GetRepeatedMessage(message, &field, index) : type.GetMessage(message, &field),
      defaults);
}

Tree time_text(const Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  char buffer[64];
  if (gmtime_r(&seconds, &parts) == nullptr) return Tree::plain(std::to_string(time.seconds()));
  return Tree::string({buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts)});
}

Tree fields(const Message& message, Defaults defaults) {
  const auto& type = *message.GetReflection();
  auto tree = Tree::map();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) {
      const int size = type.FieldSize(message, &field);
      if (size == 0 && defaults == Defaults::left_out) continue;
      auto list = Tree::list();
      for (int j = 0; j < size; ++j) list.items.push_back(value(message, field, j, defaults));
      tree.add(field.name(), std::move(list));
    } else if (type.HasField(message, &field) ||
               (defaults == Defaults::shown && !field.has_presence())) {
      tree.add(field.name(), value(message, field, 0, defaults));
    }
  }
  return tree;
}

/// A Resource as the document that declares it; defaults left out, as people write them.
Tree document(const v1::Resource& resource) {
  const auto& type = *resource.GetReflection();
  const auto* spec =
      type.GetOneofFieldDescriptor(resource, v1::Resource::descriptor()->FindOneofByName("spec"));
  auto tree = Tree::map();
  tree.add("kind", Tree::string(std::string(kind_text(kind_of(resource)))));
  tree.add("name", Tree::string(resource.name()));
  tree.add("spec", spec == nullptr ? Tree::map()
                                   : fields(type.GetMessage(resource, spec), Defaults::left_out));
  return tree;
}

Tree whole(const Message& message, Defaults defaults) {
  const auto* type = message.GetDescriptor();
  if (type == Duration::descriptor())
    return Tree::string(duration_text(static_cast<const Duration&>(message)));
  if (type == Timestamp::descriptor()) return time_text(static_cast<const Timestamp&>(message));
  if (type == v1::Resource::descriptor())
    return document(static_cast<const v1::Resource&>(message));
  return fields(message, defaults);
}

}  // namespace

Tree to_tree(const Message& message, Defaults defaults) { return whole(message, defaults); }

}  // namespace meridian::config
