#include "cli/search_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "cli/measuring_options.hpp"
#include "cli/objective_text.hpp"
#include "cli/parse.hpp"
#include "run/plan.hpp"
#include "run/selection.hpp"
#include "workloads/names.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "One question a search:\n"
    "  --crossover A,B --over P=LO..HI   where the better of two strategies changes\n"
    "  --objective \"p99<5ms,...\"         the highest rate at which it is met\n"
    "  --usl                             how throughput grows with requests in flight\n"
    "\n"
    "An objective's figures: p50, p90, p99, p99.9 (response times), errors, achieved\n"
    "(of what was due; >=98% unless given) and cpu (of one CPU).\n"
    "\n"
    "Examples:\n"
    "  asyncbench search fetch --crossover uring,thread_per_request \\\n"
    "      --over connections=1..1024\n"
    "  asyncbench search serve --crossover asio,epoll --over body-bytes=1..1m\n"
    "  asyncbench search serve -s uring --objective \"p99<5ms,errors<0.1%\"\n"
    "  asyncbench search serve -s uring,asio --usl --connections 1..256*2\n"
    "  asyncbench search --resume asyncbench-search-20261121T120000Z.json\n"
    "\n"
    "Ctrl-C once ends the search with what it knows so far; --resume goes on.\n"
    "\n"
    "Exit codes:\n"
    "  0 answered   2 wrong usage   3 no answer: too noisy, or the objective was\n"
    "  never met   4 some point lacks valid trials   5 some trials failed, or a\n"
    "  strategy is not supported here   6 the result could not be stored\n"
    "  7 internal error   129, 130, 143 interrupted";

constexpr unsigned kSweepTrials = 6;
constexpr const char* kSweepValues = "1..256*2";

// What was typed, before it is understood.
struct Typed {
  std::string crossover;
  std::string over;
  std::string by = "cpu";
  std::string budget = "300";
  std::string objective;
  std::string rate_from = "1000";
  std::string rate_to = "10000000";
  std::string schedule = "poisson";
  bool usl = false;
};

// Options that mean something to one question alone.
struct Belonging {
  const char* option;
  const char* to;
};
constexpr std::array<Belonging, 7> kBelongings = {{
    {"--over", "--crossover"},
    {"--by", "--crossover"},
    {"--budget", "--crossover"},
    {"--rate-from", "--objective"},
    {"--rate-to", "--objective"},
    {"--schedule", "--objective"},
    {"--trials", "--usl"},
}};

void define(App& app, Typed& typed) {
  const char* const crossover = "Question: crossover";
  add_value(app, "--crossover", typed.crossover, "A,B", "two strategies").group(crossover);
  add_value(app, "--over", typed.over, "P=LO..HI",
            "a parameter of the work and its range: connections=1..1024")
      .group(crossover);
  add_value(
      app, "--by", typed.by, "WHAT",
      "what makes one better: cpu (of the side under test, per request), total-cpu (of both), "
      "throughput, p50, p99")
      .group(crossover);
  add_value(app, "--budget", typed.budget, "N", "trials at most").group(crossover);
  const char* const objective = "Question: highest rate";
  add_value(app, "--objective", typed.objective, "TEXT", "what each trial must achieve")
      .group(objective);
  add_value(app, "--rate-from", typed.rate_from, "N", "requests per second to begin with")
      .group(objective);
  add_value(app, "--rate-to", typed.rate_to, "N", "requests per second at most").group(objective);
  add_value(app, "--schedule", typed.schedule, "HOW", "of arrivals: poisson or constant")
      .group(objective);
  add_switch(app, "--usl", typed.usl,
             "a sweep over requests in flight, with the fit of the Universal Scalability Law, its "
             "peak and its knee")
      .group("Question: scalability");
}

std::string chosen_question(const App& app) {
  std::vector<std::string> chosen;
  for (const char* name : {"--crossover", "--objective", "--usl"}) {
    if (app.count(name) > 0) chosen.emplace_back(name);
  }
  if (chosen.empty()) {
    throw usage_error("nothing is asked",
                      "give --crossover A,B --over P=LO..HI, --objective TEXT or --usl");
  }
  if (chosen.size() > 1) {
    throw usage_error(fmt::format("{} are questions of their own", fmt::join(chosen, " and ")),
                      "ask one at a time");
  }
  for (const Belonging& one : kBelongings) {
    if (app.count(one.option) > 0 && chosen.front() != one.to) {
      throw usage_error(fmt::format("{} does not go with {}", one.option, chosen.front()),
                        fmt::format("it belongs to {}", one.to));
    }
  }
  return chosen.front();
}

bool is_open_loop(const run::RunOptions& options) {
  const auto found = options.parameters.find("arrivals");
  return found != options.parameters.end() &&
         std::ranges::any_of(found->second, [](const workloads::ParameterValue& value) {
           return std::get<load::ArrivalSpec>(value).open_loop();
         });
}

analyze::FigureName parse_figure(const std::string& text, bool open_loop) {
  if (text == "cpu") return analyze::kCpu;
  if (text == "total-cpu") return analyze::kTotalCpu;
  if (text == "p50") return open_loop ? analyze::kResponseP50 : analyze::kServiceP50;
  if (text == "p99") return open_loop ? analyze::kResponseP99 : analyze::kServiceP99;
  if (text != "throughput") {
    throw run::UsageError(
        workloads::unknown_name("figure", text, {"cpu", "total-cpu", "throughput", "p50", "p99"}));
  }
  if (open_loop) {
    throw run::UsageError("the throughput of an open loop is that of its arrivals; try cpu or p99");
  }
  return analyze::kThroughput;
}

CrossoverRequest parse_crossover(const Typed& typed, const workloads::Workload& workload,
                                 run::RunOptions& options) {
  if (!options.strategies.empty()) {
    throw usage_error("--strategies does not go with --crossover", "it names both strategies");
  }
  options.strategies = workloads::split_list(typed.crossover);
  if (options.strategies.size() != 2 || options.strategies[0] == options.strategies[1]) {
    throw usage_error(
        fmt::format("--crossover \"{}\" does not name two strategies", typed.crossover),
        "for example --crossover uring,thread_per_request");
  }
  if (typed.over.empty()) {
    throw usage_error("--crossover needs the parameter to search along",
                      "for example --over connections=1..1024");
  }
  CrossoverRequest request{
      .over = named("--over", [&] { return parse_axis(typed.over, workload); }),
      .by = named("--by", [&] { return parse_figure(typed.by, is_open_loop(options)); })};
  if (options.parameters.contains(request.over.parameter)) {
    throw usage_error(
        fmt::format("{} is what --over varies", run::option_name(request.over.parameter)),
        "leave it out");
  }
  const std::uint64_t budget =
      named("--budget", [&] { return workloads::parse_count(typed.budget); });
  // Both strategies, six pairs each, at both ends and in the middle.
  constexpr std::uint64_t kLeast = 36;
  constexpr std::uint64_t kMost = 100'000;
  if (budget < kLeast || budget > kMost) {
    throw usage_error(fmt::format("--budget {} cannot be", budget),
                      fmt::format("give {} to {} trials", kLeast, kMost));
  }
  request.budget = static_cast<unsigned>(budget);
  return request;
}

void require_strategies(const run::RunOptions& options) {
  if (!options.strategies.empty()) return;
  throw usage_error("no strategy to search with", "for example --strategies uring,asio");
}

RateRequest parse_rate(const Typed& typed, const workloads::Workload& workload,
                       const run::RunOptions& options) {
  require_strategies(options);
  if (workloads::find_parameter(workload.info().parameters, "arrivals") == nullptr) {
    throw usage_error(
        fmt::format("{} has no arrivals, whose rate --objective searches", workload.info().name),
        "take fetch, serve or another workload with --arrivals");
  }
  if (options.parameters.contains("arrivals")) {
    throw usage_error(is_open_loop(options) ? "--objective sets the rate of the arrivals itself"
                                            : "--objective is about an open loop",
                      "leave --arrivals out; see --schedule");
  }
  if (typed.schedule != "poisson" && typed.schedule != "constant") {
    throw run::UsageError("--schedule: " + workloads::unknown_name("schedule", typed.schedule,
                                                                   {"poisson", "constant"}));
  }
  RateRequest request{
      .objective = named("--objective", [&] { return parse_objective(typed.objective); }),
      .schedule = typed.schedule};
  const auto rate = [&](const char* option, const std::string& text) {
    const auto value =
        static_cast<double>(named(option, [&] { return workloads::parse_count(text); }));
    if (value < request.rates.least_per_s || value > request.rates.most_per_s) {
      throw usage_error(fmt::format("{} {} cannot be", option, text), "give 1 to 10000000");
    }
    return value;
  };
  request.rates.first_per_s = rate("--rate-from", typed.rate_from);
  request.rates.most_per_s = rate("--rate-to", typed.rate_to);
  if (request.rates.first_per_s > request.rates.most_per_s) {
    throw usage_error("--rate-from is above --rate-to", "begin at most there");
  }
  return request;
}

SweepRequest parse_sweep(const workloads::Workload& workload, run::RunOptions& options) {
  require_strategies(options);
  if (is_open_loop(options)) {
    throw usage_error("--usl is about a closed loop", "leave --arrivals out");
  }
  for (const char* name : {"connections", "in_flight"}) {
    const auto* const info = workloads::find_parameter(workload.info().parameters, name);
    if (info == nullptr) continue;
    options.parameters.emplace(name, workloads::parse_values(*info, kSweepValues));
    if (!options.settings.has(&run::Settings::trials)) {
      options.settings.set(&run::Settings::trials, kSweepTrials);
    }
    return {.parameter = name};
  }
  throw usage_error(fmt::format("{} has no number of requests in flight", workload.info().name),
                    "take a workload with --connections or --in-flight");
}

}  // namespace

std::optional<SearchRequest> parse_search_options(const Arguments& arguments) {
  const auto app = make_app("search",
                            "Decides by what it has measured what to measure next, until it can "
                            "answer a question with a sentence.",
                            kFooter);
  SearchRequest request;
  run::RunOptions& options = request.options;
  Typed typed;
  MeasuringOptions measuring("search");
  app->add_option("what", options.what, fmt::format("{}", fmt::join(run::workload_names(), ", ")))
      .option_text("WORKLOAD");
  define(*app, typed);
  options.settings.set(&run::Settings::duration, std::chrono::seconds(1))
      .set(&run::Settings::warmup, std::chrono::milliseconds(500));
  measuring.define(*app, options.settings);
  app->get_option("--trials").description("of each point of --usl");
  app->get_option("--strategies").default_str("none");
  measuring.define_output(
      *app,
      "every trial, as run stores them; the points and the answer go to FILE's name with "
      ".answer.json");
  add_resume(*app, request.resume, "the search");
  add_switch(*app, "--json", request.json, "print points and answer as JSON instead")
      .group("Output");
  if (!parse(*app, arguments)) return std::nullopt;

  request.plugins = measuring.plugins();
  if (!request.resume.empty()) {
    check_resume_alone(*app);
    return request;
  }
  if (options.what.empty()) {
    throw usage_error("no workload given", "for example: asyncbench search fetch --usl -s uring");
  }
  const std::string question = chosen_question(*app);
  const workloads::Workload& workload = run::workload_named(options.what);
  measuring.apply(*app, arguments, options);
  if (question == "--crossover") {
    request.question = parse_crossover(typed, workload, options);
  } else if (question == "--objective") {
    request.question = parse_rate(typed, workload, options);
  } else {
    request.question = parse_sweep(workload, options);
  }
  return request;
}

}  // namespace asyncbench::cli
