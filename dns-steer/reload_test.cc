// Configuration and databases of places change while queries run: none is lost, none is answered
// with anything but what one of the states around it says.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>
#include <poll.h>

#include "common/config/documents.h"
#include "common/snapshot/snapshot.h"
#include "dns-steer/compile/geography_reload.h"
#include "dns-steer/compile/snapshot.h"
#include "dns-steer/io/worker_pool.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

namespace fs = std::filesystem;
using boost::asio::ip::udp;
using testing::Packet;

constexpr int kConfigurations = 1'000;
constexpr int kReloads = 20;
constexpr int kLostAfterMs = 20'000;

// Berkeley is near San Francisco; the middle of its country is nearer to Chicago.
constexpr const char* kFleet = R"(
{kind: Location, name: chi, spec: {latitude: 41.9, longitude: -87.6}}
---
{kind: Location, name: par, spec: {latitude: 48.9, longitude: 2.4}}
---
{kind: Location, name: sfo, spec: {latitude: 37.6, longitude: -122.4}}
---
{kind: Node, name: chi, spec: {role: edge, location: chi, addresses: [192.0.2.1]}}
---
{kind: Node, name: par, spec: {role: edge, location: par, addresses: [192.0.2.2]}}
---
{kind: Node, name: sfo, spec: {role: edge, location: sfo, addresses: [192.0.2.3]}}
---
{kind: Site, name: shop, spec: {hostnames: [www.shop.test]}}
---
{kind: Zone, name: shop.test, spec: {nameservers: [ns.shop.test.]}}
)";

/// What a DNS node does with revisions and databases.
class Node {
 public:
  explicit Node(DatabaseStore store)
      : geography_(open_or_copy(store).value()),
        reload_(std::move(store), geography_, {.most_moved = 1},
                [this](Geography::Change change) { take(std::move(change)); }) {}

  void apply(std::uint64_t revision) {
    newest_ = revision;
    const std::lock_guard lock(mutex_);
    last_.Clear();
    last_.set_revision(revision);
    last_.set_role(v1::ROLE_DNS);
    auto documents = config::parse_documents(kFleet, "fleet.yaml");
    ASSERT_TRUE(documents.errors.empty()) << documents.errors[0].text();
    for (auto& document : documents.documents) {
      auto& resource = document.resource;
      const auto number = std::to_string(revision);
      if (resource.has_zone()) {
        add_record(resource, "revision", "TXT", number);
        add_record(resource, "pair", "CNAME", "to" + number);
        add_record(resource, "to" + number, "TXT", number);
      }
      pack_resource(resource, last_);
    }
    serve();
  }

  void reload() { reload_.look(GeographyReload::Wish::reload); }
  std::uint64_t reloads() const { return reload_.reloads(); }
  std::uint16_t port() const { return pool_.bound().at(0).port; }
  /// No revision beyond it has been seen by anybody.
  std::uint64_t newest() const { return newest_; }

 private:
  static void add_record(v1::Resource& zone, const std::string& name, const std::string& type,
                         const std::string& data) {
    auto& records = *zone.mutable_zone()->add_records();
    records.set_name(name);
    records.set_type(type);
    records.add_data(data);
  }
  void take(Geography::Change change) {
    const std::lock_guard lock(mutex_);
    geography_.commit(std::move(change));
    serve();
  }
  void serve() {
    auto snapshot = compile_snapshot(last_, geography_);
    ASSERT_TRUE(snapshot) << snapshot.error().text();
    HealthView health;  // an edge that nobody needs comes and goes
    health.edges["sfo"].up = last_.revision() % 2 == 0;
    const auto served = pool_.serve(std::make_shared<const Serving>(std::move(*snapshot), health));
    ASSERT_TRUE(served) << served.error().text();
  }

  std::atomic<std::uint64_t> newest_{0};
  std::mutex mutex_;
  v1::Snapshot last_;
  Geography geography_;
  WorkerPool pool_{{parse_endpoint("127.0.0.1:0").value()}, 2};
  GeographyReload reload_;
};

/// Asks one question after the other, and looks at every answer.
class Visitor {
 public:
  explicit Visitor(const Node& node) : node_(node), socket_(context_, udp::endpoint(udp::v4(), 0)) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), node.port()});
  }

  void ask_until(const std::atomic<bool>& over) {
    while (!over || asked_ == 0) {
      ++asked_;
      // Both databases have Paris in France, and nobody doubts it.
      expect_one_of(ask("www.shop.test", 1, {"\x86\x9d\x01", 3}), {"192.0.2.2"});
      expect_one_of(ask("www.shop.test", 1, {"\x80\x20\x01", 3}), {"192.0.2.1", "192.0.2.3"});
      const auto revision = number_behind(ask("revision.shop.test", 16, ""), "\"");
      ASSERT_GE(revision, revision_) << "a worker never goes back";
      ASSERT_LE(revision, node_.newest());
      revision_ = revision;
      const auto pair = ask("pair.shop.test", 16, "");
      ASSERT_EQ(number_behind(pair, "CNAME to"), number_behind(pair, "TXT \""))
          << "an answer is of one revision: " << pair;
    }
  }
  int asked() const { return asked_; }

 private:
  std::string ask(const std::string& name, std::uint16_t type, const std::string& network) {
    auto query =
        testing::packet({.name = name,
                         .type = type,
                         .edns = !network.empty(),
                         .options = network.empty() ? "" : testing::subnet_option(1, 24, network)});
    query[0] = static_cast<std::uint8_t>(++id_ >> 8);
    query[1] = static_cast<std::uint8_t>(id_);
    socket_.send(boost::asio::buffer(query));
    pollfd waiting{socket_.native_handle(), POLLIN, 0};
    if (poll(&waiting, 1, kLostAfterMs) != 1) {
      ADD_FAILURE() << "the query for " << name << " was lost";
      return "";
    }
    Packet answer(2000);
    answer.resize(socket_.receive(boost::asio::buffer(answer)));
    EXPECT_TRUE(answer.size() > 2 && answer[0] == query[0] && answer[1] == query[1]);
    return testing::describe(answer);
  }
  static std::uint64_t number_behind(const std::string& answer, const std::string& mark) {
    const auto at = answer.find(mark);
    if (at == std::string::npos) ADD_FAILURE() << mark << " is not in " << answer;
    return at == std::string::npos ? 0 : std::stoull(answer.substr(at + mark.size()));
  }
  static void expect_one_of(const std::string& answer, const std::vector<std::string>& addresses) {
    for (const auto& address : addresses) {
      if (answer == "NOERROR aa\nanswer www.shop.test. 20 IN A " + address) return;
    }
    ADD_FAILURE() << answer;
  }

  const Node& node_;
  boost::asio::io_context context_;
  udp::socket socket_;
  std::uint16_t id_ = 0;
  std::uint64_t revision_ = 0;
  int asked_ = 0;
};

TEST(Reload, LosesNoQueryAndAnswersNoneWrongly) {
  const auto directory = fs::path(::testing::TempDir()) / "reload_under_load";
  fs::remove_all(directory);
  fs::create_directories(directory);
  const auto file = directory / "places.mmdb";
  const auto put = [&](int turn) {
    const auto* fixture = turn % 2 == 0 ? "fixture-flat-ipv4.mmdb" : "fixture-country.mmdb";
    fs::copy_file(fs::path(MERIDIAN_GEOIP_FIXTURE) / fixture, directory / "new",
                  fs::copy_options::overwrite_existing);
    fs::rename(directory / "new", file);
  };
  put(0);
  Node node(DatabaseStore({file}, directory / "node"));
  node.apply(1);

  std::atomic<bool> over{false};
  Visitor first(node);
  Visitor second(node);
  std::thread first_thread([&] { first.ask_until(over); });
  std::thread second_thread([&] { second.ask_until(over); });
  std::thread databases([&] {
    for (int turn = 1; turn <= kReloads; ++turn) {
      put(turn);
      node.reload();
    }
  });
  for (std::uint64_t revision = 2; revision <= kConfigurations + 1; ++revision)
    node.apply(revision);
  databases.join();
  over = true;
  first_thread.join();
  second_thread.join();

  EXPECT_EQ(node.reloads(), static_cast<std::uint64_t>(kReloads));
  EXPECT_GT(first.asked(), 0);
  EXPECT_GT(second.asked(), 0);
}

}  // namespace
}  // namespace meridian::dns
