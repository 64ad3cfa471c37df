#include "controller/gslbctl/own_certificate.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/control/renewal.h"
#include "common/disk/file.h"
#include "controller/gslbctl/render.h"
#include "controller/gslbctl/settings.h"
#include "controller/identity/init.h"

namespace meridian::gslbctl {
namespace {

constexpr std::chrono::hours kSoon{30 * 24};

/// While it lives and is ours, no other gslbctl renews the same identity. It locks the key, which a
/// renewal leaves where it is, so that no file is left behind that only root may open.
class Turn {
 public:
  explicit Turn(const std::filesystem::path& key) : fd_(::open(key.c_str(), O_RDWR | O_CLOEXEC)) {
    // A key may be read-only to its owner; only on network file systems it cannot be locked then.
    if (fd_ < 0) fd_ = ::open(key.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) != 0) failure_ = errno;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_of_another() const { return failure_ == EWOULDBLOCK; }
  /// What is in the way; 0: nothing.
  int failure() const { return failure_; }

 private:
  int fd_;
  int failure_ = 0;
};

/// The identity, if it is there and should be renewed. One that is damaged is told of by who needs
/// it.
std::optional<tls::Identity> due(const std::filesystem::path& directory, WallTime now) {
  auto identity = tls::load_identity(directory);
  if (!identity || !*identity || now < control::renewal_time(**identity)) return std::nullopt;
  return std::move(**identity);
}

/// root, who renews what lies in the directory of another, leaves it readable there.
void give_to_owner(const std::filesystem::path& file) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(file.parent_path().c_str(), &owner) != 0) return;
  // It holds no secret: if this fails, nothing is lost but what a strict umask took.
  if (::chown(file.c_str(), owner.st_uid, owner.st_gid) != 0) errno = 0;
}

/// Of the identity that is there `before` only what has changed is written.
Result<void> replace(const std::filesystem::path& directory, const tls::Identity& before,
                     const tls::Identity& after) {
  const auto write = [&](const char* name, const std::string& pem) -> Result<void> {
    const auto written = write_file_atomically(directory / name, pem, 0644);
    if (written) give_to_owner(directory / name);
    return written;
  };
  if (after.ca_pem != before.ca_pem)
    if (const auto written = write("ca.pem", after.ca_pem); !written) return written;
  return write("chain.pem", after.chain_pem);
}

}  // namespace

std::string keep_valid(const std::filesystem::path& directory, WallTime now,
                       const Renewal& renewal) {
  const auto old = due(directory, now);
  if (!old) return "";
  const auto until = old->expires();
  if (!until) return "";
  const auto text = "your certificate expires on " + time_text(*until);

  const Turn turn(directory / "key.pem");
  if (turn.is_of_another()) return "";
  int obstacle = turn.failure();
  if (obstacle == 0 && ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    obstacle = errno;
  if (obstacle != 0) {
    if (*until - now >= kSoon) return "";
    return text + " and cannot be renewed: " + directory.string() + ": " + std::strerror(obstacle);
  }
  const auto current = due(directory, now);  // another may have had its turn meanwhile
  if (!current) return "";
  const auto renewed = renewal(*current);
  const auto done = renewed ? replace(directory, *current, *renewed) : renewed.error();
  return done ? "" : text + " and could not be renewed: " + done.error().text();
}

std::string own_text(const tls::Identity& identity, WallTime now, bool colours) {
  const auto name = identity.name();
  const auto until = identity.expires();
  if (!name || !until) return "unknown";
  auto text = std::string(tls::role_text(name->role)) + "/" + name->name +
              ", certificate expires " + time_text(*until);
  if (*until - now >= kSoon) return text;
  const auto days = std::chrono::floor<std::chrono::days>(*until - now).count();
  const auto left = days < 1    ? std::string("less than a day left")
                    : days == 1 ? std::string("only 1 day left")
                                : "only " + std::to_string(days) + " days left";
  return text + ", " + painted(left, days < 7 ? Tone::bad : Tone::doubtful, colours);
}

std::string create_again(const std::filesystem::path& directory, const tls::Identity& identity) {
  const auto peer = identity.name();
  const auto name = peer ? peer->name : std::string(control::kFirstAdmin);
  std::error_code ignored;
  const auto place = plain(std::filesystem::absolute(directory, ignored));
  const control::DataDirectory data{place.parent_path()};
  const auto command = "  gslbctl admin create " + name + " --dir ";
  if (data.is_initialised()) {
    const bool usual = data.admin(name) == place;
    return "this makes another one:\n" + command + data.root.string() +
           (usual ? "" : " --out " + place.string());
  }
  return "on the controller's machine this makes another one, where DIR is the controller's data "
         "directory:\n" +
         command + "DIR --out OUT\n" + "Then put what is in OUT into " + place.string();
}

}  // namespace meridian::gslbctl
