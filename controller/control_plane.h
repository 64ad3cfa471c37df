#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "common/base/result.h"
#include "common/net/address.h"
#include "controller/identity/authority.h"
#include "controller/store/clocks.h"

namespace meridian {
class MetricsServer;
}

namespace meridian::control {

struct ControlPlaneOptions {
  std::filesystem::path directory;
  Endpoint listen;
  std::chrono::seconds node_certificate_life{kNodeCertificateLife};
  /// How long verdicts are held back after the start, for votes to come in.
  std::chrono::milliseconds quiet_start{3'000};
  /// Where primaries of zones tell of changes, by UDP.
  std::optional<Endpoint> notify_listen{};
  Clocks clocks{};
};

/// A running controller: all parts, wired. Needs an initialised directory.
class ControlPlane {
 public:
  static Result<std::unique_ptr<ControlPlane>> start(ControlPlaneOptions options);
  /// Stops as stop() does.
  ~ControlPlane();

  std::uint16_t port() const;
  /// `metrics` must be destroyed before this.
  void add_metrics(MetricsServer& metrics) const;
  /// Issues the controller's own certificate again if it is due; running connections stay.
  Result<void> renew_identity();
  /// Gives the nodes what secrets they must have now and have not yet.
  Result<void> rotate_secrets();
  /// Takes the steps that are due in the life of zones' keys. Once a second.
  Result<void> advance_keys();
  /// Tells nodes that they must go elsewhere, and ends all calls within some seconds. Idempotent.
  void stop();

 private:
  class State;
  explicit ControlPlane(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace meridian::control
