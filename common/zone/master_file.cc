#include "common/zone/master_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/zone/contents.h"
#include "common/zone/entries.h"

namespace meridian::zone {
namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kMostRecords = 1'000'000;
constexpr std::uint32_t kMostTtl = 0x7fffffff;
constexpr std::uint16_t kTypeSoa = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string quoted(std::string_view text) {
  const auto shown = text.substr(0, 80);
  return "'" + std::string(shown) + (shown.size() < text.size() ? "...'" : "'");
}

std::string upper(std::string_view text) {
  std::string upper(text);
  for (auto& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return upper;
}

/// "3600" or, as BIND writes them, "1h30m". None: it is no TTL.
std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  std::uint64_t sum = 0;
  if (text.empty() || !is_digit(text.front())) return {};
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || number > kMostTtl) return {};
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    std::uint64_t unit = 1;
    if (!text.empty()) {
      switch (text.front() | 0x20) {
        case 'w':
          unit = 604'800;
          break;
        case 'd':
          unit = 86'400;
          break;
        case 'h':
          unit = 3'600;
          break;
        case 'm':
          unit = 60;
          break;
        case 's':
          break;
        default:
          return {};
      }
      text.remove_prefix(1);
    }
    sum += number * unit;
    if (sum > kMostTtl) return {};
  }
  return static_cast<std::uint32_t>(sum);
}

/// One file on its way.
class Reader {
 public:
  Reader(const std::string& file, MasterFile& result) : file_(file), result_(result) {}

  bool begin(const std::string& name);
  void take(const Entry& entry);
  void finish();
  void wrong(int line, std::string what) {
    if (result_.errors.size() < kMostErrors)
      result_.errors.emplace_back(line > 0 ? file_ + ":" + std::to_string(line) : file_,
                                  std::move(what));
  }

 private:
  void directive(const Entry& entry);
  void record(const Entry& entry);
  /// False: noted.
  bool take_owner(const Entry& entry, std::size_t& at);
  Result<WireName> name(std::string_view text) const;

  const std::string& file_;
  MasterFile& result_;
  std::optional<WireName> apex_;
  std::optional<WireName> origin_;
  std::optional<WireName> owner_;
  std::optional<std::uint32_t> default_ttl_;  // of $TTL
  std::optional<std::uint32_t> last_ttl_;
  std::vector<GivenRecord> records_;
};

bool Reader::begin(const std::string& zone) {
  if (zone.empty()) return true;
  auto wire = parse_name(zone);
  if (!wire) {
    result_.errors.push_back(wire.error());
    return false;
  }
  apex_ = origin_ = lower(std::move(*wire));
  return true;
}

Result<WireName> Reader::name(std::string_view text) const {
  if (origin_) return parse_relative_name(text, *origin_);
  if (text == "@" || !text.ends_with('.'))
    return Error(quoted(text) +
                 " is relative, and the file has no $ORIGIN so far: name the zone with --zone");
  return parse_name(text);
}

void Reader::take(const Entry& entry) {
  if (!entry.words.empty() && entry.begins_line && entry.words.front().front() == '$')
    directive(entry);
  else
    record(entry);
}

void Reader::directive(const Entry& entry) {
  const auto what = upper(entry.words.front());
  if (what == "$INCLUDE")
    return wrong(entry.line,
                 "$INCLUDE is not followed: put the file's text in its place, as "
                 "`named-compilezone` does");
  if (what == "$GENERATE")
    return wrong(entry.line, "$GENERATE is BIND's own: `named-compilezone` writes it out");
  if (entry.words.size() != 2)
    return wrong(entry.line,
                 what + " takes one word, not " + std::to_string(entry.words.size() - 1));
  const auto& value = entry.words[1];
  if (what == "$ORIGIN") {
    auto origin = name(value);
    if (!origin) return wrong(entry.line, "$ORIGIN: " + origin.error().what);
    origin_ = std::move(*origin);
  } else if (what == "$TTL") {
    const auto ttl = parse_ttl(value);
    if (!ttl) return wrong(entry.line, "$TTL: " + quoted(value) + " is no number of seconds");
    if (!default_ttl_) default_ttl_ = ttl;
    last_ttl_ = ttl;
  } else {
    wrong(entry.line, quoted(entry.words.front()) + " is no directive that is known");
  }
}

bool Reader::take_owner(const Entry& entry, std::size_t& at) {
  if (entry.begins_line) {
    auto owner = name(entry.words[at++]);
    if (!owner) {
      wrong(entry.line, owner.error().what);
      return false;
    }
    owner_ = std::move(*owner);
  }
  if (!owner_) wrong(entry.line, "the first record names no owner");
  return owner_.has_value();
}

void Reader::record(const Entry& entry) {
  std::size_t at = 0;
  if (!take_owner(entry, at)) return;
  std::optional<std::uint32_t> ttl;
  bool has_class = false;
  for (; at < entry.words.size(); ++at) {  // in either order
    const auto word = upper(entry.words[at]);
    if (!ttl && is_digit(word.front())) {
      ttl = parse_ttl(word);
      if (!ttl) return wrong(entry.line, quoted(word) + " is no TTL");
    } else if (!has_class && word == "IN") {
      has_class = true;
    } else if (word == "CH" || word == "HS" || word == "CS" || word.starts_with("CLASS")) {
      return wrong(entry.line, "class " + word + ": zones here are of class IN");
    } else {
      break;
    }
  }
  if (at == entry.words.size()) return wrong(entry.line, "names no record type");
  const auto type = parse_type(entry.words[at]);
  if (!type) return wrong(entry.line, type.error().what);
  ++at;
  if (ttl)
    last_ttl_ = default_ttl_ ? last_ttl_ : ttl;
  else
    ttl = last_ttl_;
  std::string data;
  for (; at < entry.words.size(); ++at) data += (data.empty() ? "" : " ") + entry.words[at];
  const auto origin = origin_.value_or(WireName(1, '\0'));
  auto rdata = parse_data(data, *type, origin);
  if (!rdata) return wrong(entry.line, rdata.error().what);
  if (*type == kTypeSoa) {
    if (!apex_) apex_ = lower(*owner_);
    if (!ttl) {  // RFC 2308 section 4 came later than many files
      std::uint32_t minimum = 0;
      for (std::size_t i = rdata->size() - std::min<std::size_t>(rdata->size(), 4);
           i < rdata->size(); ++i)
        minimum = minimum << 8 | static_cast<unsigned char>((*rdata)[i]);
      ttl = last_ttl_ = std::min(minimum, kMostTtl);
    }
  }
  if (!ttl) return wrong(entry.line, "has no TTL, and there is no $TTL before it");
  if (records_.size() == kMostRecords)
    return wrong(entry.line, "the file has more than " + std::to_string(kMostRecords) + " records");
  // What is written relative to the zone stays so; else names are written out.
  if (!apex_ || lower(origin) != *apex_) data.clear();
  records_.push_back({{*owner_, *type, *ttl, std::move(*rdata)}, std::move(data), entry.line});
}

void Reader::finish() {
  if (!apex_) {
    if (result_.errors.empty())
      wrong(0, "there is no SOA record in it, and no zone is named with --zone");
    return;
  }
  std::vector<ContentsError> errors;
  auto contents = zone_contents(*apex_, std::move(records_), default_ttl_, errors);
  // The first errors tell why others follow.
  if (result_.errors.empty()) {
    for (auto& error : errors) wrong(error.line, std::move(error.what));
  }
  result_.name = name_text(*apex_);
  if (result_.name.size() > 1) result_.name.pop_back();
  result_.zone = std::move(contents.zone);
  result_.lines = std::move(contents.lines);
  result_.left_out = std::move(contents.left_out);
}

}  // namespace

MasterFile read_master_file(std::string_view text, const std::string& file,
                            const std::string& name) {
  MasterFile result;
  Reader reader(file, result);
  if (!reader.begin(name)) return result;
  if (text.size() > kMostMasterFileOctets) {
    reader.wrong(0, "is larger than " + std::to_string(kMostMasterFileOctets >> 20) + " MiB");
    return result;
  }
  EntryReader entries(text);
  while (const auto entry = entries.next()) {
    if (entry->error.empty())
      reader.take(*entry);
    else
      reader.wrong(entry->line, entry->error);
  }
  reader.finish();
  return result;
}

}  // namespace meridian::zone
