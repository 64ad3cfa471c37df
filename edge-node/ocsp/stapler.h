#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
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
/// the first of them. A responder that does not answer costs nothing but the proof, once that has
/// expired: until then it is kept on disk, too.
class Stapler {
 public:
  /// Proofs are kept in `directory`, which is made when there are any; empty: in memory alone.
  explicit Stapler(std::filesystem::path directory = {}) : directory_(std::move(directory)) {}
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
    std::filesystem::path file;  // where its proof is kept; empty: nowhere
    bool is_new = true;
    unsigned failures = 0;
  };
  void run();
  bool take_kept(Watched& watched);
  void fetch(Watched& watched);
  void keep(const Watched& watched, const std::string& der);
  void remove_others(const std::set<std::filesystem::path>& wanted);
  std::set<std::filesystem::path> files() const;

  const std::filesystem::path directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_tidy_ = false;
  std::map<const Staple*, std::shared_ptr<Watched>> watched_;
  bool stopping_ = false;
  WorkerCounter fetches_, failures_;
  std::thread thread_;
};

}  // namespace meridian::edge
