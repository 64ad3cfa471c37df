#include "common/zone/read_name.h"

#include <utility>

namespace meridian::zone {

WireName read_name(WireReader& reader) {
  WireName name;
  while (true) {
    const auto length = reader.u8();
    const auto label = reader.bytes(length);
    if (!reader.ok() || length > 63 || name.size() + length + 1 > 255) return {};
    name += static_cast<char>(length);
    if (length == 0) return lower(std::move(name));
    name.append(reinterpret_cast<const char*>(label.data()), label.size());
  }
}

}  // namespace meridian::zone
