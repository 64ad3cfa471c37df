#include "edge-node/ocsp/stapler.h"

#include <algorithm>
#include <utility>

#include "common/base/hash.h"
#include "common/disk/file.h"
#include "common/observe/log.h"
#include "common/tls/certificate.h"
#include "common/tls/ocsp.h"
#include "edge-node/ocsp/responder.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::uint64_t kMostProofBytes = 16'384;

}  // namespace

std::chrono::seconds renewal_after(WallTime now, WallTime until) {
  const auto rest = std::chrono::duration_cast<std::chrono::seconds>(until - now);
  return std::clamp<std::chrono::seconds>(rest / 2, std::chrono::minutes(1),
                                          std::chrono::hours(12));
}

std::chrono::seconds retry_after(unsigned failures) {
  return std::min<std::chrono::seconds>(
      std::chrono::minutes(1) * (1U << std::min(failures > 0 ? failures - 1 : 0U, 6U)),
      std::chrono::hours(1));
}

Stapler::~Stapler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Stapler::watch(std::vector<StapledCertificate> certificates) {
  if (!certificates.empty() && !thread_.joinable()) thread_ = std::thread([this] { run(); });
  const std::lock_guard lock(mutex_);
  std::map<const Staple*, std::shared_ptr<Watched>> next;
  for (auto& certificate : certificates) {
    const Staple* key = certificate.staple.get();
    const auto known = watched_.find(key);
    if (known != watched_.end()) {
      next[key] = known->second;
      continue;
    }
    auto file = directory_.empty() ? std::filesystem::path()
                                   : directory_ / (to_hex(sha256(certificate.chain_pem)) + ".der");
    next[key] = std::make_shared<Watched>(Watched{
        .certificate = std::move(certificate), .due = Clock::now(), .file = std::move(file)});
  }
  watched_.swap(next);
  is_tidy_ = directory_.empty();
  changed_.notify_all();
}

void Stapler::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!std::exchange(is_tidy_, true)) {
      const auto wanted = files();
      lock.unlock();
      remove_others(wanted);
      lock.lock();
      continue;  // it may be the end by now
    }
    std::shared_ptr<Watched> next;
    for (const auto& [key, watched] : watched_)
      if (!next || watched->due < next->due) next = watched;
    if (!next) {
      changed_.wait(lock);
    } else if (next->due > Clock::now()) {
      changed_.wait_until(lock, next->due);
    } else {
      lock.unlock();
      if (!std::exchange(next->is_new, false) || !take_kept(*next)) fetch(*next);
      lock.lock();
    }
  }
}

/// Of the certificates that are watched.
std::set<std::filesystem::path> Stapler::files() const {
  std::set<std::filesystem::path> all;
  for (const auto& [key, watched] : watched_) all.insert(watched->file);
  return all;
}

/// Proofs of what is served no more.
void Stapler::remove_others(const std::set<std::filesystem::path>& wanted) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    if (!wanted.contains(entry.path())) std::filesystem::remove(entry.path(), error);
}

/// From the process before. False: there is none that is good.
bool Stapler::take_kept(Watched& watched) {
  if (watched.file.empty()) return false;
  auto der = read_file(watched.file, kMostProofBytes);
  const auto chain = tls::parse_chain(watched.certificate.chain_pem);
  if (!der || !chain || tls::ocsp_problem(*der, *chain->front())) return false;
  const auto now = WallClock::now(), until = tls::ocsp_valid_until(*der);
  if (until <= now || until == WallTime::max()) return false;
  watched.due = Clock::now() + renewal_after(now, until);
  watched.certificate.staple->use(std::make_shared<const std::string>(std::move(*der)), until);
  return true;
}

void Stapler::keep(const Watched& watched, const std::string& der) {
  if (watched.file.empty()) return;
  auto kept = make_directory(directory_);
  if (kept) kept = write_file_atomically(watched.file, der, 0600);
  if (!kept) log::warn("a proof cannot be kept on disk", {{"reason", kept.error()}});
}

/// Only the thread touches `watched` once it is known.
void Stapler::fetch(Watched& watched) {
  const auto& certificate = watched.certificate;
  fetches_.add();
  auto answer = ask_responder(certificate.chain_pem, kPatience);
  if (answer) {
    watched.failures = 0;
    watched.due = Clock::now() + renewal_after(WallClock::now(), answer->until);
    keep(watched, answer->der);
    certificate.staple->use(std::make_shared<const std::string>(std::move(answer->der)),
                            answer->until);
    return;
  }
  failures_.add();
  watched.due = Clock::now() + retry_after(++watched.failures);
  log::warn("no proof that a certificate is not revoked",
            {{"certificate", certificate.name}, {"reason", answer.error()}});
}

}  // namespace meridian::edge
