// What answer() costs without network: CPU time a query, and how long revisions and verdicts take
// to reach answers, for configurations of any size. Writes one JSON object.
//
//   bench_answer_cost ZONES SITES GEOIP KIND QUERIES
//
// GEOIP: a directory of databases of places, or `-`. KIND: `static`, `steered`, `missing`. Names
// are drawn evenly over all zones and sites, and clients over the IPv4 addresses, so that nothing
// stays in the processor's caches that would not in service. Run by tests/bench/dns/in_process.py.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/snapshot/snapshot.h"
#include "dns-steer/compile/geography.h"
#include "dns-steer/compile/publish.h"
#include "dns-steer/compile/snapshot.h"
#include "dns-steer/query/answer.h"
#include "dns-steer/query/prefetch_answers.h"
#include "geoip-data/database/database_store.h"

namespace {

using namespace meridian;
using namespace meridian::dns;

constexpr int kLocations = 100;
constexpr std::size_t kDistinct = 100'000;  // queries made ahead

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Locations with an edge each, all over the Earth; sites with a name each in zones of their own
/// number, and static records in every zone.
v1::Snapshot configuration(int zones, int sites) {
  v1::Snapshot snapshot;
  snapshot.set_revision(1);
  snapshot.set_role(v1::ROLE_DNS);
  std::mt19937_64 random(1);
  for (int i = 0; i < kLocations; ++i) {
    v1::Resource location;
    location.set_name("loc" + std::to_string(100 + i));
    location.mutable_location()->set_latitude(std::uniform_real_distribution(-60.0, 70.0)(random));
    location.mutable_location()->set_longitude(
        std::uniform_real_distribution(-180.0, 180.0)(random));
    pack_resource(location, snapshot);
  }
  for (int i = 0; i < kLocations; ++i) {
    v1::Resource node;
    node.set_name("edge" + std::to_string(100 + i));
    node.mutable_node()->set_role(v1::ROLE_EDGE);
    node.mutable_node()->set_location("loc" + std::to_string(100 + i));
    node.mutable_node()->add_addresses("192.0.2." + std::to_string(i + 1));
    pack_resource(node, snapshot);
  }
  for (int i = 0; i < zones; ++i) {
    v1::Resource zone;
    zone.set_name("zone" + std::to_string(i) + ".test");
    zone.mutable_zone()->add_nameservers("ns1");
    for (const char* name : {"ns1", "static"}) {
      auto& records = *zone.mutable_zone()->add_records();
      records.set_name(name);
      records.set_type("A");
      records.add_data("192.0.2.80");
    }
    pack_resource(zone, snapshot);
  }
  for (int i = 0; i < sites; ++i) {
    v1::Resource site;
    site.set_name("site" + std::to_string(i));
    site.mutable_site()->add_hostnames("www" + std::to_string(i) + ".zone" +
                                       std::to_string(i % zones) + ".test");
    pack_resource(site, snapshot);
  }
  return snapshot;
}

void put_name(std::string& out, const std::string& name) {
  for (std::size_t at = 0; at < name.size();) {
    const auto dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out.append(name, at, dot - at);
    at = dot + 1;
  }
  out += '\0';
}

/// A for `name`, with the client's /24 where `client` is one.
std::string query(const std::string& name, const std::uint32_t* client) {
  std::string out("\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01", 12);
  put_name(out, name);
  out += std::string("\x00\x01\x00\x01", 4);
  out += std::string("\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00", 10);
  if (client == nullptr) return out + std::string("\x00", 1);
  out += std::string("\x0b\x00\x08\x00\x07\x00\x01\x18\x00", 9);
  for (int shift = 24; shift > 0; shift -= 8) out += static_cast<char>(*client >> shift);
  return out;
}

/// Messages one behind the other: read in this order they are at hand, as those are that the kernel
/// has just copied.
struct Queries {
  std::string octets;
  std::vector<std::size_t> ends;

  void add(const std::string& message) {
    octets += message;
    ends.push_back(octets.size());
  }
  Bytes at(std::uint64_t number) const {
    const auto i = number % ends.size();
    const auto begin = i == 0 ? 0 : ends[i - 1];
    return {reinterpret_cast<const std::uint8_t*>(octets.data()) + begin, ends[i] - begin};
  }
};

Queries queries(const std::string& kind, int zones, int sites) {
  std::mt19937_64 random(2);
  Queries all;
  for (std::size_t i = 0; i < kDistinct; ++i) {
    const auto draw = random();
    const auto client = static_cast<std::uint32_t>(random());
    if (kind == "steered") {
      const auto site = static_cast<int>(draw % static_cast<unsigned>(sites));
      all.add(query("www" + std::to_string(site) + ".zone" + std::to_string(site % zones) + ".test",
                    &client));
    } else {
      const auto zone = std::to_string(draw % static_cast<unsigned>(zones));
      all.add(query((kind == "missing" ? "none.zone" : "static.zone") + zone + ".test", nullptr));
    }
  }
  return all;
}

/// How long it takes until answers follow a verdict: the median of some.
double verdict_milliseconds(const std::shared_ptr<const Snapshot>& snapshot) {
  std::shared_ptr<const Serving> served;
  Publisher publisher([&](std::shared_ptr<const Serving> next) { served = std::move(next); });
  publisher.take(snapshot, Clock::now());
  std::vector<double> all;
  for (std::uint64_t turn = 1; turn <= 11; ++turn) {
    v1::HealthUpdate update;
    update.set_sequence(turn);
    update.mutable_valid_for()->set_seconds(60);
    for (int i = 0; i < kLocations; ++i) {
      auto& edge = *update.add_edges();
      edge.set_node("edge" + std::to_string(100 + i));
      edge.set_healthy(turn % 2 == 0 || i != 7);
    }
    const auto before = cpu_seconds();
    publisher.take(update, Clock::now());
    all.push_back((cpu_seconds() - before) * 1e3);
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bench_answer_cost ZONES SITES GEOIP KIND QUERIES\n");
    return 2;
  }
  const auto zones = std::max(1, std::atoi(argv[1]));
  const auto sites = std::max(1, std::atoi(argv[2]));
  const std::string geoip = argv[3];
  const std::string kind = argv[4];
  const auto count = static_cast<std::uint64_t>(std::atoll(argv[5]));

  DatabaseSet databases;
  if (geoip != "-") {
    const DatabaseStore store({geoip}, geoip + "/bench-copies");
    auto opened = open_or_copy(store);
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().text().c_str());
      return 1;
    }
    databases = std::move(*opened);
  }
  Geography geography(std::move(databases));
  const auto from = configuration(zones, sites);
  const auto before_compile = Clock::now();
  const auto snapshot = compile_snapshot(from, geography);
  if (!snapshot) {
    std::fprintf(stderr, "%s\n", snapshot.error().text().c_str());
    return 1;
  }
  const std::chrono::duration<double> compile = Clock::now() - before_compile;
  const Serving serving(*snapshot, {});
  const auto all = queries(kind, zones, sites);
  WorkerState state(1);
  std::vector<std::uint8_t> out(kMostUdpOctets);
  const auto now = Now::from(Clock::now(), WallClock::now());
  const auto resolver = IpAddress::v4(0xc0000201);
  std::uint64_t octets = 0;
  const auto before = cpu_seconds();
  // As a worker does: batch by batch.
  std::array<std::optional<ParsedMessage>, kMostPrefetched> batch;
  std::array<IpAddress, kMostPrefetched> clients;
  clients.fill(resolver);
  for (std::uint64_t i = 0; i < count; i += batch.size()) {
    for (std::size_t j = 0; j < batch.size(); ++j) batch[j].emplace(all.at(i + j));
    prefetch_answers(**snapshot, batch, clients);
    for (std::size_t j = 0; j < std::min<std::uint64_t>(batch.size(), count - i); ++j) {
      const Request request{all.at(i + j), resolver, Transport::udp};
      octets += answer(request, *batch[j], serving, state, now, out).size;
    }
  }
  const auto took = cpu_seconds() - before;
  std::printf(
      "{\"queries\": %llu, \"ns\": %.1f, \"octets\": %.1f, \"compile_s\": %.3f, "
      "\"verdict_ms\": %.3f, \"snapshot_octets\": %zu}\n",
      static_cast<unsigned long long>(count), took / static_cast<double>(count) * 1e9,
      static_cast<double>(octets) / static_cast<double>(count), compile.count(),
      verdict_milliseconds(*snapshot), from.ByteSizeLong());
  return 0;
}
