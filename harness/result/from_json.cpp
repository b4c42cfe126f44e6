#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "measure/recorder.hpp"
#include "result/convert.hpp"
#include "result/fields.hpp"
#include "result/ranges.hpp"

namespace asyncbench::result {
namespace {

using Json = nlohmann::ordered_json;

// Reads values into members; `path` is where it is.
class Read {
 public:
  Read(std::vector<std::string>* ignored, std::optional<Range> range)
      : ignored_(ignored), range_(range) {}

  template <class T>
  void operator()(const Json& json, T& object) requires std::is_class_v<T> {
    read_fields(json, object);
  }

  void operator()(const Json& json, bool& value) {
    expect(json.is_boolean(), "true or false");
    value = json.get<bool>();
  }

  void operator()(const Json& json, double& value) {
    expect(json.is_number(), "a number");
    value = json.get<double>();
    expect_in_range(value);
  }

  template <class T>
  void operator()(const Json& json, T& value) requires std::is_integral_v<T> {
    expect(json.is_number_integer(), "an integer");
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                : std::in_range<T>(json.get<std::int64_t>());
    expect(fits, fmt::format("an integer from {} to {}", std::numeric_limits<T>::min(),
                             std::numeric_limits<T>::max()));
    value = json.get<T>();
    expect_in_range(static_cast<double>(value));
  }

  template <class T>
  void operator()(const Json& json, T& value) requires std::is_enum_v<T> {
    constexpr auto& names = kNamesOf<T>;
    const auto found = json.is_string()
                           ? std::ranges::find(names, json.get_ref<const std::string&>())
                           : names.end();
    expect(found != names.end(), fmt::format("one of {}", fmt::join(names, ", ")));
    value = static_cast<T>(found - names.begin());
  }

  void operator()(const Json& json, std::string& text) {
    expect(json.is_string(), "a text");
    text = json.get<std::string>();
  }

  void operator()(const Json& json, OrNull<std::string>& field) {
    if (json.is_null()) {
      field.text.clear();
    } else {
      (*this)(json, field.text);
    }
  }

  template <class T>
  void operator()(const Json& json, std::optional<T>& value) {
    if (json.is_null()) {
      value.reset();
    } else {
      (*this)(json, value.emplace());
    }
  }

  template <class Optional>
  void operator()(const Json& json, OrAbsent<Optional>& field) {
    (*this)(json, field.value.emplace());
  }

  void operator()(const Json& json, OneFigure<Estimates>& field) {
    if (!json.is_null()) (*this)(json, field.figures[field.name]);
  }

  void operator()(const Json& json, OtherFigures<Estimates>& field) {
    expect(json.is_object(), "an object");
    for (const auto& [name, value] : json.items()) at(name, value, field.figures[name]);
  }

  template <class T>
  void operator()(const Json& json, std::vector<T>& list) {
    expect(json.is_array(), "a list");
    list.clear();
    list.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i)
      at(std::to_string(i), json[i], list.emplace_back());
  }

  template <class T>
  void operator()(const Json& json, std::map<std::string, T>& map) {
    expect(json.is_object(), "an object");
    map.clear();
    for (const auto& [name, value] : json.items()) at(name, value, map[name]);
  }

  void operator()(const Json& json, Value& value) {
    expect(scalar(json, value), "a number, a text, true or false");
  }

  void operator()(const Json& json, Values& values) {
    expect(json.is_object(), "an object");
    values.clear();
    for (const auto& [name, value] : json.items()) {
      at(name, value, values.emplace_back(name, Value{}).second);
    }
  }

  void operator()(const Json& json, Slice& slice) {
    expect(json.is_array() && json.size() == 2, "a list of two integers");
    at("0", json[0], slice.completions);
    at("1", json[1], slice.service_time_sum_ns);
  }

  void operator()(const Json& json, Turn& turn) {
    expect(json.is_array() && (json.size() == 7 || json.size() == 8),
           "a list of seven or eight integers");
    at("0", json[0], turn.start_ns);
    at("1", json[1], turn.requests);
    at("2", json[2], turn.completions);
    at("3", json[3], turn.latencies);
    at("4", json[4], turn.latency_sum_ns);
    at("5", json[5], turn.subject_cpu_ns);
    at("6", json[6], turn.peer_cpu_ns);
    if (json.size() == 8) at("7", json[7], turn.canary_ns);
  }

  void operator()(const Json& json, Estimate& estimate) {
    read_fields(json, estimate);
    expect(estimate.low <= estimate.median && estimate.median <= estimate.high,
           "an estimate with low <= median <= high");
  }

  void operator()(const Json& json, Latency& latency) {
    read_fields(json, latency);
    const std::array levels{latency.p50_ns,   latency.p90_ns,    latency.p99_ns,
                            latency.p99_9_ns, latency.p99_99_ns, latency.max_ns};
    expect(std::ranges::is_sorted(levels), "latencies whose percentiles rise up to the maximum");
  }

  void operator()(const Json& json, Trial& trial) {
    read_fields(json, trial);
    expect(!trial.valid || trial.window_ns > 0, "a trial that had a window, or is not valid");
  }

  // The bounds of a bucket are powers of two: those of one that no recording has are no numbers.
  void operator()(const Json& json, CoarseSlice& slice) {
    operator()<CoarseSlice::value_type>(json, slice);
    for (const auto& [bucket, count] : slice) {
      expect(bucket < measure::Recording::kCoarseBuckets,
             fmt::format("a list of buckets below {}", measure::Recording::kCoarseBuckets));
    }
  }

  void operator()(const Json& json, measure::Function& function) {
    expect(json.is_array() && json.size() == 2, "a list of two texts");
    at("0", json[0], function.name);
    at("1", json[1], function.module);
  }

  void operator()(const Json& json, measure::CallTree::Node& node) {
    expect(json.is_array() && json.size() == 3, "a list of three integers");
    at("0", json[0], node.parent);
    at("1", json[1], node.function);
    at("2", json[2], node.weight);
  }

  // Whoever walks the tree relies on its indices.
  void operator()(const Json& json, measure::CallTree& tree) {
    read_fields(json, tree);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const measure::CallTree::Node& node = tree.nodes[i];
      if (node.parent >= measure::CallTree::kNoParent && std::cmp_less(node.parent, i) &&
          node.function < tree.functions.size()) {
        continue;
      }
      throw FieldError(fmt::format("{}/nodes/{}", path_, i),
                       "names a parent that is not before it, or a function that is not there");
    }
  }

  void operator()(const Json& json, measure::Turn& turn) {
    expect(json.is_array() && json.size() == 5, "a list of five integers");
    std::int64_t duration_ns = 0;
    std::uint8_t wanted = 0;
    at("0", json[0], turn.start_ns);
    at("1", json[1], duration_ns);
    at("2", json[2], turn.task);
    at("3", json[3], turn.thread);
    at("4", json[4], wanted);
    expect(wanted < kOpKinds, "a turn that wants a known operation");
    turn.end_ns = sum(turn.start_ns, duration_ns);
    turn.wanted = static_cast<OpKind>(wanted);
  }

  void operator()(const Json& json, measure::Absence& absence) {
    expect(json.is_array() && json.size() == 5, "a list of five integers");
    at("0", json[0], absence.thread);
    at("1", json[1], absence.out_ns);
    at("2", json[2], absence.woken_ns);
    at("3", json[3], absence.in_ns);
    at("4", json[4], absence.reason);
    absence.woken_ns = sum(absence.out_ns, absence.woken_ns);
    absence.in_ns = sum(absence.out_ns, absence.in_ns);
  }

  void operator()(const Json& json, measure::Excerpt& excerpt) {
    read_fields(json, excerpt);
    for (const measure::Absence& absence : excerpt.absences) {
      expect(absence.reason < excerpt.reasons.size(), "an excerpt whose reasons are there");
    }
  }

  void operator()(const Json& json, measure::PhaseTimes& phases) {
    expect(json.is_object(), "an object");
    phases = {};
    for (std::size_t i = 0; i < phases.size(); ++i) {
      const auto phase = json.find(name_of(static_cast<measure::RequestPhase>(i)));
      if (phase == json.end()) continue;
      expect(phase->is_object(), "an object of objects");
      for (std::size_t j = 0; j < phases[i].size(); ++j) {
        const std::string_view name = name_of(static_cast<measure::Activity>(j));
        const auto activity = phase->find(name);
        if (activity != phase->end()) at(std::string(name), *activity, phases[i][j]);
      }
    }
  }

  template <class T>
  void operator()(const Json& json, std::pair<T, T>& pair) {
    expect(json.is_array() && json.size() == 2, "a list of two numbers");
    at("0", json[0], pair.first);
    at("1", json[1], pair.second);
  }

  void operator()(const Json& json, std::array<std::uint64_t, kOutcomes>& outcomes) {
    expect(json.is_object(), "an object");
    outcomes.fill(0);
    for (const auto& [name, value] : json.items()) {
      if (const auto outcome = outcome_named(name)) {
        at(name, value, outcomes[static_cast<std::size_t>(*outcome)]);
      } else {
        unknown(name);
      }
    }
  }

  void operator()(const Json& json, std::array<std::optional<bool>, kInvariants>& invariants) {
    // Before version 1.3 they had letters.
    static constexpr std::string_view kLetters = "ABCDEFGI";
    expect(json.is_object(), "an object");
    invariants.fill(std::nullopt);
    for (const auto& [name, value] : json.items()) {
      const auto known = std::ranges::find(kInvariantNames, name);
      const std::size_t position = name.size() == 1
                                       ? kLetters.find(name[0])
                                       : static_cast<std::size_t>(known - kInvariantNames.begin());
      if (position >= kInvariants) {
        unknown(name);
      } else {
        at(name, value, invariants[position]);
      }
    }
  }

  void operator()(const Json& json, Environment& environment) {
    expect(json.is_object(), "an object");
    for (const auto& [name, value] : json.items()) {
      if (name == "libraries") {
        at(name, value, environment.libraries);
      } else if (name == "unreadable") {
        at(name, value, environment.unreadable);
      } else {
        at(name, value, environment.facts.emplace_back(name, Fact{}).second);
      }
    }
  }

  void operator()(const Json& json, Fact& fact) {
    if (json.is_null() || scalar(json, fact)) return;
    expect(json.is_array(), "null, a number, a text, true, false or a list of texts");
    (*this)(json, fact.emplace<std::vector<std::string>>());
  }

 private:
  template <class T>
  void read_fields(const Json& json, T& object) {
    expect(json.is_object(), "an object");
    std::size_t known = 0;
    describe(
        [&](const char* name, auto&& member) {
          const auto found = json.find(name);
          if (found == json.end()) {
            if (may_lack(member)) return;
            throw FieldError(path_, fmt::format("\"{}\" is missing", name));
          }
          ++known;
          at(name, *found, member);
        },
        object);
    if (known < json.size()) find_unknown(json, object);
  }

  static bool may_lack(const auto&) { return false; }
  template <class Optional>
  static bool may_lack(const OrAbsent<Optional>&) {
    return true;
  }

  void at(const std::string& name, const Json& json, auto&& member) {
    const std::size_t before = path_.size();
    const std::optional<Range> range_before = range_;
    path_ += '/' + name;
    if (std::ranges::find(kAnyNumbers, name) != kAnyNumbers.end()) {
      range_.reset();
    } else if (range_ && names_unit(name)) {
      range_ = range_of(name);
    }
    (*this)(json, member);
    path_.resize(before);
    range_ = range_before;
  }

  void expect_in_range(double value) const {
    if (!range_) return;
    expect(range_->has(value), fmt::format("from {:g} to {:g}", range_->least, range_->most));
  }

  // Fields whose numbers are not ours to judge, or not amounts: what was asked for, what the
  // machine says of itself, and a profile's, whose times are before the window as well.
  static constexpr std::array<std::string_view, 5> kAnyNumbers = {"seed", "parameters", "options",
                                                                  "environment", "profile"};

  void expect(bool holds, const std::string& what) const {
    if (!holds) throw FieldError(path_, "must be " + what);
  }

  // The sum of a time and a duration that follows it.
  std::int64_t sum(std::int64_t start_ns, std::int64_t duration_ns) const {
    std::int64_t end_ns = 0;
    expect(!__builtin_add_overflow(start_ns, duration_ns, &end_ns), "a time span with an end");
    return end_ns;
  }

  void unknown(const std::string& name) {
    if (!ignored_) throw FieldError(path_ + '/' + name, "is not a field of this version");
    ignored_->push_back(path_ + '/' + name);
  }

  template <class T>
  void find_unknown(const Json& json, T& object) {
    std::vector<std::string_view> names;
    describe([&](const char* name, auto&&) { names.emplace_back(name); }, object);
    for (const auto& [name, value] : json.items()) {
      if (std::ranges::find(names, name) == names.end()) unknown(name);
    }
  }

  // Into a variant that can hold all four scalars.
  template <class Variant>
  bool scalar(const Json& json, Variant& value) {
    if (json.is_boolean()) {
      value = json.get<bool>();
    } else if (json.is_string()) {
      value = json.get<std::string>();
    } else if (json.is_number_float()) {
      value = json.get<double>();
    } else if (json.is_number_integer()) {
      (*this)(json, value.template emplace<std::int64_t>());
    } else {
      return false;
    }
    return true;
  }

  std::vector<std::string>* ignored_;
  std::string path_;
  std::optional<Range> range_;  // of the numbers here; empty: any
};

template <class T>
T read(const Json& json, std::vector<std::string>* ignored,
       std::optional<Range> range = range_of("")) {
  T object;
  Read reader(ignored, range);
  reader(json, object);
  return object;
}

}  // namespace

Result result_from_json(const Json& value, std::vector<std::string>* ignored) {
  Result result = read<Result>(value, ignored);
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    // Which of two would be compared, and which one silently left out?
    if (ids.insert(result.cells[i].id).second) continue;
    throw FieldError(fmt::format("/cells/{}/id", i),
                     fmt::format("the cell {} is there twice", result.cells[i].id));
  }
  return result;
}

measure::Profile profile_from_json(const Json& value) {
  return read<measure::Profile>(value, nullptr, std::nullopt);
}

Trial trial_from_json(const Json& value, std::vector<std::string>* ignored) {
  return read<Trial>(value, ignored);
}

}  // namespace asyncbench::result
