#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// A revision and the signatures of its zones.
struct SignedRevision {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const Signatures> signatures;  // null: no zone is signed
};

/// Signs what is missing or due at `now` (seconds since 1970) in all zones of `snapshot`, as long
/// as `may_sign()`, and takes what is good from `before`, which may be empty or of another
/// revision. With nothing to be changed, what `before` holds. Pure but for the chance in ECDSA.
SignedRevision sign_revision(std::shared_ptr<const Snapshot> snapshot, const SignedRevision& before,
                             std::uint32_t now, const std::function<bool()>& may_sign);

/// Something is missing, or due at `now`.
bool has_work(const SignedRevision& revision, std::uint32_t now);

/// Keeps a node's signatures fresh, whether or not there is a controller: signs a new revision
/// before it is served, as far as there is time, and the rest and what grows old on a thread of its
/// own. What is not signed yet is signed when it is asked for.
class SignatureKeeper {
 public:
  using Sink = std::function<void(const SignedRevision&)>;
  /// How long a revision may wait for its signatures.
  static constexpr std::chrono::milliseconds kPatience{1'000};
  /// How long the thread signs before it hands on what it has.
  static constexpr std::chrono::milliseconds kTurn{200};

  /// `sink` gets each revision, and again when more of it is signed; one call at a time.
  explicit SignatureKeeper(Sink sink) : sink_(std::move(sink)) {}
  ~SignatureKeeper() { stop(); }

  void start();
  /// Joins. Idempotent.
  void stop();

  /// Signs `snapshot` and hands it to the sink before it returns. Any thread.
  void take(std::shared_ptr<const Snapshot> snapshot);

  /// For metrics. Any thread.
  struct Held {
    std::uint64_t count = 0;
    std::uint64_t octets = 0;
    std::uint32_t renew_at = 0;  // seconds since 1970; 0: there are none
  };
  Held held() const;

 private:
  void run();
  SignedRevision last() const;
  void sign(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time);

  Sink sink_;
  std::mutex signing_;        // one at a time, handing on included
  mutable std::mutex mutex_;  // guards what follows
  SignedRevision last_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace meridian::dns
