// Any text as a master file: it is refused with a reason, or what it says can be written, and what
// is written says the same.
#include "common/zone/master_file.h"
#include "tests/fuzz/check.h"

using namespace meridian;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* name : {"", "shop.test"}) {
    const auto read = zone::read_master_file(text, "db", name);
    if (!read.errors.empty()) continue;
    require(static_cast<int>(read.lines.size()) == read.zone.records_size());
    const auto written = zone::write_master_file(read.name, read.zone, {});
    require(written.has_value());
    const auto again = zone::read_master_file(*written, "db", read.name);
    require(again.errors.empty() && again.left_out.empty());
    require(again.zone.SerializeAsString() == read.zone.SerializeAsString());
  }
  return 0;
}
