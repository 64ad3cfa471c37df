#pragma once

#include "edge-node/http/fields.h"
#include "edge-node/request/exchange.h"
#include "edge-node/request/snapshot.h"

namespace meridian::edge {

/// The visitor has proven what the site demands now: its session may be older than the demand, or
/// of a time when others signed, or made for another site. Pure.
bool has_proven(const Site& site, const Visitor& visitor);

/// Makes what `fields` tell of the visitor's certificate (RFC 9440, and the site's own fields) the
/// truth, which nobody but an edge can tell. Before rules, keys and the choice by Vary see them.
void tell_of_certificate(http::Fields& fields, const Site& site, const Visitor& visitor);

}  // namespace meridian::edge
