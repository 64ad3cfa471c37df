#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/tls/certificate.h"
#include "common/tls/identity.h"
#include "controller/control_plane.h"
#include "controller/identity/init.h"
#include "controller/test_directory.h"
#include "meridian/v1/admin.grpc.pb.h"
#include "meridian/v1/distribution.grpc.pb.h"
#include "meridian/v1/enrollment.grpc.pb.h"
#include "meridian/v1/health.grpc.pb.h"

namespace meridian::control {

/// How long a test waits for what must come.
inline constexpr std::chrono::seconds kPatience{20};

/// A call's context that does not wait for ever.
class Call : public grpc::ClientContext {
 public:
  Call() { set_deadline(std::chrono::system_clock::now() + kPatience); }
};

/// A controller with real TLS on a free port of 127.0.0.1, and whoever calls it.
class TestWorld {
 public:
  TestWorld() {
    EXPECT_TRUE(initialise(directory_.path(), "test.example", WallClock::now()));
    start();
  }

  void start() {
    plane_.reset();
    ControlPlaneOptions options;
    options.directory = directory_.path();
    options.listen = parse_endpoint("127.0.0.1:0").value();
    options.quiet_start = std::chrono::milliseconds(0);
    options.clocks.wall = [this] { return WallClock::now() + clock_offset.load(); };
    plane_ = std::move(ControlPlane::start(std::move(options)).value());
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(plane_->port()); }
  const std::filesystem::path& directory() const { return directory_.path(); }
  ControlPlane& plane() { return *plane_; }

  /// An identity straight from the CA, without enrolment.
  tls::Identity identity(v1::Role role, const std::string& name,
                         WallTime issued = WallClock::now()) const {
    const auto authority = Authority::load(DataDirectory{directory_.path()}.ca()).value();
    const auto key = tls::make_key();
    const CertificateOrder order{role, name, std::chrono::hours(1), issued};
    return {authority.issue(tls::make_request(*key), order).value(), tls::key_to_pem(*key),
            authority.certificate_pem()};
  }
  /// With `identity`'s certificate, or none if it has none.
  std::shared_ptr<grpc::Channel> channel(const tls::Identity& identity) const {
    grpc::SslCredentialsOptions options{identity.ca_pem, identity.key_pem, identity.chain_pem};
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(std::string(tls::kControllerServerName));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(64 << 20);
    return grpc::CreateCustomChannel(address(), grpc::SslCredentials(options), arguments);
  }
  std::shared_ptr<grpc::Channel> channel(v1::Role role, const std::string& name) const {
    return channel(identity(role, name));
  }
  /// Trusts the CA but has no certificate.
  std::shared_ptr<grpc::Channel> stranger() const {
    return channel(tls::Identity{"", "", identity(v1::ROLE_ADMIN, "x").ca_pem});
  }
  std::unique_ptr<v1::Admin::Stub> admin() const {
    return v1::Admin::NewStub(channel(v1::ROLE_ADMIN, "root"));
  }

  /// Applies what must be accepted; the revision that it became.
  std::uint64_t apply(const v1::ApplyRequest& request) const {
    Call call;
    v1::ApplyResponse response;
    const auto status = admin()->Apply(&call, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.violations_size(), 0) << response.ShortDebugString();
    return response.revision();
  }
  /// Two locations, the edges e1 (par) and e2 (nyc), the DNS nodes d1 (par) and d2 (nyc).
  std::uint64_t declare_fleet() const {
    v1::ApplyRequest request;
    for (const auto* location : {"par", "nyc"}) {
      auto& resource = *request.add_upserts();
      resource.set_name(location);
      resource.mutable_location()->set_latitude(1);
      resource.mutable_location()->set_longitude(2);
    }
    const auto node = [&](const char* name, v1::Role role, const char* location) {
      auto& resource = *request.add_upserts();
      resource.set_name(name);
      resource.mutable_node()->set_role(role);
      resource.mutable_node()->set_location(location);
      if (role == v1::ROLE_EDGE)
        resource.mutable_node()->add_addresses("192.0.2." + std::string(1, name[1]));
    };
    node("e1", v1::ROLE_EDGE, "par");
    node("e2", v1::ROLE_EDGE, "nyc");
    node("d1", v1::ROLE_DNS, "par");
    node("d2", v1::ROLE_DNS, "nyc");
    return apply(request);
  }
  /// Another revision: nothing but a description changes.
  std::uint64_t change_description(const std::string& text) const {
    v1::ApplyRequest request;
    auto& resource = *request.add_upserts();
    resource.set_name("par");
    resource.mutable_location()->set_latitude(1);
    resource.mutable_location()->set_longitude(2);
    resource.mutable_location()->set_description(text);
    return apply(request);
  }
  v1::NodeStatus node_status(const std::string& name) const {
    Call call;
    v1::ListNodesResponse response;
    const auto status = admin()->ListNodes(&call, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const auto& node : response.nodes())
      if (node.name() == name) return node;
    return {};
  }

  /// Added to the controller's wall clock.
  std::atomic<std::chrono::seconds> clock_offset{std::chrono::seconds(0)};

 private:
  TestDirectory directory_;
  std::unique_ptr<ControlPlane> plane_;
};

/// True as soon as `condition` is; false if it does not become so.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = Clock::now() + kPatience;
  while (!condition())
    if (Clock::now() > deadline) return false;
  return true;
}

/// A node's end of Distribution.Stream, by hand.
class TestNode {
 public:
  TestNode(const std::shared_ptr<grpc::Channel>& channel, const v1::Hello& hello)
      : stub_(v1::Distribution::NewStub(channel)), stream_(stub_->Stream(&call_)) {
    v1::NodeMessage message;
    *message.mutable_hello() = hello;
    stream_->Write(message);
  }
  static v1::Hello hello(v1::Role role) {
    v1::Hello hello;
    hello.set_role(role);
    hello.set_software_version("test");
    return hello;
  }

  bool send(const v1::NodeMessage& message) { return stream_->Write(message); }
  bool ack(std::uint64_t revision) {
    v1::NodeMessage message;
    message.mutable_ack()->set_revision(revision);
    return send(message);
  }
  bool ack_purges(std::uint64_t sequence) {
    v1::NodeMessage message;
    message.mutable_purge_ack()->set_sequence(sequence);
    return send(message);
  }
  /// The next message of one kind; others before it are dropped. Empty: the stream has ended.
  v1::ControllerMessage next(v1::ControllerMessage::MessageCase kind) {
    v1::ControllerMessage message;
    while (stream_->Read(&message))
      if (message.message_case() == kind) return message;
    return {};
  }
  v1::SnapshotPush next_snapshot() { return next(v1::ControllerMessage::kSnapshot).snapshot(); }
  v1::PurgeBatch next_purges() { return next(v1::ControllerMessage::kPurges).purges(); }
  v1::HealthUpdate next_health() { return next(v1::ControllerMessage::kHealth).health(); }
  /// Reads to the end.
  grpc::Status end() {
    next(v1::ControllerMessage::MESSAGE_NOT_SET);
    return stream_->Finish();
  }
  void cancel() { call_.TryCancel(); }

 private:
  Call call_;
  std::unique_ptr<v1::Distribution::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::NodeMessage, v1::ControllerMessage>> stream_;
};

}  // namespace meridian::control
