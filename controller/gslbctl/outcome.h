#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

#include "common/base/result.h"

namespace meridian::gslbctl {

/// What the program's exit code tells a script.
enum class Exit : std::uint8_t {
  ok = 0,
  refused = 1,      // the controller said no
  different = 1,    // of `diff`, which did what it was asked for
  usage = 2,        // the command line or a local file is wrong
  incomplete = 3,   // done as far as it goes: not everybody has followed yet
  unreachable = 4,  // no controller answered, or not in time
  undecided = 5     // of `diff`: the controller said no, so it is not known what differs
};

/// Why a command could not do its work, for a person: what happened and why; and what to do.
/// Constructors, because an aggregate makes Answer<Exit> ambiguous.
struct Failure {
  Failure() = default;
  Failure(Exit exit_, std::string what_, std::string advice_)
      : exit(exit_), what(std::move(what_)), advice(std::move(advice_)) {}

  Exit exit = Exit::refused;
  std::string what;
  std::string advice;
  bool overtaken = false;  // somebody else's change came first: reading again may help
};

/// A value or the Failure that stands in its place.
template <class T>
struct [[nodiscard]] Answer : boost::system::result<T, Failure> {
  using boost::system::result<T, Failure>::result;
};

/// Called by boost when value() is asked of a failed Answer: a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const Failure& failure,
                                                    const boost::source_location& place) {
  boost::throw_with_location(std::runtime_error(failure.what), place);
}

inline Failure usage(std::string what, std::string advice = "") {
  return {Exit::usage, std::move(what), std::move(advice)};
}
inline Failure refused(std::string what, std::string advice = "") {
  return {Exit::refused, std::move(what), std::move(advice)};
}

}  // namespace meridian::gslbctl
