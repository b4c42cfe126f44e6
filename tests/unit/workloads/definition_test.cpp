#include "workloads/definition.hpp"

#include <gmock/gmock.h>

#include "stub_workload.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::workloads {
namespace {

using testing::HasSubstr;

// The fault of a usable definition that `spoil` has changed.
template <class Spoil>
std::string fault_after(Spoil spoil) {
  Definition definition;
  spoil(definition);
  return definition_fault(StubWorkload(definition));
}

// The same of its only parameter, a count called "things".
template <class Spoil>
std::string fault_of_parameter(Spoil spoil) {
  return fault_after([&](Definition& definition) {
    definition.parameters = {a_count("things")};
    spoil(definition.parameters.front());
  });
}

TEST(Definition, OfEveryWorkloadHereIsUsable) {
  for (const Workload* workload : all_workloads()) {
    EXPECT_EQ(definition_fault(*workload), "") << workload->info().name;
  }
  EXPECT_EQ(fault_after([](Definition&) {}), "");
  EXPECT_EQ(fault_of_parameter([](ParameterInfo&) {}), "");
}

TEST(Definition, NeedsANameThatCanBeTyped) {
  for (const char* name : {"", "Ping", "a b", "-ping", "1ping", "ping!"}) {
    EXPECT_THAT(fault_after([&](Definition& d) { d.name = name; }), HasSubstr("no name")) << name;
  }
  EXPECT_EQ(fault_after([](Definition& d) { d.name = "resp-ping_2"; }), "");
  EXPECT_THAT(fault_after([](Definition& d) { d.summary = ""; }), HasSubstr("summary"));
}

TEST(Definition, NeedsParametersThatValuesCanBeReadBy) {
  const auto expect = [](auto spoil, const char* says) {
    const std::string fault = fault_of_parameter(spoil);
    EXPECT_THAT(fault, HasSubstr("parameter "));
    EXPECT_THAT(fault, HasSubstr(says));
  };
  using Info = ParameterInfo;
  expect([](Info& info) { info.name = "body-bytes"; }, "no name of a parameter");
  expect([](Info& info) { info.name = ""; }, "no name of a parameter");
  expect([](Info& info) { info.description = ""; }, "no description");
  expect([](Info& info) { info.otherwise = ""; }, "no default");
  expect([](Info& info) { info.otherwise = "many"; }, "default cannot be: \"many\"");
  expect([](Info& info) { info.least = 2; }, "default cannot be: \"1\"");
  expect([](Info& info) { info.least = info.most + 1; }, "is above its most");
  expect([](Info& info) { info.choices = "a|b"; }, "another kind than choice");
  expect([](Info& info) { info.not_with = "others"; }, "not_with names others");
  expect([](Info& info) { info.name = "arrivals"; }, "is called arrivals");
  const auto choose = [](const char* choices, const char* otherwise) {
    return [=](Info& info) {
      info.kind = ValueKind::choice;
      info.choices = choices;
      info.otherwise = otherwise;
    };
  };
  expect(choose("", "a"), "cannot be told apart");
  expect(choose("a|a", "a"), "cannot be told apart");
  expect(choose("a|b", "c"), "default cannot be: \"c\" is not one of a, b");
  EXPECT_EQ(fault_of_parameter(choose("a|b", "b")), "");
  EXPECT_THAT(fault_after([](Definition& definition) {
                definition.parameters = {a_count("things"), a_count("things")};
              }),
              HasSubstr("parameter things: it is there twice"));
}

TEST(Definition, NeedsRolesThatATrialCanStart) {
  const auto with_roles = [](std::vector<Role> roles) {
    return fault_after([&](Definition& definition) { definition.roles = roles; });
  };
  EXPECT_EQ(with_roles({Role::client}), "");
  for (const auto& roles : std::vector<std::vector<Role>>{
           {}, {Role::server}, {Role::client, Role::server}, {Role::client, Role::client}}) {
    EXPECT_THAT(with_roles(roles), HasSubstr("roles()"));
  }
  EXPECT_THAT(fault_after([](Definition& d) { d.subject = Role::upstream; }),
              HasSubstr("subject()"));
  EXPECT_THAT(fault_after([](Definition& d) { d.operations = kTaskOps; }), HasSubstr("forms()"));
  EXPECT_THAT(fault_after([](Definition& d) { d.in_flight = 0; }), HasSubstr("in_flight()"));
}

}  // namespace
}  // namespace asyncbench::workloads
