#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "edge-node/io/accept.h"

namespace meridian::edge {

/// A process that serves hands over to one that is to serve in its place, on the same ports: a new
/// binary, or the same one anew. They talk over a socket in the node's directory, step by step:
///
///   the new one       the one that serves
///   "take"            gives its listening sockets: nobody who connects is ever lost, for they
///                     are not closed before the last of both processes has closed them
///   "release"         lets go of what only one may have (the controller's stream, the cache on
///                     disk, the port of metrics), then "released"
///   "serving"         takes no more visitors and nothing from its cache, then "retired"; drains
///
/// Where the new one ends before "serving", the other one takes back what it can, and serves on.

/// Closes it.
class HandedSocket {
 public:
  HandedSocket(int fd, Scheme scheme) : fd_(fd), scheme_(scheme) {}
  HandedSocket(HandedSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), scheme_(other.scheme_) {}
  HandedSocket& operator=(HandedSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(scheme_, other.scheme_);
    return *this;
  }
  ~HandedSocket();

  int fd() const { return fd_; }
  Scheme scheme() const { return scheme_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  Scheme scheme_;
};

/// The side of the process that is to serve. Blocks, in every call for half a minute at most; an
/// Error means that the other one serves on, and this one must not.
class Takeover {
 public:
  /// Null: nobody serves from `directory`.
  static Result<std::unique_ptr<Takeover>> begin(const std::filesystem::path& directory);
  ~Takeover();

  /// In the order of the workers there.
  std::vector<HandedSocket>& sockets() { return sockets_; }
  /// What only one may have is free.
  Result<void> release() { return ask("release", "released"); }
  /// This process serves; the other one serves nobody who comes now.
  Result<void> serving() { return ask("serving", "retired"); }

 private:
  explicit Takeover(int fd) : fd_(fd) {}
  Result<void> receive_sockets();
  Result<void> ask(std::string_view word, std::string_view answer);

  int fd_;
  std::vector<HandedSocket> sockets_;
};

/// What the process that serves does at each step, on a thread of the Handover.
struct HandoverSteps {
  /// They stay its own.
  std::function<std::vector<std::pair<int, Scheme>>()> sockets;
  std::function<void()> release;
  /// After release(): the new one did not make it. False: what was released is not free yet.
  std::function<bool()> take_back;
  std::function<void()> retire;
};

/// The side of the process that serves.
class Handover {
 public:
  /// Waits in `directory`, in place of who waited there before.
  static Result<std::unique_ptr<Handover>> open(const std::filesystem::path& directory,
                                                HandoverSteps steps);
  ~Handover();

 private:
  Handover(int fd, HandoverSteps steps);
  void run();
  /// False: there is nothing left to hand over.
  bool serve(int peer);
  /// -1: the process ends.
  int accept();

  int fd_;
  int stop_;  // an eventfd
  HandoverSteps steps_;
  std::thread thread_;
};

}  // namespace meridian::edge
