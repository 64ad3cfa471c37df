// What every gRPC tool expects of a server: health and reflection.
#include <future>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "controller/test_world.h"

namespace meridian::control {
namespace {

grpc::ByteBuffer buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string bytes(const grpc::ByteBuffer& from) {
  grpc::Slice slice;
  return from.DumpToSingleSlice(&slice).ok()
             ? std::string(reinterpret_cast<const char*>(slice.begin()), slice.size())
             : std::string();
}

// Writes one request, reads one response.
class OneExchange final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit OneExchange(const std::string& request) : request_(buffer(request)) {}
  void begin() {
    StartWrite(&request_);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool) override { StartWritesDone(); }
  void OnDone(const grpc::Status&) override { done_.set_value(bytes(response_)); }
  std::string response() { return done_.get_future().get(); }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::promise<std::string> done_;
};

TEST(StandardServices, ReportThatTheControllerServes) {
  const TestWorld world;
  grpc::GenericStub stub(world.stranger());
  Call call;
  const auto request = buffer("");
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&call, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](const grpc::Status& status) { done.set_value(status); });
  const auto status = done.get_future().get();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(bytes(response), "\x08\x01");  // status: SERVING
}

TEST(StandardServices, ListTheServices) {
  const TestWorld world;
  grpc::GenericStub stub(world.stranger());
  Call call;
  OneExchange exchange("\x3a\x01*");  // list_services: "*"
  stub.PrepareBidiStreamingCall(
      &call, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {}, &exchange);
  exchange.begin();
  const auto services = exchange.response();
  for (const auto* name : {"meridian.v1.Admin", "meridian.v1.Distribution",
                           "meridian.v1.Enrollment", "meridian.v1.Health"})
    EXPECT_NE(services.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace meridian::control
