#include "dns-steer/geo/table_file.h"

#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/base/hash.h"
#include "common/base/huge_pages.h"
#include "common/disk/file.h"

namespace meridian::dns {
namespace {

constexpr std::string_view kMagic = "MRDNGEO1";
constexpr std::size_t kHash = 32;
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;

template <class T>
void put(std::string& out, std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::uint64_t count = values.size();
  out.append(reinterpret_cast<const char*>(&count), sizeof count);
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

/// After a short read everything reads as empty: check ok() once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  template <class T>
  TableVector<T> take() {
    std::uint64_t count = 0;
    if (!copy(&count, sizeof count) || count > rest_.size() / sizeof(T)) {
      ok_ = false;
      return {};
    }
    TableVector<T> values(count);
    (void)copy(values.data(), count * sizeof(T));
    return values;
  }
  bool ok() const { return ok_ && rest_.empty(); }

 private:
  bool copy(void* to, std::size_t size) {
    if (!ok_ || size > rest_.size()) return ok_ = false;
    if (size > 0) std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool ok_ = true;
};

template <class Key>
bool is_whole(const Ranges<Key>& ranges, std::size_t rankings) {
  if (ranges.size() == 0 || ranges.values.size() != ranges.size() || ranges.starts[0] != 0)
    return false;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges.values[i] >= rankings) return false;
    if (i > 0 && ranges.starts[i] <= ranges.starts[i - 1]) return false;
  }
  return true;
}

}  // namespace

Result<void> save_table(const std::filesystem::path& path, const std::string& key,
                        const PlaceTable& table) {
  std::vector<std::uint32_t> sizes;
  std::vector<std::uint32_t> restrictions;
  std::vector<LocationId> locations;
  for (std::uint32_t i = 0; i < table.all_rankings().size(); ++i) {
    const auto ranking = table.all_rankings().at(i);
    sizes.push_back(static_cast<std::uint32_t>(ranking.locations.size()));
    restrictions.push_back(ranking.restriction);
    locations.insert(locations.end(), ranking.locations.begin(), ranking.locations.end());
  }
  std::string bytes(kMagic.size() + kHash, '\0');
  put<char>(bytes, key);
  put<std::uint32_t>(bytes, sizes);
  put<std::uint32_t>(bytes, restrictions);
  put<LocationId>(bytes, locations);
  const auto v4 = table.v4();
  put<std::uint32_t>(bytes, v4.starts);
  put<std::uint32_t>(bytes, v4.values);
  const auto v6 = table.v6();
  put<U128>(bytes, v6.starts);
  put<std::uint32_t>(bytes, v6.values);
  const auto hash = sha256(std::string_view(bytes).substr(kMagic.size() + kHash));
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  std::memcpy(bytes.data() + kMagic.size(), hash.data(), kHash);
  return write_file_atomically(path, bytes, 0600);
}

Result<PlaceTable> load_table(const std::filesystem::path& path, const std::string& key) {
  const auto bytes = read_file(path, kMostBytes);
  if (!bytes) return bytes.error();
  const std::string_view whole(*bytes);
  if (whole.size() < kMagic.size() + kHash || !whole.starts_with(kMagic))
    return Error(path, "is not a compiled table of places");
  const auto rest = whole.substr(kMagic.size() + kHash);
  const auto hash = sha256(rest);
  if (std::memcmp(whole.data() + kMagic.size(), hash.data(), kHash) != 0)
    return Error(path, "does not have the checksum that it was written with");
  Reader reader(rest);
  const auto saved_key = reader.take<char>();
  if (std::string_view(saved_key.data(), saved_key.size()) != key)
    return Error(path, "was compiled of something else");
  const auto sizes = reader.take<std::uint32_t>();
  const auto restrictions = reader.take<std::uint32_t>();
  const auto locations = reader.take<LocationId>();
  Ranges<std::uint32_t> v4{reader.take<std::uint32_t>(), {}};
  v4.values = reader.take<std::uint32_t>();
  Ranges<U128> v6{reader.take<U128>(), {}};
  v6.values = reader.take<std::uint32_t>();
  const bool fits = reader.ok() && sizes.size() == restrictions.size() &&
                    is_whole(v4, sizes.size()) && is_whole(v6, sizes.size());
  if (!fits) return Error(path, "is damaged");
  RankingList rankings;
  std::span<const LocationId> left(locations);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > left.size()) return Error(path, "is damaged");
    (void)rankings.add(left.first(sizes[i]), restrictions[i]);
    left = left.subspan(sizes[i]);
  }
  if (rankings.size() != sizes.size()) return Error(path, "is damaged");
  rankings.seal();
  return PlaceTable(std::move(rankings), RangeTable4(v4), RangeTable6(v6));
}

}  // namespace meridian::dns
