#pragma once

#include <string>
#include <vector>

#include "dns-steer/query/test_answers.h"

/// For tests: a validator's eye on single answers, by ldns.
namespace meridian::dns::testing {

/// The keys of a zone, as it tells them itself.
Packet keys_of(const Serving& serving, const std::string& zone);

/// What is wrong with the signatures of `answer` at kTestTime, or empty: every RRset of the answer
/// and authority sections has one that one of `keys` verifies, but for delegations and for CNAME
/// records that a DNAME made; every negative answer has one NSEC record, at the right name and
/// without the type. `keys`: answers of keys_of(). `name`, `type`: of the question.
std::string find_fault(const Packet& answer, const std::vector<Packet>& keys);

/// RRSIG records in the answer and authority sections.
std::size_t count_signatures(const Packet& answer);

}  // namespace meridian::dns::testing
