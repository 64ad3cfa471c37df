#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "common/net/address.h"
#include "edge-node/http/message.h"
#include "edge-node/net/stream.h"
#include "edge-node/net/visitor_tls.h"
#include "edge-node/protect/site_seats.h"

namespace meridian::edge {

/// Whom a request comes from.
struct Visitor {
  IpAddress client;
  bool tls = false;
  std::string server_name;  // that its TLS session is made for, lower case
  bool peer = false;        // it has proven to be an edge of this fleet
  /// Null: it has shown none.
  std::shared_ptr<const VisitorCertificate> certificate{};
};

/// Why a visitor's request comes to nothing: for its body, or because nobody waits any more.
enum class VisitorFault : std::uint8_t { none, broke_off, too_slow, too_large, gone };

/// One request and its answer, whatever version of HTTP carries them: all that request/ knows of
/// the visitor's side. Calls in the order of an answer; after one has failed, nothing more. Where
/// the answer ends before the request's body, the rest of that is let go without harm to it.
class VisitorExchange {
 public:
  virtual http::RequestHead& request() = 0;
  virtual const Visitor& visitor() const = 0;
  /// What its connection holds of the limits of sites.
  virtual SiteSeats& seats() = 0;

  struct Piece {
    Io outcome = Io::ok;     // not ok: the body broke off or came too slowly
    std::string_view bytes;  // until the next call; empty: the body is complete
  };
  /// The next piece of the request's body. Tells a visitor that waits for it to go on. May be
  /// called by one coroutine while another answers; once the answer has begun, a body may pause.
  virtual asio::awaitable<Piece> read_body() = 0;
  /// Who waits in read_body() gets Io::cancelled; what comes later may still be read.
  virtual void stop_body() = 0;
  /// The body goes to an origin that can converse: what says that it is a conversation (gRPC) may
  /// pause before it is answered, too. Until then any body has to keep its pace.
  virtual void let_converse() {}
  /// How long a conversation may pause.
  virtual std::chrono::milliseconds longest_pause() const = 0;
  /// Of the request, once its body is complete; without what may not stand there.
  virtual const http::Fields& trailers() const = 0;

  /// Nobody waits for the answer any more, as far as is known.
  virtual bool is_gone() const = 0;
  /// Who wants to know it at once.
  class Departure {
   public:
    /// From within the connection's calls: nothing of the exchange may end before it returns.
    virtual void on_departure() = 0;

   protected:
    ~Departure() = default;
  };
  /// Once, where this version of HTTP says so before an answer is sent. Null: nobody.
  virtual void watch_departure(Departure* departure) = 0;
  /// Instead of an answer: it was not looked at, and may be asked again. False: this version of
  /// HTTP has no word for that.
  virtual bool refuse_unseen() = 0;
  /// The connection ends behind the answer; before that.
  virtual void end_connection() = 0;
  /// A 1xx other than 101, before the answer; not to who could not tell it from that, and a 100
  /// only to who waits for it. False: as send_body().
  virtual asio::awaitable<bool> send_interim(int status, const http::Fields& fields) = 0;
  /// `framing` is until_close where the length is not known: the version has its own way then.
  virtual void send_head(int status, const http::Fields& fields, const http::Framing& framing) = 0;
  /// False: the visitor is gone, or too slow. `bytes` outlive the call.
  virtual asio::awaitable<bool> send_body(std::string_view bytes) = 0;
  /// The answer is complete. `trailers` may be null; they are sent to who can take them.
  virtual asio::awaitable<bool> finish(const http::Fields* trailers) = 0;
  /// It will never be: the visitor must be able to tell.
  virtual void abort() = 0;

  /// Only after a request with Upgrade: both sides may send what they like, until one ends or
  /// nothing comes for long. `head_fields` are those of the 101.
  virtual asio::awaitable<void> tunnel(const http::Fields& head_fields, Stream& origin,
                                       std::string_view from_origin) = 0;

 protected:
  ~VisitorExchange() = default;
};

}  // namespace meridian::edge
