#include "report/versus_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "analyze/ratio.hpp"
#include "report/contrast_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Condition;
using analyze::Contrast;
using analyze::Decision;
using analyze::Judgement;
using Json = nlohmann::ordered_json;

// A ratio without its interval, marked: what is not decided, or not different, must not look like a
// finding.
std::string marked_ratio(const Contrast* contrast) {
  if (contrast == nullptr) return "-";
  const Judgement& judgement = contrast->judgement;
  const auto ratio = analyze::ratio_of(contrast->figure, judgement.ratio, judgement.blocks);
  if (!ratio || judgement.decision == Decision::invalid) return "-";
  const std::string text = analyze::ratio_number(ratio->estimate);
  if (judgement.decision == Decision::undecided) return text + "?";
  if (judgement.decision == Decision::alike) return text + "=";
  return text;
}

const Contrast* find(const Condition& condition,
                     std::initializer_list<analyze::FigureName> figures) {
  for (const Contrast& contrast : condition.contrasts) {
    if (std::ranges::find(figures, contrast.figure) != figures.end()) return &contrast;
  }
  return nullptr;
}

// "25k/s": a rate that was chosen, so that few digits are all of it.
std::string offered_rate(double per_s) {
  return per_s < 1000 ? fmt::format("{:g}/s", per_s) : fmt::format("{:g}k/s", per_s / 1000);
}

// "serve/connections:64/body_bytes:12" as "serve 64, 12B": names of values that everyone knows are
// left out.
std::string short_name(const std::string& condition) {
  std::string name;
  std::size_t begin = 0;
  while (begin <= condition.size()) {
    const std::size_t end = std::min(condition.find('/', begin), condition.size());
    const std::string part = condition.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos) {
      name += part;
      continue;
    }
    const std::string key = part.substr(0, colon);
    const std::string value = part.substr(colon + 1);
    if (key == "connections") {
      name += " " + value;
    } else if (key == "body_bytes" || key == "message_bytes") {
      name += ", " + format_bytes(std::stod(value));
    } else if (key == "arrivals") {
      const std::size_t rate = value.find(':');
      name += rate == std::string::npos
                  ? " " + value
                  : fmt::format(" at {}", offered_rate(std::stod(value.substr(rate + 1))));
    } else if (key != "subject") {
      name += fmt::format(", {} {}", key, value);
    }
  }
  return name;
}

// "9 to 21 % less", of ratios of CPU per request.
std::string amount(std::vector<double> ratios) {
  std::ranges::sort(ratios);
  const auto percent = [](double ratio) { return std::abs(ratio - 1) * 100; };
  const double a = std::min(percent(ratios.front()), percent(ratios.back()));
  const double b = std::max(percent(ratios.front()), percent(ratios.back()));
  const std::string_view word = ratios.front() < 1 ? "less" : "more";
  if (std::round(a) == std::round(b)) return fmt::format("{:.0f} % {}", a, word);
  return fmt::format("{:.0f} to {:.0f} % {}", a, b, word);
}

// Differences below the margin are no reason for anything.
Decision in_short(Decision decision) {
  const bool is_small =
      decision == Decision::slightly_better || decision == Decision::slightly_worse;
  return is_small ? Decision::alike : decision;
}

struct Share {
  std::vector<double> ratios;
  std::vector<std::string> names;
};

std::string where(const Share& share, std::size_t all) {
  if (share.names.size() == all) return all == 1 ? "" : " in every condition";
  constexpr std::size_t kNamed = 4;
  if (share.names.size() <= kNamed) return fmt::format(" ({})", fmt::join(share.names, "; "));
  return fmt::format(" in {} of {} conditions", share.names.size(), all);
}

// What the other is worse in beside CPU, in the conditions where it is not worse in CPU.
std::string price(const Versus& versus) {
  std::vector<std::string> prices;
  for (const auto& [figures, title] :
       {std::pair{std::array{analyze::kServiceP99, analyze::kResponseP99}, "p99"},
        std::pair{std::array{analyze::kServiceP50, analyze::kResponseP50}, "p50"}}) {
    std::vector<std::string> places;
    for (const Condition& condition : versus.conditions) {
      const Contrast* const contrast = find(condition, {figures[0], figures[1]});
      if (contrast == nullptr || contrast->judgement.decision != Decision::worse) continue;
      places.push_back(
          fmt::format("{} times at {}", ratio_text(*contrast), short_name(condition.name)));
    }
    if (places.empty()) continue;
    const std::size_t more = places.size() - std::min<std::size_t>(places.size(), 2);
    places.resize(places.size() - more);
    prices.push_back(fmt::format("{} is worse: {}{}", title, fmt::join(places, ", "),
                                 more == 0 ? "" : fmt::format(", and in {} more", more)));
  }
  return fmt::format("{}", fmt::join(prices, "; "));
}

}  // namespace

std::string versus_table(const Versus& versus, std::size_t width) {
  using Row = std::array<std::string, 6>;
  std::vector<Row> rows = {{fmt::format("{} / {}", versus.other, versus.reference),
                            "CPU per request", "p50", "p99", "req/s", "CPU is"}};
  for (const Condition& condition : versus.conditions) {
    rows.push_back({short_name(condition.name), ratio_text(condition.contrasts.front()),
                    marked_ratio(find(condition, {analyze::kServiceP50, analyze::kResponseP50})),
                    marked_ratio(find(condition, {analyze::kServiceP99, analyze::kResponseP99})),
                    marked_ratio(find(condition, {analyze::kThroughput})),
                    std::string(name_of(condition.deciding().decision))});
  }
  // Of the widest entry, with the gap before it.
  const auto column = [&](std::size_t i, std::size_t gap) {
    return gap +
           std::ranges::max(rows, {}, [i](const Row& row) { return row[i].size(); })[i].size();
  };
  const std::array<std::size_t, 6> widths = {column(0, 0), column(1, 1), column(2, 2),
                                             column(3, 2), column(4, 2), column(5, 2)};
  const std::size_t figures = std::accumulate(widths.begin() + 1, widths.end(), std::size_t{0});
  const std::size_t name_width = std::min(widths[0], width - std::min(width, figures));
  std::string text;
  for (const Row& row : rows) {
    // A name without room has a line of its own, so that none is cut.
    const bool fits = row[0].size() <= name_width;
    if (!fits) text += row[0] + "\n";
    text +=
        fmt::format("{:<{}} {:<{}}{:>{}}{:>{}}{:>{}}  {}\n", fits ? row[0] : "", name_width, row[1],
                    widths[1] - 1, row[2], widths[2], row[3], widths[3], row[4], widths[4], row[5]);
  }
  return text;
}

std::string versus_answer(const Versus& versus) {
  if (versus.conditions.empty()) {
    return fmt::format("nothing was measured of both {} and {}", versus.other, versus.reference);
  }
  std::map<Decision, Share> shares;
  for (const Condition& condition : versus.conditions) {
    Share& share = shares[in_short(condition.deciding().decision)];
    share.ratios.push_back(condition.deciding().ratio.estimate);
    share.names.push_back(short_name(condition.name));
  }
  const std::size_t all = versus.conditions.size();
  std::vector<std::string> clauses;
  const auto clause = [&](Decision decision, const std::string& says) {
    const Share& share = shares[decision];
    if (!share.names.empty()) clauses.push_back(says + where(share, all));
  };
  for (const Decision decision : {Decision::better, Decision::worse}) {
    if (shares[decision].ratios.empty()) continue;
    clause(decision, fmt::format("needs {} CPU per request", amount(shares[decision].ratios)));
  }
  clause(Decision::alike, fmt::format("needs the same within {:g} %", versus.rule.margin * 100));
  clause(Decision::undecided, "is undecided");
  clause(Decision::invalid, "has nothing valid");

  const bool gains = !shares[Decision::better].names.empty();
  const bool loses = !shares[Decision::worse].names.empty();
  const std::size_t open =
      shares[Decision::undecided].names.size() + shares[Decision::invalid].names.size();
  std::string_view verdict = "Open";
  if (2 * open > all) {
    // What is decided is too little for an advice.
  } else if (gains && !loses) {
    verdict = "Yes, move";
  } else if (gains) {
    verdict = "It depends";
  } else if (loses) {
    verdict = "No, stay";
  } else if (open == 0) {
    verdict = "No reason to move";
  }
  std::string text = fmt::format("{}: against {}, {} {}.", verdict, versus.reference, versus.other,
                                 fmt::join(clauses, ", "));
  if (const std::string paid = price(versus); !paid.empty())
    text += fmt::format(" {} {}.", gains || !loses ? "But its" : "Its", paid);
  std::vector<double> noise;
  for (const Condition& condition : versus.conditions) {
    if (condition.noise) noise.push_back(std::abs(condition.noise->ratio.estimate - 1) * 100);
  }
  if (!noise.empty()) {
    text += fmt::format(" Noise: {0} differs from its own twin by {1:.1f} % at most.",
                        versus.reference, *std::ranges::max_element(noise));
  }
  return text;
}

std::string versus_json(const Versus& versus) {
  Json conditions = Json::array();
  const auto or_null = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  const auto judged = [&](analyze::FigureName figure, const Judgement& judgement) {
    const auto ratio = analyze::ratio_of(figure, judgement.ratio, judgement.blocks);
    return Json{{"figure", figure},
                {"ratio", ratio ? Json(ratio->estimate) : Json(nullptr)},
                {"low", ratio ? or_null(ratio->low) : Json(nullptr)},
                {"high", ratio ? or_null(ratio->high) : Json(nullptr)},
                {"blocks", judgement.blocks},
                {"p", judgement.p},
                {"decision", name_of(judgement.decision)}};
  };
  for (const Condition& condition : versus.conditions) {
    Json contrasts = Json::array();
    for (const Contrast& contrast : condition.contrasts) {
      contrasts.push_back(judged(contrast.figure, contrast.judgement));
    }
    conditions.push_back(
        {{"condition", condition.name},
         {"contrasts", contrasts},
         {"twin", condition.noise ? judged(condition.contrasts.front().figure, *condition.noise)
                                  : Json(nullptr)}});
  }
  return Json{{"other", versus.other},
              {"reference", versus.reference},
              {"margin", versus.rule.margin},
              {"conditions", conditions},
              {"answer", versus_answer(versus)}}
      .dump(2);
}

}  // namespace asyncbench::report
