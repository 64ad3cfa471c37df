#include <charconv>
#include <cmath>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "common/base/nearest.h"
#include "common/config/duration.h"
#include "common/config/enum_text.h"
#include "common/config/message.h"
#include "common/config/utf8.h"

namespace meridian::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kMostShown = 60;

std::string shown(const Tree& tree) {
  switch (tree.type) {
    case Tree::Type::null:
      return "nothing";
    case Tree::Type::list:
      return "a list";
    case Tree::Type::map:
      return "a map";
    case Tree::Type::plain:
    case Tree::Type::string:
      break;
  }
  const auto line = tree.text.substr(0, tree.text.find('\n'));
  const bool cut = line.size() > kMostShown || line.size() < tree.text.size();
  return "'" + line.substr(0, kMostShown) + (cut ? "...'" : "'");
}

/// What a document calls a list of these: "origins, tls, probe".
std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::string unknown_field(const Descriptor& type, std::string_view name) {
  std::vector<std::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.emplace_back(type.field(i)->name());
  const auto advice = did_you_mean(name, names);
  return "is no field of " + type.name() + (advice.empty() ? "; it has " + listed(names) : advice);
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && after == end;
}

}  // namespace

/// Puts one tree into one field, or into one new item of a repeated field.
class FieldReader {
 public:
  FieldReader(MessageReader& reader, Message& message, const FieldDescriptor& field)
      : reader_(reader), message_(message), field_(field), type_(*message.GetReflection()) {}

  void read(const Tree& tree, const std::string& path) {
    if (tree.type == Tree::Type::null)
      return wrong(tree, path, "has no value; give one, or leave the field out");
    if (field_.message_type() == Duration::descriptor()) return read_duration(tree, path);
    if (field_.message_type() != nullptr) {
      if (tree.type != Tree::Type::map) return expected(tree, path, "a map of fields");
      return reader_.read(tree, path, add_message());
    }
    if (!tree.is_scalar()) return expected(tree, path, expectation());
    read_scalar(tree, path);
  }

 private:
  void read_scalar(const Tree& tree, const std::string& path) {
    if (!tree.tag.empty()) {
      if (tree.tag != "!file" || field_.cpp_type() != FieldDescriptor::CPPTYPE_STRING)
        return wrong(tree, path, "the tag " + tree.tag + " has no meaning here");
    }
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return read_string(tree, path);
      case FieldDescriptor::CPPTYPE_ENUM:
        return read_enum(tree, path);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (tree.text != "true" && tree.text != "false") return expected(tree, path, expectation());
        return put(tree.text == "true");
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double number = 0;
        if (!parse_number(tree.text, number) || !std::isfinite(number))
          return expected(tree, path, expectation());
        return put(number);
      }
      case FieldDescriptor::CPPTYPE_UINT32:
        return read_integer<std::uint32_t>(tree, path);
      case FieldDescriptor::CPPTYPE_UINT64:
        return read_integer<std::uint64_t>(tree, path);
      case FieldDescriptor::CPPTYPE_INT32:
        return read_integer<std::int32_t>(tree, path);
      case FieldDescriptor::CPPTYPE_INT64:
        return read_integer<std::int64_t>(tree, path);
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    wrong(tree, path, "cannot be written in a document");
  }

  void read_string(const Tree& tree, const std::string& path) {
    std::string text = tree.text;
    if (tree.tag == "!file") {
      auto contents = reader_.read_file_(tree.text);
      if (!contents) return wrong(tree, path, contents.error().text());
      text = std::move(*contents);
    }
    if (!is_utf8(text))
      return wrong(tree, path,
                   tree.tag.empty() ? "is not UTF-8" : "the file " + shown(tree) + " is not text");
    put(std::move(text));
  }

  void read_enum(const Tree& tree, const std::string& path) {
    const auto& type = *field_.enum_type();
    std::vector<std::string> words;
    for (int i = 0; i < type.value_count(); ++i) {
      const int number = type.value(i)->number();
      if (number == 0) continue;  // UNSPECIFIED: leave the field out instead
      words.push_back(enum_text(type, number));
      if (words.back() == tree.text) return put_enum(number);
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto advice = did_you_mean(tree.text, views);
    wrong(tree, path, shown(tree) + " is none of " + listed(views) + advice);
  }

  template <class Integer>
  void read_integer(const Tree& tree, const std::string& path) {
    Integer number = 0;
    if (!parse_number(tree.text, number)) return expected(tree, path, expectation());
    put(number);
  }

  void read_duration(const Tree& tree, const std::string& path) {
    if (!tree.is_scalar() || !tree.tag.empty())
      return expected(tree, path, "a duration such as 20s");
    const auto duration = parse_duration(tree.text);
    if (!duration) return wrong(tree, path, duration.error().what);
    add_message().CopyFrom(*duration);
  }

  Message& add_message() {
    return field_.is_repeated() ? *type_.AddMessage(&message_, &field_)
                                : *type_.MutableMessage(&message_, &field_);
  }

  void put_enum(int number) {
    if (field_.is_repeated())
      type_.AddEnumValue(&message_, &field_, number);
    else
      type_.SetEnumValue(&message_, &field_, number);
  }

// Reflection has a method of its own for each type.
#define MERIDIAN_PUT(Type, Name)                  \
  void put(Type value) {                          \
    if (field_.is_repeated())                     \
      type_.Add##Name(&message_, &field_, value); \
    else                                          \
      type_.Set##Name(&message_, &field_, value); \
  }
  MERIDIAN_PUT(bool, Bool)
  MERIDIAN_PUT(double, Double)
  MERIDIAN_PUT(std::uint32_t, UInt32)
  MERIDIAN_PUT(std::uint64_t, UInt64)
  MERIDIAN_PUT(std::int32_t, Int32)
  MERIDIAN_PUT(std::int64_t, Int64)
  MERIDIAN_PUT(std::string, String)
#undef MERIDIAN_PUT

  std::string expectation() const {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return "true or false";
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return "a number";
      case FieldDescriptor::CPPTYPE_UINT32:
        return "a whole number from 0 to 4294967295";
      case FieldDescriptor::CPPTYPE_UINT64:
        return "a whole number, 0 or more";
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        return "a whole number";
      case FieldDescriptor::CPPTYPE_ENUM:
        return "one word";
      default:
        return "text";
    }
  }

  void expected(const Tree& tree, const std::string& path, const std::string& what) {
    wrong(tree, path, "expected " + what + ", not " + shown(tree));
  }
  void wrong(const Tree& tree, const std::string& path, std::string what) {
    reader_.wrong(tree.line, path, std::move(what));
  }

  MessageReader& reader_;
  Message& message_;
  const FieldDescriptor& field_;
  const google::protobuf::Reflection& type_;
};

void MessageReader::wrong(int line, std::string path, std::string what) {
  problems_.push_back({line, std::move(path), std::move(what)});
}

void MessageReader::read(const Tree& tree, const std::string& path, Message& message) {
  if (!tree.tag.empty())
    return wrong(tree.line, path, "the tag " + tree.tag + " has no meaning here");
  const auto& type = *message.GetDescriptor();
  std::map<std::string_view, int> seen;  // key -> line
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    const auto& key = tree.keys[i];
    const auto& value = tree.items[i];
    const auto place = path.empty() ? key.text : path + "." + key.text;
    const auto [before, is_new] = seen.emplace(key.text, key.line);
    if (!is_new) {
      wrong(key.line, place, "stands twice; first in line " + std::to_string(before->second));
      continue;
    }
    const auto* field = type.FindFieldByName(key.text);
    if (field == nullptr) {
      wrong(key.line, place, unknown_field(type, key.text));
      continue;
    }
    lines_[place] = key.line;
    if (const auto* choice = field->real_containing_oneof()) {
      if (const auto* chosen = message.GetReflection()->GetOneofFieldDescriptor(message, choice)) {
        wrong(key.line, place,
              "only one " + choice->name() + " can be given, and " + chosen->name() +
                  " is there already");
        continue;
      }
    }
    FieldReader reader(*this, message, *field);
    if (!field->is_repeated()) {
      reader.read(value, place);
    } else if (value.type != Tree::Type::list) {
      wrong(key.line, place,
            "expected a list, not " + shown(value) +
                (value.is_scalar() ? "; write [" + value.text + "]" : ""));
    } else {
      for (std::size_t j = 0; j < value.items.size(); ++j) {
        const auto item = place + "[" + std::to_string(j) + "]";
        lines_[item] = value.items[j].line;
        reader.read(value.items[j], item);
      }
    }
  }
}

}  // namespace meridian::config
