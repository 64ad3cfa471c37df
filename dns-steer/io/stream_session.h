#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/time.h"
#include "common/net/address.h"
#include "common/snapshot/slot.h"
#include "dns-steer/io/channel.h"
#include "dns-steer/io/connection_table.h"
#include "dns-steer/io/counters.h"
#include "dns-steer/io/stream_limits.h"
#include "dns-steer/query/message_source.h"

namespace meridian::dns {

/// What the connections of one worker share. On its thread only, but for `table`.
struct StreamShared {
  const SnapshotSlot<Serving>& slot;
  WorkerState& state;
  WorkerCounters& counters;
  ConnectionTable& table;
  const StreamLimits& limits;
  const OpenSource& open_source;  // may be empty

  /// A query of the greatest size with its length, and what came behind it.
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(2 * kMostTcpOctets);
  std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(kMostTcpOctets);
  std::size_t buffered_octets = 0;  // held by all connections
};

/// One connection (RFC 7766, RFC 7858): as many queries as come, answered in their order; answers
/// of many messages go out between them. A connection that waits for a query holds no buffer. It
/// ends when it is idle, too slow (StreamLimits), ends itself, or does not speak DNS.
class StreamSession : public std::enable_shared_from_this<StreamSession> {
 public:
  /// A place in the table has been granted to `client`; `shared` must outlive it.
  StreamSession(boost::asio::ip::tcp::socket socket, std::unique_ptr<Channel> channel,
                const IpAddress& client, Transport transport, StreamShared& shared);
  ~StreamSession();
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  /// Lives by itself from here on.
  void start() { run(); }

 private:
  /// What the connection waits for, when it waits.
  enum class Phase : std::uint8_t { open, query, rest_of_query, reader };
  enum class Step : std::uint8_t { again, wait, end };

  void run();
  Step step();
  Step open();
  bool write();
  bool next_message();
  bool read();
  std::size_t take_queries(Bytes input);
  void take_query(Bytes query);
  void append(std::size_t answer_octets);

  bool may_read() const;
  bool has_whole_query() const;
  bool has_output() const { return written_ < output_.size(); }
  bool take(Moved moved);
  void account();

  void wait();
  void set_deadline();
  void watch();
  void cut(WorkerCounter& why);
  void close();

  StreamShared& shared_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Channel> channel_;
  boost::asio::steady_timer timer_;
  const IpAddress client_;
  const Transport transport_;

  Phase phase_ = Phase::open;
  bool opened_ = false;
  bool ended_ = false;   // nothing more is read
  bool failed_ = false;  // nothing more is written either
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  bool answered_ = false;  // since the deadline was set: a whole query
  bool flushed_ = true;    // since the deadline was set: all answers
  Instant deadline_{};

  std::vector<std::uint8_t> input_;  // what has come and is not answered yet
  std::vector<std::uint8_t> output_;
  std::size_t written_ = 0;    // of output_
  std::size_t accounted_ = 0;  // in shared_.buffered_octets
  std::vector<std::unique_ptr<MessageSource>> sources_;
};

}  // namespace meridian::dns
