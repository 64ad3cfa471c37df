#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "controller/identity/attempts.h"
#include "controller/identity/authority.h"
#include "controller/identity/join_token.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"
#include "controller/store/sqlite_store.h"
#include "meridian/v1/enrollment.grpc.pb.h"

namespace meridian::control {

/// Trades join tokens for certificates and old certificates for new ones. What it is given must
/// outlive it.
class EnrollmentService final : public v1::Enrollment::CallbackService {
 public:
  struct Parts {
    const Authority& authority;
    SqliteStore& store;
    Head& head;
    const Clocks& clocks;
    std::chrono::seconds node_certificate_life;
  };
  explicit EnrollmentService(Parts parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Enroll(grpc::CallbackServerContext* context,
                                   const v1::EnrollRequest* request,
                                   v1::EnrollResponse* response) override;
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const v1::RenewRequest* request,
                                  v1::EnrollResponse* response) override;

  /// For metrics.
  std::uint64_t enrolled() const { return enrolled_; }
  std::uint64_t renewed() const { return renewed_; }
  std::uint64_t refused() const { return refused_; }

 private:
  grpc::Status enroll(const v1::EnrollRequest& request, v1::EnrollResponse& response);
  grpc::Status renew(const tls::PeerName& caller, const v1::RenewRequest& request,
                     v1::EnrollResponse& response);
  /// Takes one use of the token, and declares the node if need be, in one step.
  grpc::Status admit(const v1::EnrollRequest& request, const StoredToken& token);
  grpc::Status issue(std::string_view request_pem, const CertificateOrder& order,
                     v1::EnrollResponse& response);

  Parts parts_;
  std::mutex attempts_mutex_;
  Attempts attempts_;
  std::atomic<std::uint64_t> enrolled_{0};
  std::atomic<std::uint64_t> renewed_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace meridian::control
