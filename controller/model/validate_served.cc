#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "controller/model/check.h"

namespace meridian::control {
namespace {

/// Each leaves this list with the code that serves it.
constexpr std::array<std::string_view, 0> kNotServed{};

/// `path`: of the message in its document; empty: the resource itself.
void check_fields(Check& check, const google::protobuf::Message& message, const std::string& path) {
  const auto& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    const std::string here = path.empty() ? "spec" : path + "." + field->name();
    if (std::find(std::begin(kNotServed), std::end(kNotServed), field->full_name()) !=
        std::end(kNotServed))
      check.wrong(path.empty() ? "kind" : here, "is not served by this version: leave it out");
    else if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    else if (!field->is_repeated())
      check_fields(check, reflection.GetMessage(message, field), here);
    else
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        check_fields(check, reflection.GetRepeatedMessage(message, field, i), Check::item(here, i));
  }
}

}  // namespace

void check_served(Check& check) { check_fields(check, check.resource(), ""); }

}  // namespace meridian::control
