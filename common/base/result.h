#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace meridian {

/// What went wrong, for a person. `where` grows outwards as callers add their place with at():
/// "site.yaml:14: spec.origins[2].port"; `what` says what is wrong and what would be right.
/// Constructors, because an aggregate makes Result<std::string> ambiguous.
struct Error {
  Error() = default;
  Error(std::string where_, std::string what_) : where(std::move(where_)), what(std::move(what_)) {}
  explicit Error(std::string what_) : what(std::move(what_)) {}

  /// "where: what", or "what" alone.
  std::string text() const { return where.empty() ? what : where + ": " + what; }

  std::string where;
  std::string what;
};

/// A value or the Error that stands in its place. Never ignored: boost's own lacks [[nodiscard]].
template <class T>
struct [[nodiscard]] Result : boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
  // Of a T that an Error could also be made of (a string), boost's own constructors take none.
  Result(T value)  // NOLINT: implicit, as boost's
      : boost::system::result<T, Error>(boost::system::in_place_value, std::move(value)) {}
};
template <>
struct [[nodiscard]] Result<void> : boost::system::result<void, Error> {
  using boost::system::result<void, Error>::result;
};

/// Called by boost when value() is asked of a failed Result: a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location& place) {
  boost::throw_with_location(std::runtime_error(error.text()), place);
}

/// `error` as seen from further outside: `place` goes in front of where it was.
inline Error at(std::string place, Error error) {
  if (!error.where.empty()) place += ": " + error.where;
  return Error(std::move(place), std::move(error.what));
}

}  // namespace meridian
