#include "report/format.hpp"

#include <gtest/gtest.h>

namespace asyncbench::report {
namespace {

TEST(Format, KeepsThreeSignificantDigits) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(4.916), "4.92");
  EXPECT_EQ(format_number(9.999), "10.0");
  EXPECT_EQ(format_number(99.96), "100");
  EXPECT_EQ(format_number(0.0123), "0.012");
  EXPECT_EQ(format_number(0.00001), "<0.001");
}

TEST(Format, ChoosesTheUnit) {
  EXPECT_EQ(format_duration_ns(850), "850ns");
  EXPECT_EQ(format_duration_ns(12'340), "12.3us");
  EXPECT_EQ(format_duration_ns(999'999), "1.00ms");
  EXPECT_EQ(format_duration_ns(1.2e9), "1.20s");
  EXPECT_EQ(format_duration_ns(200e9), "3min 20s");
  EXPECT_EQ(format_count(850), "850");
  EXPECT_EQ(format_count(165'432), "165k");
  EXPECT_EQ(format_count(999'900), "1.00M");
  EXPECT_EQ(format_count(1.66e6), "1.66M");
  EXPECT_EQ(format_bytes(12), "12B");
  EXPECT_EQ(format_bytes(512), "512B");
  EXPECT_EQ(format_bytes(12.5), "12.5B");
  EXPECT_EQ(format_bytes(16384), "16KiB");
  EXPECT_EQ(format_bytes(1536), "1.50KiB");
}

TEST(Format, WritesSharesAsPercent) {
  EXPECT_EQ(format_percent(0), "0%");
  EXPECT_EQ(format_percent(0.0001), "<0.1%");
  EXPECT_EQ(format_percent(0.021), "2.1%");
  EXPECT_EQ(format_percent(0.5), "50%");
}

TEST(Printable, DisarmsTerminalControl) {
  EXPECT_EQ(printable("\033[2Jgone"), "?[2Jgone");
  EXPECT_EQ(printable("a\nb\tc\x7f"), "a?b?c?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "?31m");                              // C1 control sequence introducer
  EXPECT_EQ(printable("x\xE2\x80\xAEy"), "x?y");  // U+202E, right to left
  EXPECT_EQ(printable("\xff\xC0\xAF"), "???");    // not UTF-8, overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "???");    // a surrogate
  EXPECT_EQ(printable("\xE2\x82"), "??");         // cut off
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
}

TEST(Wrapped, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(wrapped("one two three", "- ", 9), "- one two\n  three\n");
  EXPECT_EQ(wrapped("", "- ", 9), "- \n");
  EXPECT_EQ(wrapped("unbreakable", "", 4), "unbreakable\n");
}

TEST(MessageText, QuotesForeignTextBriefly) {
  EXPECT_EQ(message_text("unknown key \"a\033[31m\""), "unknown key \"a?[31m\"");
  const std::string path(255, 'p');
  EXPECT_EQ(message_text(path + " is a path"), path + " is a path");
  const std::string token(300'000, 'x');
  EXPECT_EQ(message_text("unknown key \"" + token + "\"; there are a, b"),
            "unknown key \"" + std::string(59, 'x') + "... (300001 characters)\"; there are a, b");
  std::string words;
  for (int i = 0; i < 100'000; ++i) words += "a ";
  EXPECT_LT(message_text(words).size(), 4'100U);
  std::string umlauts;
  for (int i = 0; i < 1'000; ++i) umlauts += "\u00e4";
  EXPECT_EQ(message_text("x" + umlauts), printable(message_text("x" + umlauts)));
  EXPECT_EQ(message_text(std::string(1'000, '"')),
            std::string(60, '"') + "... (992 characters)" + std::string(8, '"'));
}

}  // namespace
}  // namespace asyncbench::report
