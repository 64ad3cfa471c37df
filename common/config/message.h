#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/config/tree.h"

namespace google::protobuf {
class Message;
}

/// Messages from trees and back, by reflection. Enum values are written in lower case without
/// their type's prefix, durations as duration.h says, timestamps as RFC 3339.
namespace meridian::config {

/// Reads one tree into a message, and remembers where each field stood.
class MessageReader {
 public:
  /// The text of the file that `!file PATH` names.
  using ReadFile = std::function<Result<std::string>(const std::string& path)>;

  /// `read_file` is called during read() only.
  explicit MessageReader(ReadFile read_file) : read_file_(std::move(read_file)) {}

  /// Fills `message` from a map; `path` is the map's own ("spec"). What is wrong goes to
  /// problems().
  void read(const Tree& tree, const std::string& path, google::protobuf::Message& message);
  /// A problem of the caller's own.
  void wrong(int line, std::string path, std::string what);

  struct Problem {
    int line = 0;
    std::string path;
    std::string what;
  };
  const std::vector<Problem>& problems() const { return problems_; }
  /// Field path -> line. A field's line is that of its key; an item's is its own.
  std::map<std::string, int>& lines() { return lines_; }

 private:
  friend class FieldReader;

  ReadFile read_file_;
  std::vector<Problem> problems_;
  std::map<std::string, int> lines_;
};

enum class Defaults : std::uint8_t {
  left_out,  // for documents that people write
  shown      // for answers that programs read: every scalar and every list
};

/// A map of the message's fields in their order. A Resource becomes its document: kind, name, spec.
Tree to_tree(const google::protobuf::Message& message, Defaults defaults = Defaults::left_out);

}  // namespace meridian::config
