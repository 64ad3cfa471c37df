#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>
#include <ares.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon/listen.h"
#include "common/daemon/node_options.h"
#include "common/observe/log.h"
#include "edge-node/duties.h"
#include "edge-node/edge.h"
#include "edge-node/supervisor.h"

namespace meridian::edge {
namespace {

/// Raised within the process: another one serves in its place. Not what people send by habit.
const int kHandedOver = SIGRTMIN;

struct Options {
  daemon::NodeOptions node;
  std::vector<std::string> https;
  std::vector<std::string> http;
  std::vector<std::string> proxies;
  AccessLogOptions access_log;
  std::uint64_t cache_bytes = std::uint64_t{256} << 20;
  std::string cache_disk;
  std::uint64_t cache_disk_bytes = std::uint64_t{10} << 30;
  std::vector<std::filesystem::path> geoip;
  unsigned drain_seconds = 30;
};

void add_options(CLI::App& app, Options& options) {
  daemon::add_node_options(app, options.node, "/var/lib/meridian/edge-node");
  app.add_option("--https", options.https, "Serve HTTPS at IP:PORT; repeatable")->required();
  app.add_option("--http", options.http,
                 "Serve HTTP at IP:PORT, or redirect it, as sites say; repeatable");
  app.add_option("--proxy-protocol-from", options.proxies,
                 "Networks of proxies that must say by the PROXY protocol whom a connection comes "
                 "from; nobody else is believed; repeatable");
  app.add_option("--access-log", options.access_log.path,
                 "A line of JSON for each request; - is stdout. A file that was moved away is "
                 "made anew");
  app.add_option("--access-log-max-size", options.access_log.max_bytes,
                 "Then that file is set aside as FILE.1, and so on; 0: never")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--access-log-files", options.access_log.old_files,
                 "So many files that were set aside are kept")
      ->check(CLI::Range(0u, 1000u))
      ->capture_default_str();
  app.add_option("--cache-bytes", options.cache_bytes, "Memory for the cache")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--cache-disk", options.cache_disk,
                 "Directory for what leaves the memory; empty: memory alone");
  app.add_option("--cache-disk-size", options.cache_disk_bytes, "Most bytes there")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{16} << 20, std::uint64_t{1} << 50))
      ->capture_default_str();
  app.add_option("--geoip", options.geoip,
                 "A database of countries or autonomous systems (.mmdb, .csv), or a directory of "
                 "them, for rules that ask where clients are; repeatable, the first that knows an "
                 "address wins");
  app.add_option("--drain-timeout", options.drain_seconds,
                 "Seconds that visitors get to finish on SIGTERM")
      ->capture_default_str();
}

Result<EdgeOptions> edge_options(const Options& options) {
  EdgeOptions edge;
  auto https = daemon::listen_endpoints("--https", options.https);
  if (!https) return https.error();
  auto http = daemon::listen_endpoints("--http", options.http);
  if (!http) return http.error();
  edge.https = std::move(*https);
  edge.http = std::move(*http);
  for (const auto& text : options.proxies) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("--proxy-protocol-from", prefix.error());
    edge.proxies.push_back(*prefix);
  }
  edge.geoip = options.geoip;
  edge.ocsp_proofs = options.node.directory / "ocsp";
  edge.geoip_copies = options.node.directory / "geography";
  edge.access_log = options.access_log;
  edge.cache_bytes = options.cache_bytes;
  edge.cache_disk = options.cache_disk;
  edge.cache_disk_bytes = options.cache_disk_bytes;
  edge.workers = options.node.workers > 0 ? options.node.workers
                                          : std::max(1u, std::thread::hardware_concurrency());
  return edge;
}

/// Signals are taken by sigwait in main, so every thread blocks them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, kHandedOver})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// A connection takes one or two. The soft limit is low for the sake of programs that use select().
void allow_all_descriptors(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < connections)
    log::warn("there may be more connections than the process may have descriptors (ulimit -Hn)",
              {{"descriptors", limit.rlim_cur}, {"connections", connections}});
}

/// Until it is to end, and why: by SIGTERM, SIGINT, or because another process serves.
int wait_for_end(const sigset_t& signals, Edge& edge, char* const* arguments) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGHUP || signal == SIGUSR1)
      edge.reopen_access_log();
    else if (signal == SIGUSR2)
      (void)start_successor(arguments);
    else
      return signal;
  }
}

/// Over so long visitors leave; after SIGINT in no more than a second.
std::chrono::milliseconds drain_time(const Edge& edge, const Options& options, int signal) {
  const std::chrono::milliseconds wanted =
      edge.drain_time().value_or(std::chrono::seconds(options.drain_seconds));
  return signal == SIGINT ? std::min<std::chrono::milliseconds>(wanted, std::chrono::seconds(1))
                          : wanted;
}

/// Until all visitors have left, or `over` has passed, or somebody sends SIGINT. The last to leave
/// get a little longer, for the answer that is their last.
void drain(Edge& edge, std::chrono::milliseconds over, const sigset_t& signals) {
  constexpr timespec kBetweenLooks{.tv_sec = 0, .tv_nsec = 20'000'000};
  log::info("draining", {{"connections", edge.open_connections()}, {"ms", over.count()}});
  edge.drain(over * 9 / 10);
  const auto deadline = Clock::now() + over;
  while (edge.open_connections() > 0 && Clock::now() < deadline)
    if (sigtimedwait(&signals, nullptr, &kBetweenLooks) == SIGINT) break;
  log::info("stopped", {{"connections_cut", edge.open_connections()}});
}

Result<void> run(const Options& options, char* const* arguments) {
  const sigset_t signals = block_signals();
  auto wanted = edge_options(options);
  if (!wanted) return wanted.error();
  const unsigned workers = wanted->workers;
  allow_all_descriptors(wanted->limits.connections * workers);
  auto before = Takeover::begin(options.node.directory);
  if (!before) return before.error();
  const bool was_served = *before && !(*before)->sockets().empty();
  if (*before) {
    if (auto released = (*before)->release(); !released) return released.error();
    wanted->handed = std::move((*before)->sockets());
  }

  Changes changes;  // outlives the prober, which adds to it
  auto edge = Edge::start(std::move(*wanted), [&changes] { changes.add(); });
  if (!edge) return edge.error();
  Edge& e = **edge;
  Duties duties(options.node, workers, e, changes);
  const auto served = duties.take_up();
  if (!served) return served.error();
  if (was_served && *served == Duties::Snapshot::none)
    return Error("handover", "this program does not accept what is served now");
  if (*before) {
    if (auto serving = (*before)->serving(); !serving) return serving.error();
    log::info("serving in place of the process before");
  }
  duties.listen_to_controller();
  auto handover = Handover::open(options.node.directory,
                                 {.sockets = [&e] { return e.listening(); },
                                  .release =
                                      [&] {
                                        duties.lay_down();
                                        e.release_disk();
                                      },
                                  .take_back =
                                      [&] {
                                        const auto again = duties.take_up();
                                        if (again) {
                                          duties.listen_to_controller();
                                        } else {
                                          duties.lay_down();
                                          log::error("serving without the controller, trying again",
                                                     {{"reason", again.error()}});
                                        }
                                        return again.has_value();
                                      },
                                  .retire =
                                      [&e] {
                                        e.hand_over();
                                        ::kill(::getpid(), kHandedOver);
                                      }});
  if (!handover) return handover.error();
  notify_supervisor("MAINPID=" + std::to_string(::getpid()) + "\nREADY=1");

  const int signal = wait_for_end(signals, e, arguments);
  if (signal != kHandedOver) notify_supervisor("STOPPING=1");
  drain(e, drain_time(e, options, signal), signals);
  handover->reset();
  duties.lay_down();
  return boost::system::in_place_value;
}

}  // namespace
}  // namespace meridian::edge

int main(int argc, char** argv) {
  using namespace meridian;
  edge::Options options;
  CLI::App app("Meridian's edge: a TLS-terminating caching reverse proxy.");
  edge::add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  if (const auto opened = log::open("edge-node", options.node.log_level); !opened) {
    std::fprintf(stderr, "edge-node: %s\n", opened.error().text().c_str());
    return 2;
  }
  // What a burst of requests needed is kept for the next one: to give it back to the system and
  // to fault it in again costs more than a request.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ares_library_init(ARES_LIB_INIT_ALL);
  const auto done = edge::run(options, argv);
  ares_library_cleanup();
  if (done) return 0;
  log::error("edge-node cannot run", {{"reason", done.error()}});
  return 1;
}
