#include "result/gzip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "example.hpp"
#include "result/store.hpp"
#include "temporary_folder.hpp"

namespace asyncbench::result {
namespace {

using testing::HasSubstr;

constexpr std::size_t kLimit = 10'000'000;

// What gunzipped() says about data that it refuses.
std::string refusal_of(const std::string& packed, std::size_t limit = kLimit) {
  try {
    gunzipped(packed, limit);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

// Text that hardly compresses, so that what is packed spans many of the steps that are unpacked.
std::string noise(std::size_t bytes) {
  std::mt19937 random(1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(Gzip, GivesBackWhatWasPacked) {
  for (const std::string& text : {std::string(), std::string("a"), noise(1'000'000),
                                  std::string(5'000'000, 'x'), noise(256 * 1024)}) {
    const std::string packed = gzipped(text);
    EXPECT_TRUE(is_gzip(packed));
    EXPECT_EQ(gunzipped(packed, kLimit), text);
  }
}

TEST(Gzip, GivesTheSameBytesForTheSameText) { EXPECT_EQ(gzipped("text"), gzipped("text")); }

TEST(Gzip, ReadsSeveralMembersAsOne) {
  EXPECT_EQ(gunzipped(gzipped("one ") + gzipped("") + gzipped("two"), kLimit), "one two");
}

TEST(Gzip, RefusesWhateverIsCutOff) {
  const std::string packed = gzipped(noise(2'000));
  for (std::size_t size = 2; size < packed.size(); ++size) {
    ASSERT_THAT(refusal_of(packed.substr(0, size)), HasSubstr("ends early")) << size;
  }
  EXPECT_THAT(refusal_of(packed + packed.substr(0, 100)), HasSubstr("ends early"));
}

TEST(Gzip, RefusesEveryDamagedByteOfDataAndChecksum) {
  const std::string text = noise(2'000);
  const std::string packed = gzipped(text);
  constexpr std::size_t kHeader = 10;  // names the system and the time, which do not matter
  for (std::size_t at = kHeader; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_THAT(refusal_of(damaged), HasSubstr("copy the file again")) << at;
  }
}

TEST(Gzip, RefusesWhatFollowsTheEnd) {
  const std::string packed = gzipped("text");
  EXPECT_THAT(refusal_of(packed + "garbage"),
              HasSubstr("byte " + std::to_string(packed.size()) +
                        " of the compressed file: 7 bytes follow the end"));
}

TEST(Gzip, UnpacksNoMoreThanTheLimit) {
  const std::string bomb = gzipped(std::string(kLimit + 1, '0'));
  EXPECT_LT(bomb.size(), kLimit / 500);
  EXPECT_THAT(refusal_of(bomb), HasSubstr("unpacks to more than 10000000 bytes"));
  EXPECT_EQ(gunzipped(bomb, kLimit + 1).size(), kLimit + 1);
  // Several members count together.
  EXPECT_THAT(refusal_of(gzipped(std::string(600, '0')) + gzipped(std::string(600, '0')), 1'000),
              HasSubstr("more than 1000 bytes"));
}

TEST(Store, CompressesWhatIsNamedSo) {
  const TemporaryFolder folder;
  store(folder.file("r.json"), example_result());
  store(folder.file("r.json.gz"), example_result());
  const std::string plain = content_of(folder.file("r.json"));
  const std::string packed = content_of(folder.file("r.json.gz"));
  EXPECT_EQ(plain, serialize(example_result()));
  EXPECT_TRUE(is_gzip(packed));
  EXPECT_LT(packed.size(), plain.size() / 2);
}

TEST(Store, ReadsByContentAndNotByName) {
  const TemporaryFolder folder;
  const std::string text = serialize(example_result());
  put_content(folder.file("plain.json.gz"), text);
  put_content(folder.file("packed.json"), gzipped(text));
  EXPECT_EQ(serialize(load(folder.file("plain.json.gz")).result), text);
  EXPECT_EQ(serialize(load(folder.file("packed.json")).result), text);
}

TEST(Store, NamesTheCompressedFileThatIsTorn) {
  const TemporaryFolder folder;
  const std::string packed = gzipped(serialize(example_result()));
  put_content(folder.file("r.json.gz"), packed.substr(0, packed.size() / 2));
  try {
    load(folder.file("r.json.gz"));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("r.json.gz: byte "));
    EXPECT_THAT(error.what(), HasSubstr("copy the file again"));
    EXPECT_EQ(error.offset(), packed.size() / 2);
  }
}

TEST(Store, SaysWhatUnpacksOtherCompressions) {
  const TemporaryFolder folder;
  put_content(folder.file("r.json.zst"), "\x28\xb5\x2f\xfd rest");
  try {
    load(folder.file("r.json.zst"));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("r.json.zst: is compressed by zstd"));
    EXPECT_THAT(error.what(), HasSubstr("zstd -d"));
  }
}

TEST(Store, NamesFilesBesideAResultByItsStem) {
  EXPECT_EQ(stem_of("out/r.json"), "out/r");
  EXPECT_EQ(stem_of("out/r.json.gz"), "out/r");
  EXPECT_EQ(stem_of("out.d/r.v2"), "out.d/r.v2");
}

}  // namespace
}  // namespace asyncbench::result
