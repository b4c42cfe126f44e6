// Values with units, lists and ranges, as users and suites write them.
// Every function throws UsageError that names the text and shows what would be right.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "result/result.hpp"
#include "run/options.hpp"
#include "workloads/http_parameters.hpp"

namespace asyncbench::run {

// "5s", "10ms", "1.5s", "250us", "100ns", "2m", "0".
Duration parse_duration(std::string_view text);

// "12", "16k", "1m", "1g": binary units.
std::uint64_t parse_size(std::string_view text);

// A plain decimal number.
std::uint64_t parse_count(std::string_view text);

// "10ms" or "exp:10ms".
workloads::Delay parse_delay(std::string_view text);

// "on" or "off".
bool parse_switch(std::string_view text);

// "all", "sample" or "none".
workloads::Verify parse_verify(std::string_view text);

// "auto", "none", or "subject=1,peer=0"; several CPUs as "subject=1+2".
Pinning parse_pinning(std::string_view text);

// "auto", "poll" or "default".
CpuIdle parse_cpu_idle(std::string_view text);

// "a,b,c" to its items, without empty ones.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

// "1,8,64" item by item; "1..1024*2" is 1, 2, 4 ... 1024 and "10..50+10" is 10, 20 ... 50. Units
// apply where `parse` reads them ("1k..64k*2").
std::vector<std::uint64_t> parse_numbers(std::string_view text,
                                         std::uint64_t (*parse)(std::string_view));

// How the parameters are called in options, suites, cell ids and results.
inline constexpr std::array<std::string_view, 7> kParameterNames = {
    "connections", "body_bytes", "server_delay", "keep_alive",
    "arrivals",    "think_time", "deadline"};

// The values that `text` lists for parameter `name`, each in its canonical text: "1,2k" of
// body_bytes gives "1" and "2048".
std::vector<std::string> expand_parameter(std::string_view name, std::string_view text);

// Sets one parameter from one value.
void set_parameter(workloads::HttpParameters& parameters, std::string_view name,
                   std::string_view value);

// The parameters that a cell's id and result carry: connections and body_bytes always, the others
// where they differ from the defaults; in the order of kParameterNames.
result::Values shown_parameters(const workloads::HttpParameters& parameters);

// All parameters as set_parameter() takes them.
std::map<std::string, std::string> parameter_texts(const workloads::HttpParameters& parameters);

// Canonical texts: the greatest unit that divides the duration ("1500ms"), "exp:10ms".
std::string to_text(Duration duration);
std::string to_text(const workloads::Delay& delay);
std::string to_text(workloads::Verify verify);

}  // namespace asyncbench::run
