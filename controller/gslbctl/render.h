#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/config/tree.h"
#include "controller/gslbctl/terminal.h"
#include "meridian/v1/config.pb.h"

namespace google::protobuf {
class Message;
class Timestamp;
}  // namespace google::protobuf

/// Answers as tables, JSON and YAML.
namespace meridian::gslbctl {

enum class Format : std::uint8_t { table, json, yaml };

struct Cell {
  Cell(std::string text_, Tone tone_ = Tone::normal)  // NOLINT: a plain text is a cell
      : text(std::move(text_)), tone(tone_) {}
  Cell(const char* text_) : text(text_) {}  // NOLINT
  std::string text;
  Tone tone = Tone::normal;
};

/// Columns aligned to the left, two blanks between them, nothing after the last.
struct Table {
  std::vector<std::string> headings;
  std::vector<std::vector<Cell>> rows;  // each as long as headings

  /// Control characters are shown as `?`: a name cannot move the cursor.
  std::string text(bool colours) const;
};

/// One message as JSON or YAML, every field shown.
void write(std::ostream& out, Format format, const google::protobuf::Message& message);
/// A tree as JSON or YAML.
void write(std::ostream& out, Format format, const config::Tree& tree);
/// Resources as a JSON list, or as YAML documents that `apply -f` reads.
void write_resources(std::ostream& out, Format format, const std::vector<v1::Resource>& resources);

/// "2026-11-23 20:11:33Z"; "never" for no time.
std::string time_text(const google::protobuf::Timestamp& time);
std::string time_text(WallTime time);
/// "a, b, c", at most `most` of them and then "+n".
template <class Texts>
std::string joined(const Texts& texts, int most = 4) {
  std::string text;
  int count = 0;
  for (const auto& item : texts) {
    if (count++ >= most) continue;
    text += (text.empty() ? "" : ", ") + std::string(item);
  }
  return count > most ? text + " +" + std::to_string(count - most) : text;
}

}  // namespace meridian::gslbctl
