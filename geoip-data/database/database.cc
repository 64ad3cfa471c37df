#include "geoip-data/database/database.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "geoip-data/database/asn_list.h"
#include "geoip-data/database/record.h"
#include "geoip-data/database/search_tree.h"

namespace meridian {

class GeoDatabase::Format {
 public:
  Format() = default;
  virtual ~Format() = default;
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;
  virtual Result<Layer> read() const = 0;
  virtual std::span<const std::uint8_t> octets() const = 0;  // as mapped
  virtual std::optional<Entry> find(const IpAddress& address) const = 0;
  virtual Located locate(const IpAddress& address) const = 0;
  virtual std::string type() const = 0;
  virtual std::uint64_t built() const = 0;
};

class GeoDatabase::Mmdb final : public Format {
 public:
  static Result<std::unique_ptr<const Format>> open(const std::filesystem::path& path) {
    auto file = std::make_unique<MMDB_s>();
    const auto status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, file.get());
    if (status == MMDB_SUCCESS) return {std::unique_ptr<const Format>(new Mmdb(std::move(file)))};
    const std::string why =
        status == MMDB_FILE_OPEN_ERROR ? std::strerror(errno) : MMDB_strerror(status);
    return Error(path, "is not a database in the MaxMind format that can be read: " + why);
  }
  ~Mmdb() override { MMDB_close(file_.get()); }

  Result<Layer> read() const override {
    (void)madvise(const_cast<std::uint8_t*>(file_->file_content),
                  static_cast<std::size_t>(file_->file_size), MADV_WILLNEED);
    const auto& about = file_->metadata;
    const auto node_octets = std::size_t{about.node_count} * about.record_size / 4;
    return read_tree({.nodes = {file_->file_content, node_octets},
                      .data = data(),
                      .node_count = about.node_count,
                      .record_bits = about.record_size,
                      .ip_version = about.ip_version});
  }

  std::span<const std::uint8_t> octets() const override {
    return {file_->file_content, static_cast<std::size_t>(file_->file_size)};
  }

  std::optional<Entry> find(const IpAddress& address) const override {
    int netmask = 0;
    const auto record = look_up(address, netmask);
    if (!record) return {};
    Entry entry{.place = record->place(),
                .prefix = {},
                .subdivision = record->subdivision_code(),
                .asn = record->asn,
                .asn_name = std::string(record->asn_name)};
    if (!entry.place.is_known() && entry.asn == 0) return {};
    int length = netmask;
    if (address.is_v4() && file_->metadata.ip_version == 6) length = std::max(0, length - 96);
    entry.prefix = prefix_of(address, length);
    return entry;
  }

  Located locate(const IpAddress& address) const override {
    int netmask = 0;
    const auto record = look_up(address, netmask);
    if (!record) return {};
    Located located{.country = {}, .asn = record->asn};
    if (record->country.size() == 2) located.country = {record->country[0], record->country[1]};
    return located;
  }

  std::string type() const override { return file_->metadata.database_type; }
  std::uint64_t built() const override { return file_->metadata.build_epoch; }

 private:
  explicit Mmdb(std::unique_ptr<MMDB_s> file) : file_(std::move(file)) {}

  std::optional<GeoRecord> look_up(const IpAddress& address, int& netmask) const {
    sockaddr_storage storage{};
    if (address.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
      v4.sin_family = AF_INET;
      std::memcpy(&v4.sin_addr, address.bytes().data(), 4);
    } else {
      if (file_->metadata.ip_version == 4) return {};
      auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
      v6.sin6_family = AF_INET6;
      std::memcpy(&v6.sin6_addr, address.bytes().data(), 16);
    }
    int error = MMDB_SUCCESS;
    auto result =
        MMDB_lookup_sockaddr(file_.get(), reinterpret_cast<const sockaddr*>(&storage), &error);
    if (error != MMDB_SUCCESS || !result.found_entry) return {};
    netmask = result.netmask;
    return read_record(data(), result.entry.offset);
  }

  std::span<const std::uint8_t> data() const {
    return {file_->data_section, file_->data_section_size};
  }

  std::unique_ptr<MMDB_s> file_;
};

class GeoDatabase::AsnCsv final : public Format {
 public:
  static Result<std::unique_ptr<const Format>> open(const std::filesystem::path& path) {
    const auto failed = [&] { return Error(path, std::strerror(errno)); };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failed();
    struct stat about {};
    if (fstat(file, &about) != 0) {
      ::close(file);
      return failed();
    }
    const auto size = static_cast<std::size_t>(about.st_size);
    void* start = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    ::close(file);
    if (start == MAP_FAILED) return failed();
    auto list = std::unique_ptr<const AsnCsv>(new AsnCsv({static_cast<const char*>(start), size}));
    const auto first = parse_asn_line(list->text_.substr(0, list->text_.find('\n')));
    if (!first)
      return Error(path, "is not a list of autonomous systems (FIRST,LAST,NUMBER,NAME): " +
                             first.error().text());
    return {std::unique_ptr<const Format>(std::move(list))};
  }
  ~AsnCsv() override {
    if (!text_.empty()) munmap(const_cast<char*>(text_.data()), text_.size());
  }

  Result<Layer> read() const override { return read_asn_list(text_); }

  std::span<const std::uint8_t> octets() const override {
    return {reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size()};
  }

  std::optional<Entry> find(const IpAddress& address) const override {
    const auto line = find_asn(text_, address);
    if (!line || line->asn == 0) return {};
    Entry entry;
    entry.asn = line->asn;
    entry.asn_name = line->name;
    return entry;
  }

  Located locate(const IpAddress& address) const override {
    const auto line = find_asn(text_, address);
    return {.country = {}, .asn = line ? line->asn : 0};
  }

  std::string type() const override { return "autonomous systems (CSV)"; }
  std::uint64_t built() const override { return 0; }

 private:
  explicit AsnCsv(std::string_view text) : text_(text) {}
  std::string_view text_;  // the mapped file
};

GeoDatabase::GeoDatabase(std::string path, std::unique_ptr<const Format> format)
    : path_(std::move(path)), format_(std::move(format)) {}
GeoDatabase::GeoDatabase(GeoDatabase&&) noexcept = default;
GeoDatabase& GeoDatabase::operator=(GeoDatabase&&) noexcept = default;
GeoDatabase::~GeoDatabase() = default;

Result<GeoDatabase> GeoDatabase::open(const std::filesystem::path& path) {
  auto format = path.extension() == ".csv" ? AsnCsv::open(path) : Mmdb::open(path);
  if (!format) return format.error();
  return GeoDatabase(path, std::move(*format));
}

Result<Layer> GeoDatabase::read() const {
  auto layer = format_->read();
  if (!layer) return at(path_, layer.error());
  return layer;
}

void GeoDatabase::let_go_of_pages() const {
  const auto octets = format_->octets();
  if (octets.empty()) return;
  (void)madvise(const_cast<std::uint8_t*>(octets.data()), octets.size(), MADV_DONTNEED);
}

std::optional<GeoDatabase::Entry> GeoDatabase::find(const IpAddress& address) const {
  return format_->find(address);
}

GeoDatabase::Located GeoDatabase::locate(const IpAddress& address) const {
  return format_->locate(address);
}

std::string GeoDatabase::type() const { return format_->type(); }
std::uint64_t GeoDatabase::built() const { return format_->built(); }

Result<std::vector<std::filesystem::path>> database_files(
    const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::filesystem::path> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      const auto extension = entry.path().extension();
      if (extension == ".mmdb" || extension == ".csv") inside.push_back(entry.path());
    }
    if (error) return Error(path, "cannot be listed: " + error.message());
    if (inside.empty()) return Error(path, "holds no file that ends in .mmdb or .csv");
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

Result<std::vector<GeoDatabase>> open_databases(const std::vector<std::filesystem::path>& paths) {
  const auto files = database_files(paths);
  if (!files) return files.error();
  std::vector<GeoDatabase> databases;
  for (const auto& file : *files) {
    auto database = GeoDatabase::open(file);
    if (!database) return database.error();
    databases.push_back(std::move(*database));
  }
  return databases;
}

Result<World> read_world(const std::vector<GeoDatabase>& databases) {
  std::vector<std::future<Result<Layer>>> layers;
  for (const auto& database : databases)
    layers.push_back(std::async(std::launch::async, [&database] {
      auto layer = database.read();
      database.let_go_of_pages();
      return layer;
    }));
  World world;
  std::optional<Error> damage;
  for (auto& future : layers) {
    auto layer = future.get();
    if (!layer && !damage) damage = layer.error();
    if (layer && !damage) world.add(std::move(*layer));
  }
  if (damage) return *damage;
  return world;
}

}  // namespace meridian
