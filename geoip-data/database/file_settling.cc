#include "geoip-data/database/file_settling.h"

namespace meridian {

bool FileSettling::should_read(const std::string& seen, Asked asked) {
  const bool at_rest = seen == last_seen_;
  last_seen_ = seen;
  if (asked == Asked::somebody) return true;
  return at_rest && seen != in_use_ && seen != refused_;
}

void FileSettling::took(const std::string& signature) {
  in_use_ = signature;
  refused_.clear();
}

}  // namespace meridian
