#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "meridian/v1/admin.pb.h"
#include "meridian/v1/config.pb.h"

/// Resources as YAML and JSON documents, by protobuf reflection: the .proto files are the schema.
namespace meridian::config {

/// A resource and where each of its fields stood.
struct Document {
  v1::Resource resource;
  std::string file;
  int line = 0;                      // of the document's first line, from 1
  std::map<std::string, int> lines;  // field path ("spec.origins[2].port") -> line, from 1

  /// "file:line" of `field`, or of its nearest parent that stood in the file.
  std::string where(std::string_view field) const;
};

/// Reads all documents of a YAML text (`---` between them). `file` names it in errors and is what
/// `!file PATH` is relative to. Collects every error, each with `file:line: field`: unknown kinds
/// and fields (with the nearest known name), wrong types, values out of range, duplicate keys.
/// At most 16 MiB and 100,000 documents.
struct Documents {
  std::vector<Document> documents;
  std::vector<Error> errors;
};
Documents parse_documents(std::string_view text, const std::string& file);

/// One YAML document, fields in the order of the .proto file, defaults left out.
std::string to_yaml(const v1::Resource& resource);
/// {"kind": ..., "name": ..., "spec": {...}} with the field names of the .proto file.
std::string to_json(const v1::Resource& resource);

/// Site -> "Site"; and back, letter case ignored, plural and lower-case forms accepted
/// ("sites", "origin-pool"). KIND_UNSPECIFIED: no such kind.
std::string_view kind_text(v1::Kind kind);
v1::Kind parse_kind(std::string_view text);
v1::Kind kind_of(const v1::Resource& resource);

}  // namespace meridian::config
