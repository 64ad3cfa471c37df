#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/base/time.h"
#include "controller/store/store.h"

namespace meridian::control {

/// When the Certificates of the newest revision expire. Found once for each revision, and of each
/// chain but once: there may be thousands. Any thread.
class CertificateEnds {
 public:
  struct End {
    std::string name;
    WallTime not_after;
  };
  /// In the order of their names.
  using Ends = std::shared_ptr<const std::vector<End>>;

  /// Never null.
  Ends of(const ConfigurationAt& newest);

 private:
  std::mutex mutex_;  // guards all below
  Revision revision_;
  Ends ends_;                            // null: none were asked for yet
  std::map<Sha256, WallTime> of_chain_;  // by their texts, of those in ends_
};

}  // namespace meridian::control
