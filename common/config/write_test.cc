#include <bit>
#include <cmath>
#include <random>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "common/config/documents.h"
#include "common/config/message.h"

namespace meridian::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

v1::Resource resource_of(const std::string& text) {
  v1::Resource resource;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource));
  return resource;
}

const char* const kZone = R"(
    name: "shop.example" zone {
      nameservers: "ns1" default_ttl { seconds: 300 } negative_ttl { nanos: 500000000 }
      records { name: "@" type: "TXT" data: "\"v=spf1 -all\"" data: "yes" }
      records { name: "*" type: "A" data: "192.0.2.1" } })";

TEST(Yaml, IsWrittenAsPeopleWriteIt) {
  EXPECT_EQ(to_yaml(resource_of(kZone)), R"(kind: Zone
name: shop.example
spec:
  nameservers:
    - ns1
  default_ttl: 5m
  negative_ttl: 500ms
  records:
    - name: "@"
      type: TXT
      data:
        - "\"v=spf1 -all\""
        - "yes"
    - name: "*"
      type: A
      data:
        - 192.0.2.1
)");
}

TEST(Yaml, QuotesWhatOtherReadersWouldTakeForSomethingElse) {
  const auto written = [](const std::string& text) { return write_yaml(Tree::string(text)); };
  for (const auto* text : {"1.5", "0x1f", "1e9", "12:30", "2026-11-23", "1,000", "true", "No", "~",
                           "", " a", "a ", "a: b", "- a", ".inf", "*", "a #b", "null"})
    EXPECT_EQ(written(text).front(), '"') << text;
  for (const auto* text : {"192.0.2.1", "192.0.2.0/24", "shop.example", "New York", "/admin",
                           "3com", "a:b", "hostmaster@shop.example", "10 mail"})
    EXPECT_EQ(written(text), text + std::string("\n"));
}

TEST(Yaml, ShowsPemAsItIs) {
  EXPECT_EQ(to_yaml(resource_of(R"(name: "a" certificate { chain_pem: "-----BEGIN\nAA==\n" })")),
            R"(kind: Certificate
name: a
spec:
  chain_pem: |
    -----BEGIN
    AA==
)");
}

TEST(Json, HasTheFieldNamesOfTheProto) {
  EXPECT_EQ(to_json(resource_of(R"(name: "edge-1" node {
                  role: ROLE_EDGE addresses: "192.0.2.1" https_port: 8443 drained: true })")),
            R"({
  "kind": "Node",
  "name": "edge-1",
  "spec": {
    "role": "edge",
    "addresses": [
      "192.0.2.1"
    ],
    "https_port": 8443,
    "drained": true
  }
}
)");
  EXPECT_EQ(to_json(resource_of(R"(name: "a\"\n\001" steering_policy { panic_below: 0.1 })")),
            "{\n  \"kind\": \"SteeringPolicy\",\n  \"name\": \"a\\\"\\n\\u0001\",\n  \"spec\": {\n"
            "    \"panic_below\": 0.1\n  }\n}\n");
}

TEST(Json, ShowsDefaultsToPrograms) {
  v1::NodeStatus status;
  status.set_name("edge-1");
  status.mutable_since()->set_seconds(1'700'000'000);
  EXPECT_EQ(write_json(to_tree(status, Defaults::shown)), R"({
  "name": "edge-1",
  "connected": false,
  "peer": "",
  "software_version": "",
  "revision": 0,
  "nack_reason": "",
  "nack_revision": 0,
  "purge_sequence": 0,
  "since": "2023-11-14T22:13:20Z"
}
)");
}

// Random resources by reflection: whatever the .proto files grow, this test knows.
class RandomMessage {
 public:
  explicit RandomMessage(std::uint64_t seed) : random_(seed) {}

  v1::Resource resource() {
    v1::Resource resource;
    resource.set_name(text());
    const auto& specs = *v1::Resource::descriptor()->FindOneofByName("spec");
    const auto* spec = specs.field(static_cast<int>(below(specs.field_count())));
    fill(*resource.GetReflection()->MutableMessage(&resource, spec));
    return resource;
  }

 private:
  std::uint64_t below(std::uint64_t most) { return random_() % most; }

  std::string text() {
    static const std::vector<std::string> kPieces{"a",
                                                  "b",
                                                  "Z",
                                                  "0",
                                                  "1.5",
                                                  " ",
                                                  "-",
                                                  ".",
                                                  ":",
                                                  "#",
                                                  "\n",
                                                  "\t",
                                                  "'",
                                                  "\"",
                                                  "\\",
                                                  "~",
                                                  "{}",
                                                  "\xc3\xa9",
                                                  "\xe2\x82\xac",
                                                  "\x01",
                                                  "\xf0\x9f\x8c\x8d",
                                                  "null",
                                                  "true",
                                                  "!",
                                                  "&x",
                                                  "*",
                                                  "[",
                                                  "]",
                                                  "|",
                                                  ">",
                                                  "%",
                                                  "@",
                                                  "`",
                                                  ", ",
                                                  "\r",
                                                  "\x7f"};
    std::string text;
    for (auto pieces = below(8); pieces > 0; --pieces) text += kPieces[below(kPieces.size())];
    return text;
  }

  double number() {
    if (below(2) == 0) return static_cast<double>(below(1000)) / 8;
    const auto bits = std::bit_cast<double>(random_());
    return std::isfinite(bits) ? bits : 1;
  }

  void fill(Message& message) {
    if (auto* duration =
            google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(&message)) {
      const auto sign = below(2) == 0 ? 1 : -1;
      duration->set_seconds(static_cast<std::int64_t>(below(1'000'000)) * sign);
      if (below(2) == 0)
        duration->set_nanos(static_cast<std::int32_t>(below(1'000'000'000)) * sign);
      return;
    }
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const auto& field = *message.GetDescriptor()->field(i);
      const auto* choice = field.real_containing_oneof();
      if (below(2) == 0 || (choice && message.GetReflection()->HasOneof(message, choice))) continue;
      for (auto count = field.is_repeated() ? below(4) : 1; count > 0; --count) put(message, field);
    }
  }

  void put(Message& message, const FieldDescriptor& field) {
    const auto& type = *message.GetReflection();
    const bool add = field.is_repeated();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return add ? type.AddString(&message, &field, text())
                   : type.SetString(&message, &field, text());
      case FieldDescriptor::CPPTYPE_BOOL:
        return type.SetBool(&message, &field, below(2) == 0);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return type.SetDouble(&message, &field, number());
      case FieldDescriptor::CPPTYPE_UINT32:
        return add ? type.AddUInt32(&message, &field, static_cast<std::uint32_t>(random_()))
                   : type.SetUInt32(&message, &field, static_cast<std::uint32_t>(random_()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return type.SetUInt64(&message, &field, random_());
      case FieldDescriptor::CPPTYPE_ENUM:
        return type.SetEnumValue(
            &message, &field,
            field.enum_type()
                ->value(static_cast<int>(1 + below(field.enum_type()->value_count() - 1)))
                ->number());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return fill(add ? *type.AddMessage(&message, &field)
                        : *type.MutableMessage(&message, &field));
      default:
        FAIL() << "a type that this test does not know: " << field.full_name();
    }
  }

  std::mt19937_64 random_;
};

TEST(Yaml, ReadsBackWhatItWrites) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto resource = RandomMessage(seed).resource();
    const auto yaml = to_yaml(resource);
    const auto read = parse_documents(yaml, "random");
    ASSERT_TRUE(read.errors.empty()) << read.errors[0].text() << "\n" << yaml;
    ASSERT_EQ(read.documents.size(), 1u) << yaml;
    ASSERT_EQ(read.documents[0].resource.DebugString(), resource.DebugString()) << yaml;
  }
}

// JSON is a subset of YAML 1.2, and so is ours of what we read.
TEST(Json, IsReadAsYaml) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto resource = RandomMessage(seed).resource();
    const auto json = to_json(resource);
    const auto read = parse_documents(json, "random");
    ASSERT_TRUE(read.errors.empty()) << read.errors[0].text() << "\n" << json;
    ASSERT_EQ(read.documents.at(0).resource.DebugString(), resource.DebugString()) << json;
  }
}

// Damaged text must be refused or read, never more.
TEST(Yaml, SurvivesDamage) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    auto yaml = to_yaml(RandomMessage(seed).resource());
    for (int i = 0; i < 3; ++i) yaml[random() % yaml.size()] = static_cast<char>(random());
    const auto read = parse_documents(yaml, "random");
    EXPECT_TRUE(!read.errors.empty() || read.documents.size() <= 3u);
    for (const auto& document : read.documents) {
      v1::Resource again;
      EXPECT_TRUE(again.ParseFromString(document.resource.SerializeAsString())) << "UTF-8";
    }
  }
}

}  // namespace
}  // namespace meridian::config
