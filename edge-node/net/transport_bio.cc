#include "edge-node/net/transport_bio.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::edge {
namespace {

// Hands over the keys of one direction. OpenSSL's bio.h has its number in a comment; how keys look
// is known to OpenSSL's own sockets alone, so one of those takes them.
constexpr int kSetKernelTls = 72;
constexpr char kProtocol[] = "tls";  // upper layer protocol of a socket
/// More than any peer has a reason to send in a row.
constexpr unsigned kMostRecordsWithoutData = 32;

struct Link {
  TlsTransport& transport;
  std::string unsent;  // what the kernel had no room for
  bool counts_records = false;
  unsigned records_without_data = 0;  // that no data has made up for
};

Link& link_of(BIO* bio) { return *static_cast<Link*>(BIO_get_data(bio)); }
/// What is received never goes through another one first.
Link& link_of(const SSL& ssl) { return link_of(SSL_get_rbio(&ssl)); }
TlsTransport& transport_of(BIO* bio) { return link_of(bio).transport; }

bool leave_to_kernel(int socket) {
  return ::setsockopt(socket, IPPROTO_TCP, TCP_ULP, kProtocol, sizeof kProtocol) == 0;
}

int read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  if (link_of(bio).records_without_data > kMostRecordsWithoutData) return -1;
  const int moved = transport_of(bio).receive({into, static_cast<std::size_t>(size)});
  if (moved == TlsTransport::kWouldBlock) BIO_set_retry_read(bio);
  return moved < 0 ? -1 : moved;
}

/// In the clear: the kernel seals it. `kernel` knows what kind of record it is. OpenSSL 3.0 keeps
/// no copy of what it leaves to the kernel, and comes again with where the bytes once were: what
/// was not sent is kept here.
int write_to_kernel(BIO* bio, BIO* kernel, const char* bytes, int size) {
  auto& unsent = link_of(bio).unsent;
  const auto wanted = static_cast<std::size_t>(size);
  if (!unsent.empty() && unsent.size() != wanted) return -1;  // not what was to come
  const int moved = BIO_write(kernel, unsent.empty() ? bytes : unsent.data(), size);
  if (moved > 0) {
    if (!unsent.empty()) unsent.erase(0, static_cast<std::size_t>(moved));
    if (unsent.empty()) unsent.shrink_to_fit();
    return moved;
  }
  if (!BIO_should_retry(kernel)) return moved;
  if (unsent.empty()) unsent.assign(bytes, wanted);
  BIO_set_retry_write(bio);
  return moved;
}

int write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (BIO* const kernel = BIO_next(bio)) return write_to_kernel(bio, kernel, bytes, size);
  const int moved = transport_of(bio).transmit({bytes, static_cast<std::size_t>(size)});
  if (moved == TlsTransport::kWouldBlock) BIO_set_retry_write(bio);
  return moved < 0 ? -1 : moved;
}

/// What is received is opened by OpenSSL, which is given all that is there at once.
long take_keys(BIO* bio, long sends, void* keys) {
  auto& transport = transport_of(bio);
  if (sends == 0 || BIO_next(bio) != nullptr || !transport.flush()) return 0;
  if (!leave_to_kernel(transport.socket())) return 0;
  BIO* const kernel = BIO_new_socket(transport.socket(), BIO_NOCLOSE);
  if (BIO_ctrl(kernel, kSetKernelTls, sends, keys) <= 0) {
    BIO_free(kernel);
    return 0;
  }
  BIO_push(bio, kernel);
  return 1;
}

long control(BIO* bio, int command, long number, void* data) {
  if (command == BIO_CTRL_FLUSH) return 1;  // the transport knows when
  if (command == kSetKernelTls) return take_keys(bio, number, data);
  BIO* const kernel = BIO_next(bio);
  return kernel != nullptr ? BIO_ctrl(kernel, command, number, data) : 0;
}

int destroy(BIO* bio) {
  delete static_cast<Link*>(BIO_get_data(bio));
  return 1;
}

/// Made once, never changed.
const BIO_METHOD& method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* one = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
    BIO_meth_set_read(one, read);
    BIO_meth_set_write(one, write);
    BIO_meth_set_ctrl(one, control);
    BIO_meth_set_destroy(one, destroy);
    return one;
  }();
  return *made;
}

bool asks_for_new_keys(int type, std::span<const std::uint8_t> message) {
  constexpr std::size_t kRequest = 4;  // behind the message's type and length
  return type == SSL3_RT_HANDSHAKE && message.size() > kRequest &&
         message[0] == SSL3_MT_KEY_UPDATE && message[kRequest] == SSL_KEY_UPDATE_REQUESTED;
}

void on_message(int sent, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
  if (sent != 0) return;
  BIO* const bio = SSL_get_rbio(ssl);
  // One that does bring data is made up for by note_data().
  if (type == SSL3_RT_HEADER && link_of(bio).counts_records) ++link_of(bio).records_without_data;
  // OpenSSL would go on with keys that the kernel does not know.
  if (BIO_next(bio) != nullptr &&
      asks_for_new_keys(type, {static_cast<const std::uint8_t*>(bytes), size}))
    ::shutdown(transport_of(bio).socket(), SHUT_RDWR);
}

}  // namespace

void use_transport(SSL& ssl, TlsTransport& transport) {
  BIO* const bio = BIO_new(&method());
  BIO_set_data(bio, new Link{.transport = transport, .unsent = {}});
  BIO_set_init(bio, 1);
  SSL_set_bio(&ssl, bio, bio);
  SSL_set_msg_callback(&ssl, on_message);
}

void begin_count_of_records(SSL& ssl) { link_of(ssl).counts_records = true; }

void note_data(SSL& ssl) {
  constexpr unsigned kItselfAndAnother = 2;
  auto& records = link_of(ssl).records_without_data;
  records -= std::min(records, kItselfAndAnother);
}

bool is_flooded(const SSL& ssl) {
  return link_of(ssl).records_without_data > kMostRecordsWithoutData;
}

bool kernel_seals_tls() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  // Only connections can be left to it, which is asked after whether there is such a protocol.
  const bool can = leave_to_kernel(socket) || errno == ENOTCONN;
  ::close(socket);
  return can;
}

}  // namespace meridian::edge
