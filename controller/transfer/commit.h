#pragma once

#include <string>
#include <vector>

#include "common/base/time.h"
#include "controller/store/head.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// A zone as a primary sent it.
struct ArrivedZone {
  std::string name;
  std::string primary;  // its address
  v1::Zone contents;
  std::string left_out;   // of what was sent
  bool by_steps = false;  // made of differences to what was held
};

/// Makes all of them one revision, by the author `transfer/ADDRESS` (`transfer` where they came
/// from several): a revision costs as much as all that is configured, so thousands of zones must
/// not be thousands of revisions. Those that are refused are left out, and do not keep the others
/// away. For each, in order: why it was refused; empty: it is held now.
std::vector<std::string> commit_zones(Head& head, const std::vector<ArrivedZone>& zones,
                                      WallTime now);

}  // namespace meridian::control
