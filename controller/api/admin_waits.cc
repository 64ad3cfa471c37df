// The calls of the Admin service that wait for nodes, without holding a thread.
#include <algorithm>
#include <memory>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include "common/net/address.h"
#include "common/observe/log.h"
#include "common/tls/identity.h"
#include "controller/api/admin.h"
#include "controller/distribute/node_stream.h"
#include "controller/model/purge_target.h"

namespace meridian::control {
namespace {

using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;

constexpr milliseconds kDefaultPurgeWait = std::chrono::seconds(5);
constexpr milliseconds kLongestPurgeWait = std::chrono::seconds(60);
constexpr std::size_t kLongestHostname = 255;
constexpr int kMostLost = 64;
constexpr std::size_t kLongestUrl = 8192;
constexpr int kMostFields = 100;

Status invalid(const std::string& what) { return {StatusCode::INVALID_ARGUMENT, what}; }

Result<milliseconds> purge_wait(const v1::PurgeRequest& request) {
  if (!request.has_wait()) return kDefaultPurgeWait;
  const milliseconds wait(google::protobuf::util::TimeUtil::DurationToMilliseconds(request.wait()));
  if (wait < milliseconds(0) || wait > kLongestPurgeWait)
    return Error("wait", "must be from 0 to 60s");
  return wait;
}

}  // namespace

AdminService::Reactor* AdminService::Purge(Context* context, const v1::PurgeRequest* request,
                                           v1::PurgeResponse* response) {
  auto* reactor = context->DefaultReactor();
  std::string author;
  auto status = permit(*context, author);
  const auto wait = purge_wait(*request);
  if (status.ok() && !wait) status = invalid(wait.error().text());
  if (status.ok()) status = append_purge(*request, *response);
  if (!status.ok()) {
    reactor->Finish(status);
    return reactor;
  }
  log::info("purge", {{"sequence", response->sequence()},
                      {"author", author},
                      {"target", request->purge().ShortDebugString()}});
  const auto done = [this, reactor, response] {
    report_purge(*response);
    reactor->Finish(Status::OK);
  };
  // With too many waiting already the answer is how far it has come by now.
  if (!parts_.purge_watch.add({response->sequence()}, parts_.clocks.steady() + *wait, done)) done();
  parts_.purge_news();
  return reactor;
}

Status AdminService::append_purge(const v1::PurgeRequest& request, v1::PurgeResponse& response) {
  const auto head = parts_.head.current();
  const auto purge = checked_purge(request.purge(), head->configuration);
  if (!purge) return invalid(purge.error().text());
  const auto sequence = parts_.store.append_purge(*purge);
  if (!sequence) return {StatusCode::INTERNAL, sequence.error().text()};
  response.set_sequence(sequence->value);
  ++purges_;
  return Status::OK;
}

void AdminService::report_purge(v1::PurgeResponse& response) const {
  const auto head = parts_.head.current();
  for (const auto& [id, resource] : head->configuration.resources()) {
    if (id.first != v1::KIND_NODE || resource.node().role() != v1::ROLE_EDGE) continue;
    const auto record = parts_.registry.record(id.second);
    auto& edge = *response.add_edges();
    edge.set_node(id.second);
    edge.set_connected(record.connected);
    edge.set_acknowledged(record.purged.value >= response.sequence());
  }
}

template <class Question, class Done>
void AdminService::ask_node(Reactor* reactor, const Asked& asked, std::chrono::seconds timeout,
                            Question question, Done done) {
  const auto stream = connected_node(asked);
  if (!stream) {
    const std::string kind = std::string(tls::role_text(asked.role)) + " node";
    return reactor->Finish(
        {StatusCode::UNAVAILABLE, asked.node.empty()
                                      ? "no " + kind + " is connected"
                                      : "the " + kind + " '" + asked.node + "' is not connected"});
  }
  const auto finish = [reactor, done](Result<v1::NodeMessage> answer) {
    if (answer) done(*answer);
    reactor->Finish(answer ? Status::OK : Status(StatusCode::UNAVAILABLE, answer.error().text()));
  };
  const auto id =
      parts_.questions.open(stream->peer().name, parts_.clocks.steady() + timeout, finish);
  if (!id)
    return reactor->Finish(
        {StatusCode::RESOURCE_EXHAUSTED, "too many questions are open; try again"});
  if (!stream->ask(question(*id)))
    parts_.questions.fail(*id, "has too many questions to answer already");
  parts_.wait_news();
}

AdminService::Reactor* AdminService::Explain(Context* context, const v1::ExplainQuery* request,
                                             v1::ExplainResponse* response) {
  auto* reactor = context->DefaultReactor();
  std::string author;
  auto status = permit(*context, author);
  const auto client = parse_address(request->client());
  if (status.ok() && !client) status = invalid("client: " + client.error().text());
  if (status.ok() && (request->hostname().empty() || request->hostname().size() > kLongestHostname))
    status = invalid("hostname: must have 1 to 255 characters");
  if (!status.ok()) {
    reactor->Finish(status);
    return reactor;
  }
  const auto question = [&](std::uint64_t id) {
    v1::ControllerMessage message;
    message.mutable_explain()->set_id(id);
    message.mutable_explain()->set_hostname(request->hostname());
    message.mutable_explain()->set_client(client->text());
    return message;
  };
  ask_node(reactor, {v1::ROLE_DNS, request->node()}, kExplainTimeout, question,
           [response](v1::NodeMessage& answer) { response->Swap(answer.mutable_explain()); });
  return reactor;
}

AdminService::Reactor* AdminService::ExplainHttp(Context* context,
                                                 const v1::HttpExplainQuery* request,
                                                 v1::HttpExplanation* response) {
  auto* reactor = context->DefaultReactor();
  std::string author;
  auto status = permit(*context, author);
  const auto& asked = request->request();
  const auto client = parse_address(asked.client());
  if (status.ok() && !client) status = invalid("client: " + client.error().text());
  if (status.ok() && (asked.url().empty() || asked.url().size() > kLongestUrl))
    status = invalid("url: must have 1 to " + std::to_string(kLongestUrl) + " characters");
  if (status.ok() && asked.fields_size() > kMostFields)
    status = invalid("fields: at most " + std::to_string(kMostFields));
  if (!status.ok()) {
    reactor->Finish(status);
    return reactor;
  }
  const auto question = [&asked](std::uint64_t id) {
    v1::ControllerMessage message;
    *message.mutable_explain_http() = asked;
    message.mutable_explain_http()->set_id(id);
    return message;
  };
  ask_node(
      reactor, {v1::ROLE_EDGE, request->node()}, kExplainTimeout, question,
      [response](v1::NodeMessage& answer) { response->Swap(answer.mutable_http_explanation()); });
  return reactor;
}

AdminService::Reactor* AdminService::ReportSteering(Context* context,
                                                    const v1::SteeringReportQuery* request,
                                                    v1::SteeringReport* response) {
  auto* reactor = context->DefaultReactor();
  std::string author;
  auto status = permit(*context, author);
  if (status.ok() && request->lost_size() > kMostLost)
    status = invalid("lost: at most " + std::to_string(kMostLost) + " locations");
  if (!status.ok()) {
    reactor->Finish(status);
    return reactor;
  }
  const auto question = [request](std::uint64_t id) {
    v1::ControllerMessage message;
    auto& report = *message.mutable_steering_report();
    report.set_id(id);
    report.set_steering_policy(request->steering_policy());
    report.set_site(request->site());
    *report.mutable_lost() = request->lost();
    return message;
  };
  ask_node(
      reactor, {v1::ROLE_DNS, request->node()}, kReportTimeout, question,
      [response](v1::NodeMessage& answer) { response->Swap(answer.mutable_steering_report()); });
  return reactor;
}

std::shared_ptr<NodeStream> AdminService::connected_node(const Asked& asked) const {
  if (!asked.node.empty()) {
    auto stream = parts_.registry.stream(asked.node);
    return stream && stream->peer().role == asked.role ? stream : nullptr;
  }
  for (auto& stream : parts_.registry.streams())
    if (stream->peer().role == asked.role) return std::move(stream);
  return nullptr;
}

}  // namespace meridian::control
