#pragma once

#include <openssl/types.h>

#include "edge-node/net/tls.h"

namespace meridian::edge {

/// Lets `ssl` speak through `transport`, which outlives it. Where the session's settings ask for it
/// (SSL_OP_ENABLE_KTLS), the kernel gets the keys of what is sent and seals it from then on. It
/// takes no second keys: who asks for a change of them (RFC 8446 section 4.6.3) is disconnected.
void use_transport(SSL& ssl, TlsTransport& transport);

/// The handshake is over. A few records that bring no data may come from now on (tickets, a change
/// of keys, alerts), and one more for each that does: OpenSSL deals with them in one call, as long
/// as more come. Beyond that nothing more is received, as if the transport had failed.
void begin_count_of_records(SSL& ssl);
/// A record has brought data.
void note_data(SSL& ssl);
/// Too many have brought none.
bool is_flooded(const SSL& ssl);

/// The kernel can seal what is sent by TLS: it has been compiled so, and its module `tls` is
/// loaded or may be. Asks the system.
bool kernel_seals_tls();

}  // namespace meridian::edge
