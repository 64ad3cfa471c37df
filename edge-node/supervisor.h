#pragma once

#include <string>
#include <string_view>

namespace meridian::edge {

/// Tells the service manager, if it is one that wants to know (`NOTIFY_SOCKET`, sd_notify(3)):
/// lines such as "READY=1".
void notify_supervisor(std::string_view state);

/// Starts the program that this process was started as, as it is now on disk, with the same
/// arguments and environment. False: it cannot be started.
bool start_successor(char* const* arguments);

}  // namespace meridian::edge
