#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/time.h"
#include "common/observe/metrics.h"
#include "edge-node/net/visitor_tls.h"

namespace meridian::edge {

/// A certificate whose proofs are fetched.
struct StapledCertificate {
  std::string name;  // of the resource
  std::string chain_pem;
  std::shared_ptr<Staple> staple;
};

/// When to ask again: half of the answer's time from now, at least a minute and at most 12 hours.
/// Pure.
std::chrono::seconds renewal_after(WallTime now, WallTime until);
/// The same after so many failures in a row: 1 minute, twice as long each time, up to an hour.
/// Pure.
std::chrono::seconds retry_after(unsigned failures);

/// Fetches proofs that certificates are not revoked and renews them, on a thread that begins with
/// the first of them. A
/// responder that does not answer costs nothing but the proof, once that has expired.
class Stapler {
 public:
  Stapler() = default;
  Stapler(const Stapler&) = delete;
  Stapler& operator=(const Stapler&) = delete;
  /// Waits for a fetch that is under way, a few seconds at most.
  ~Stapler();

  /// From now on these and no others. One thread.
  void watch(std::vector<StapledCertificate> certificates);

  const WorkerCounter& fetches() const { return fetches_; }
  const WorkerCounter& failures() const { return failures_; }

 private:
  struct Watched {
    StapledCertificate certificate;
    Instant due;
    WallTime until{};  // of what is stapled
    unsigned failures = 0;
  };
  void run();
  void fetch(Watched& watched);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const Staple*, std::shared_ptr<Watched>> watched_;
  bool stopping_ = false;
  WorkerCounter fetches_, failures_;
  std::thread thread_;
};

}  // namespace meridian::edge
