#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "edge-node/io/front_door.h"

namespace meridian::edge {

/// Sends idle visitors away when there are nearly as many connections as there may be. To be
/// called often.
void make_room(FrontDoor& door);

/// Accepts from a listening socket, which is closed when `listener` is, and serves each visitor.
using ListenerPtr = std::shared_ptr<asio::posix::stream_descriptor>;
asio::awaitable<void> accept_visitors(FrontDoor& door, ListenerPtr listener, Scheme scheme);
/// Those who wait at a listening socket now.
void accept_all(FrontDoor& door, int listener, Scheme scheme);

}  // namespace meridian::edge
