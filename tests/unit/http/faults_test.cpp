// Holds the response reader to the whole catalogue of faults, as every client over streams uses it.
#include "http/faults.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <set>
#include <string>

#include "http/body.hpp"
#include "http/response_reader.hpp"
#include "split_feeding.hpp"

namespace asyncbench::http {

void PrintTo(const FaultScript& fault, std::ostream* out) { *out << fault.summary; }

namespace {

using State = ResponseReader::State;

// What a client reports when each of its requests is the first on a new connection.
Outcome outcome_of(const FaultScript& fault, const std::vector<std::string>& pieces,
                   const FaultStep& last) {
  BodyExpectation expected = BodyExpectation::of_origin("/fault/" + fault.id);
  BodyCheck check;
  check.begin(expected, true);
  ResponseReader reader;
  reader.begin(fault.head_method ? Method::head : Method::get, check);
  State state = State::reading;
  for (const std::string& piece : pieces) {
    if (state == State::reading && !piece.empty()) state = reader.feed(as_bytes(piece)).state;
  }
  if (state == State::reading) {
    if (std::holds_alternative<fault_step::Reset>(last)) return Outcome::reset;
    if (std::holds_alternative<fault_step::Stall>(last)) {
      return reader.head_complete() ? Outcome::timeout_body : Outcome::timeout_headers;
    }
    state = reader.end_of_stream();
  }
  if (reader.outcome() != Outcome::ok) return reader.outcome();
  const bool headless = !reader.has_body();
  // A response without a body has the right length, whatever the path says.
  return check.end(headless) ? Outcome::ok : Outcome::content_mismatch;
}

std::string sent_by(const FaultScript& fault) {
  std::string bytes;
  for (const FaultStep& step : fault.steps) {
    if (const auto* send = std::get_if<fault_step::SendBytes>(&step)) bytes += send->bytes;
    if (const auto* drip = std::get_if<fault_step::Drip>(&step)) bytes += drip->bytes;
  }
  return bytes;
}

class EachFault : public testing::TestWithParam<FaultScript> {};
INSTANTIATE_TEST_SUITE_P(Faults, EachFault, testing::ValuesIn(all_faults()), [](const auto& fault) {
  std::string name = fault.param.id;
  std::erase(name, '-');
  return name;
});

TEST_P(EachFault, HasItsOutcomeHoweverTheNetworkCutsIt) {
  const FaultScript& fault = GetParam();
  if (fault.only_reused) GTEST_SKIP() << "a matter of the client, not of the reader";
  // A head that drips past the deadline never comes whole.
  std::string bytes = sent_by(fault);
  if (fault.id == "S08") bytes.resize(50);
  for (const auto& pieces : all_cuts(bytes)) {
    ASSERT_THAT(fault.outcomes, testing::Contains(outcome_of(fault, pieces, fault.steps.back())))
        << fault.id << ": " << fault.summary << "; " << pieces.size() << " pieces, the first of "
        << pieces[0].size() << " bytes";
  }
}

TEST_P(EachFault, EndsItsConnectionOrGoesOn) {
  const FaultStep& last = GetParam().steps.back();
  EXPECT_TRUE(std::holds_alternative<fault_step::Close>(last) ||
              std::holds_alternative<fault_step::Reset>(last) ||
              std::holds_alternative<fault_step::Stall>(last) ||
              std::holds_alternative<fault_step::KeepAlive>(last));
}

TEST_P(EachFault, IsFoundByItsId) {
  EXPECT_EQ(find_fault(GetParam().id)->summary, GetParam().summary);
}

TEST(Faults, HaveDistinctIds) {
  std::set<std::string> ids;
  for (const FaultScript& fault : all_faults())
    EXPECT_TRUE(ids.insert(fault.id).second) << fault.id;
}

TEST(Faults, CoverTheCatalogueFromS04ToS42) {
  for (int number = 4; number <= 42; ++number) {
    const std::string id = (number < 10 ? "S0" : "S") + std::to_string(number);
    EXPECT_TRUE(std::ranges::any_of(all_faults(), [&](const FaultScript& fault) {
      return std::string_view(fault.id).starts_with(id);
    })) << id;
  }
}

// The ids of a table in docs/faults.md: the rows of the section with this heading.
std::vector<std::string> ids_listed_under(const std::string& heading) {
  std::ifstream page(FAULTS_PAGE);
  std::vector<std::string> ids;
  bool is_within = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_within = line == "## " + heading;
    if (!is_within || !line.starts_with("| ") || line.starts_with("| id ")) continue;
    ids.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return ids;
}

TEST(Faults, AreThoseThatThePageLists) {
  std::vector<std::string> all;
  std::vector<std::string> of_curl;
  for (const FaultScript& fault : all_faults()) {
    all.push_back(fault.id);
    if (!fault.curl_outcomes.empty()) of_curl.push_back(fault.id);
  }
  EXPECT_EQ(ids_listed_under("What a server does to a client"), all);
  EXPECT_EQ(ids_listed_under("Where libcurl's strategies may say something else"), of_curl);
}

TEST(Faults, UnknownAreNotFound) { EXPECT_EQ(find_fault("S99"), nullptr); }

}  // namespace
}  // namespace asyncbench::http
