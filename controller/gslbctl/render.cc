#include "controller/gslbctl/render.h"

#include <algorithm>
#include <ctime>
#include <ostream>

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "common/config/documents.h"
#include "common/config/message.h"

namespace meridian::gslbctl {
namespace {

std::string_view escape(Tone tone) {
  switch (tone) {
    case Tone::normal:
      return "";
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::doubtful:
      return "\x1b[33m";
    case Tone::faint:
      return "\x1b[2m";
  }
  return "";
}

std::string harmless(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return text.empty() ? "-" : text;
}

/// Characters, as near as UTF-8 tells without tables.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string painted(std::string_view text, Tone tone, bool colours) {
  if (!colours || tone == Tone::normal || text.empty()) return std::string(text);
  return std::string(escape(tone)) + std::string(text) + "\x1b[0m";
}

std::string Table::text(bool colours) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings) widths.push_back(width(heading));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(harmless(row[i].text)));

  std::string out;
  const auto put = [&](const std::string& text, Tone tone, std::size_t column) {
    out += painted(text, tone, colours);
    const bool last = column + 1 == headings.size();
    out += last ? "\n" : std::string(widths[column] - width(text) + 2, ' ');
  };
  for (std::size_t i = 0; i < headings.size(); ++i) put(headings[i], Tone::faint, i);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) put(harmless(row[i].text), row[i].tone, i);
  return out;
}

void write(std::ostream& out, Format format, const config::Tree& tree) {
  out << (format == Format::json ? config::write_json(tree) : config::write_yaml(tree));
}

void write(std::ostream& out, Format format, const google::protobuf::Message& message) {
  write(out, format, config::to_tree(message, config::Defaults::shown));
}

void write_resources(std::ostream& out, Format format, const std::vector<v1::Resource>& resources) {
  if (format == Format::json) {
    auto list = config::Tree::list();
    for (const auto& resource : resources) list.items.push_back(config::to_tree(resource));
    out << config::write_json(list);
    return;
  }
  bool first = true;
  for (const auto& resource : resources) {
    out << (first ? "" : "---\n") << config::to_yaml(resource);
    first = false;
  }
}

std::string time_text(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "never";
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  char buffer[64];
  if (gmtime_r(&seconds, &parts) == nullptr) return "at no date";
  return {buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%SZ", &parts)};
}

std::string time_text(WallTime time) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(WallClock::to_time_t(time));
  return time_text(stamp);
}

}  // namespace meridian::gslbctl
