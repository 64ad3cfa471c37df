#include "edge-node/ocsp/stapler.h"

#include <algorithm>
#include <utility>

#include "common/observe/log.h"
#include "edge-node/ocsp/responder.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::seconds kPatience{5};

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
    next[key] = known != watched_.end()
                    ? known->second
                    : std::make_shared<Watched>(Watched{std::move(certificate), Clock::now()});
  }
  watched_.swap(next);
  changed_.notify_all();
}

void Stapler::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::shared_ptr<Watched> next;
    for (const auto& [key, watched] : watched_)
      if (!next || watched->due < next->due) next = watched;
    if (!next) {
      changed_.wait(lock);
    } else if (next->due > Clock::now()) {
      changed_.wait_until(lock, next->due);
    } else {
      lock.unlock();
      fetch(*next);
      lock.lock();
    }
  }
}

/// Only the thread touches `watched` once it is known.
void Stapler::fetch(Watched& watched) {
  const auto& certificate = watched.certificate;
  fetches_.add();
  auto answer = ask_responder(certificate.chain_pem, kPatience);
  const auto now = WallClock::now();
  if (answer) {
    watched.failures = 0;
    watched.until = answer->until;
    watched.due = Clock::now() + renewal_after(now, answer->until);
    certificate.staple->use(std::make_shared<const std::string>(std::move(answer->der)));
    return;
  }
  failures_.add();
  watched.due = Clock::now() + retry_after(++watched.failures);
  if (watched.until <= now) certificate.staple->use(nullptr);
  log::warn("no proof that a certificate is not revoked",
            {{"certificate", certificate.name}, {"reason", answer.error()}});
}

}  // namespace meridian::edge
