// `asyncbench search`: a question -> trials, each chosen by those before it -> a sentence.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>
#include <variant>

#include "analyze/summary.hpp"
#include "cli/output.hpp"
#include "cli/plugins.hpp"
#include "cli/progress.hpp"
#include "cli/recorded_request.hpp"
#include "cli/search_options.hpp"
#include "cli/search_question.hpp"
#include "report/format.hpp"
#include "report/terminal.hpp"
#include "result/store.hpp"
#include "run/run.hpp"
#include "run/trial.hpp"

namespace asyncbench::cli {
namespace {

// Shows how much is still to come at most, which the plan does not know.
class SearchProgress : public run::Progress {
 public:
  SearchProgress(ProgressLine& line, const Question& question) : line_(line), question_(question) {}

  void run_begins(const run::Plan& plan, std::size_t done) override {
    trial_time_ = plan.expected_time() /
                  std::max<std::int64_t>(1, static_cast<std::int64_t>(plan.trials.size()));
    const std::size_t most = plan.trials.size() + question_.trials_left();
    std::string text = fmt::format("{} trials at most, {}", most, clock_text(time_of(most - done)));
    if (done > 0) text += fmt::format("; {} trials are done already", done);
    line_.note(text);
  }
  void trial_begins(const run::Step& step) override { line_.trial_begins(whole(step)); }
  void trial_ends(const run::Step& step, const result::Trial& trial) override {
    line_.trial_ends(whole(step), trial);
  }
  void note(std::string_view text) override { line_.note(text); }

 private:
  Duration time_of(std::size_t trials) const {
    return static_cast<std::int64_t>(trials) * trial_time_;
  }

  run::Step whole(run::Step step) const {
    step.total += question_.trials_left();
    step.remaining += time_of(question_.trials_left());
    return step;
  }

  ProgressLine& line_;
  const Question& question_;
  Duration trial_time_{0};  // the mean of those that the plan begins with
};

// "search.answer.json" for "search.json".
std::string answer_path(const std::string& out) { return result::stem_of(out) + ".answer.json"; }

// "connections": "1,2,4".
std::map<std::string, std::string> texts_of(const run::ParameterLists& lists) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, values] : lists) {
    std::string& text = texts[name];
    for (const auto& value : values) {
      text += (text.empty() ? "" : ",") + workloads::canonical_text(value);
    }
  }
  return texts;
}

std::string document(const Question& question, const SearchAnswer& answer,
                     const run::RunReport& report, const SearchRequest& request) {
  const Json json = {{"schema", {{"name", "asyncbench-search"}, {"major", 1}, {"minor", 0}}},
                     {"command", request.options.command},
                     {"result", report.out.empty() ? Json(nullptr) : Json(report.out)},
                     {"started", report.result.run.started},
                     {"finished", report.result.run.finished},
                     {"complete", report.result.run.complete},
                     {"workload", request.options.what},
                     {"parameters", texts_of(request.options.parameters)},
                     {"question", question.asked()},
                     {"points", answer.points},
                     {"answer", answer.answer},
                     {"sentences", answer.sentences},
                     {"notes", answer.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void print(const SearchAnswer& answer, const run::RunReport& report, const std::string& stored) {
  print_out("{}\n", answer.table);
  for (const std::string& note : answer.notes) {
    put(report::wrapped(note, "note: ", columns()));
  }
  if (!report.out.empty()) print_out("Trials: {}\n", report.out);
  if (!stored.empty()) print_out("Points: {}\n", stored);
  print_out("\n");
  for (const std::string& sentence : answer.sentences) {
    put(report::wrapped(report::printable(sentence), "", columns()));
  }
  flush_out();
}

void print_messages(const run::RunReport& report) {
  for (const std::string& message : report.messages) {
    complain(message);
  }
  if (run::is_interruption(report.exit_code)) {
    print_error("asyncbench: the answer is that of the trials so far\n");
  }
}

// A rate that is too high may well fail trials: that is an answer.
ExitCode exit_code_of(const run::RunReport& report, const SearchAnswer& answer) {
  const bool answered = answer.exit_code == ExitCode::done;
  const bool trials_failed =
      report.exit_code == ExitCode::invalid || report.exit_code == ExitCode::incomplete;
  if (trials_failed && answered) return ExitCode::done;
  return report.exit_code == ExitCode::done ? answer.exit_code : report.exit_code;
}

}  // namespace

ExitCode search_command(const Arguments& arguments, Registry& registry) {
  auto request = parse_search_options(arguments);
  if (!request) return ExitCode::done;
  load_programs(request->plugins, registry);
  if (!request->resume.empty()) {
    request = recorded_request("search", *request, parse_search_options);
  }
  const std::unique_ptr<Question> question = std::visit(
      [&](const auto& asked) { return make_question(asked, request->options, registry); },
      request->question);

  run::Plan plan = question->extremes();
  const std::vector<std::string> problems = run::preflight(plan);
  if (!problems.empty()) throw run::UsageError(fmt::format("{}", fmt::join(problems, "; ")));

  ProgressLine line(stderr, report::terminal_of(STDERR_FILENO));
  SearchProgress progress(line, *question);
  plan.cells.clear();
  plan.trials.clear();
  question->extend(plan, {}, progress);
  const run::Summarize summarize = [](result::Result& result) { analyze::summarize(result); };
  const run::Extend extend = [&](run::Plan& growing, const result::Result& so_far) {
    return question->extend(growing, so_far, progress);
  };
  run::RunReport report = request->resume.empty()
                              ? run::run(plan, registry, progress, summarize, extend)
                              : run::resume(plan, registry, progress, summarize, extend);
  line.clear();

  const SearchAnswer answer = question->answer(report.result);
  const std::string json = document(*question, answer, report, *request);
  std::string stored;
  if (request->json) {
    put(json);
  } else {
    try {
      if (!report.out.empty()) {
        stored = answer_path(report.out);
        result::write_atomically(stored, json);
      }
    } catch (const result::StoreError& error) {
      stored.clear();
      report.exit_code = ExitCode::not_stored;
      report.messages.emplace_back(error.what());
    }
    print(answer, report, stored);
  }
  print_messages(report);
  return exit_code_of(report, answer);
}

}  // namespace asyncbench::cli
