#include "controller/gslbctl/node_view.h"

#include <algorithm>
#include <cmath>

#include "common/tls/identity.h"

namespace meridian::gslbctl {
namespace {

Cell stream_cell(const v1::NodeStatus& status) {
  if (status.connected()) return {"connected", Tone::good};
  return status.has_since() ? Cell("gone", Tone::bad) : Cell("never seen", Tone::doubtful);
}

Cell service_cell(const v1::NodeStatus& status) {
  if (status.node().drained()) return {"drained", Tone::doubtful};
  if (status.node().role() != v1::ROLE_EDGE) return {"-"};
  if (!status.has_verdict()) return {"unknown", Tone::doubtful};
  return status.verdict().healthy() ? Cell("healthy", Tone::good) : Cell("down", Tone::bad);
}

/// Against what is declared as full, else what is known.
Cell load_cell(const v1::NodeStatus& status) {
  constexpr double kMuch = 0.8;  // where steering policies spill, unless they say otherwise
  const auto& verdict = status.verdict();
  if (verdict.has_utilisation())
    return {std::to_string(std::lround(verdict.utilisation() * 100)) + " %",
            verdict.utilisation() < kMuch ? Tone::normal : Tone::doubtful};
  if (!verdict.has_load()) return {"-"};
  return {std::to_string(verdict.load().requests_in_flight()) + " in flight"};
}

Cell rate_cell(const v1::NodeStatus& status) {
  if (!status.verdict().has_load()) return {"-"};
  return {std::to_string(std::llround(status.verdict().load().requests_per_second()))};
}

Cell revision_cell(const v1::NodeStatus& status, std::uint64_t newest) {
  if (status.revision() == 0) return {"-"};
  return {std::to_string(status.revision()),
          status.revision() == newest ? Tone::normal : Tone::doubtful};
}

std::string note(const v1::NodeStatus& status) {
  if (!status.nack_reason().empty())
    return "refused revision " + std::to_string(status.nack_revision()) + ": " +
           status.nack_reason();
  if (status.has_verdict() && !status.verdict().healthy()) return status.verdict().reason();
  if (!status.verdict().unserviceable_sites().empty())
    return "cannot serve " + joined(status.verdict().unserviceable_sites());
  return "";
}

/// Why this node is not as wanted; empty: it is.
std::string lack(const v1::NodeStatus& status, const Wanted& wanted, std::uint64_t newest) {
  const auto revision = wanted.revision == 0 ? newest : wanted.revision;
  if (!status.connected()) return "is not connected";
  if (status.revision() < revision) {
    const auto refusal = note(status);
    const auto serves = status.revision() == 0
                            ? "has acknowledged no revision yet"
                            : "serves revision " + std::to_string(status.revision()) + ", not " +
                                  std::to_string(revision);
    return serves + (refusal.empty() ? "" : "; it " + refusal);
  }
  if (refuses(status, revision)) return note(status);
  if (wanted.healthy && status.node().role() == v1::ROLE_EDGE && !status.verdict().healthy()) {
    const auto& reason = status.verdict().reason();
    return "is not healthy" + (reason.empty() ? "" : ": " + reason);
  }
  return "";
}

}  // namespace

Table node_table(const std::vector<v1::NodeStatus>& nodes, std::uint64_t newest) {
  Table table{{"NAME", "ROLE", "LOCATION", "ADDRESSES", "STREAM", "SERVICE", "LOAD", "REQUESTS/S",
               "REVISION", "NOTE"},
              {}};
  for (const auto& status : nodes)
    table.rows.push_back({status.name(), std::string(tls::role_text(status.node().role())),
                          status.node().location(), joined(status.node().addresses(), 2),
                          stream_cell(status), service_cell(status), load_cell(status),
                          rate_cell(status), revision_cell(status, newest), note(status)});
  return table;
}

bool refuses(const v1::NodeStatus& status, std::uint64_t revision) {
  return !status.nack_reason().empty() && status.nack_revision() >= revision;
}

std::vector<std::string> still_missing(const Wanted& wanted, const v1::ListNodesResponse& now) {
  std::vector<std::string> missing;
  const auto check = [&](const v1::NodeStatus& status) {
    if (const auto why = lack(status, wanted, now.revision()); !why.empty())
      missing.push_back(status.name() + " " + why);
  };
  if (wanted.names.empty()) {
    std::for_each(now.nodes().begin(), now.nodes().end(), check);
    if (now.nodes().empty()) missing.emplace_back("no node is declared");
    return missing;
  }
  for (const auto& name : wanted.names) {
    const auto found = std::find_if(now.nodes().begin(), now.nodes().end(),
                                    [&](const auto& status) { return status.name() == name; });
    if (found == now.nodes().end())
      missing.push_back(name + " is not declared");
    else
      check(*found);
  }
  return missing;
}

}  // namespace meridian::gslbctl
