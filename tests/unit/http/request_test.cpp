#include "http/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace asyncbench::http {
namespace {

using testing::HasSubstr;

TEST(Url, IsReadInAllItsForms) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* target;
    const char* authority;
  };
  for (const Case& c :
       {Case{"http://a.example", "a.example", 80, "/", "a.example"},
        Case{"http://a.example:80/", "a.example", 80, "/", "a.example"},
        Case{"http://a.example:8080/x?y=1", "a.example", 8080, "/x?y=1", "a.example:8080"},
        Case{"http://127.0.0.1?q", "127.0.0.1", 80, "/?q", "127.0.0.1"},
        Case{"http://[::1]:81/x", "::1", 81, "/x", "[::1]:81"},
        Case{"http://[::1]", "::1", 80, "/", "[::1]"},
        Case{"https://a.example/x", "a.example", 443, "/x", "a.example"},
        Case{"https://a.example:443/", "a.example", 443, "/", "a.example"},
        Case{"https://a.example:80/", "a.example", 80, "/", "a.example:80"},
        Case{"https://[::1]:8443", "::1", 8443, "/", "[::1]:8443"}}) {
    const ParsedUrl parsed = parse_url(c.text);
    ASSERT_TRUE(parsed.url) << parsed.error;
    EXPECT_EQ(parsed.url->host, c.host);
    EXPECT_EQ(parsed.url->port, c.port);
    EXPECT_EQ(parsed.url->target, c.target);
    EXPECT_EQ(parsed.url->authority(), c.authority);
    EXPECT_EQ(parsed.url->is_secure, std::string_view(c.text).starts_with("https"));
    EXPECT_EQ(parse_url(parsed.url->to_string()).url->to_string(), parsed.url->to_string());
  }
}

TEST(Url, IsRefusedWithTheRemedy) {
  struct Case {
    const char* text;
    const char* remedy;
  };
  for (const Case& c :
       {Case{"ftp://a/", "or https://"}, Case{"https://", "host is missing"},
        Case{"localhost:8080/x", "write http://HOST"}, Case{"", "write http://HOST"},
        Case{"http://", "host is missing"}, Case{"http:///x", "host is missing"},
        Case{"http://:80/", "host is missing"}, Case{"http://a:0/", "from 1 to 65535"},
        Case{"http://a:65536/", "from 1 to 65535"}, Case{"http://a:/", "from 1 to 65535"},
        Case{"http://a:8x/", "from 1 to 65535"}, Case{"http://u:p@a/", "before '@'"},
        Case{"http://a/#b", "from '#' on"}, Case{"http://a/b c", "percent-encoded"},
        Case{"http://a/\r\nX: y", "percent-encoded"}, Case{"http://[::1/", "lacks its ']'"},
        Case{"http://[zz]/", "not an IPv6 address"}, Case{"http://[::1]x/", "from 1 to 65535"}}) {
    const ParsedUrl parsed = parse_url(c.text);
    EXPECT_FALSE(parsed.url) << c.text;
    EXPECT_THAT(parsed.error, HasSubstr(c.remedy)) << c.text;
    EXPECT_THAT(parsed.error, HasSubstr(c.text));
  }
}

TEST(Request, IsMadeOnceWithTheNameInHostAndTheAddressInItsUrl) {
  const Url url = *parse_url("http://a.example:8080/x?y").url;
  const Request request = make_request(Method::get, url, Endpoint::loopback(8080), true);
  EXPECT_THAT(request.wire, testing::StartsWith("GET /x?y HTTP/1.1\r\nHost: a.example:8080\r\n"));
  EXPECT_THAT(request.wire, HasSubstr("\r\nUser-Agent: asyncbench/"));
  EXPECT_THAT(request.wire, HasSubstr("\r\nAccept: */*\r\n"));
  EXPECT_THAT(request.wire, testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(request.wire, testing::Not(HasSubstr("Connection")));
  EXPECT_EQ(request.url.to_string(), "http://127.0.0.1:8080/x?y");
}

TEST(Request, OfHttpsKeepsTheNameThatTheCertificateIsFor) {
  const Url url = *parse_url("https://a.example:8443/").url;
  const Request request = make_request(Method::get, url, Endpoint::loopback(8443), true);
  EXPECT_THAT(request.wire, HasSubstr("\r\nHost: a.example:8443\r\n"));
  EXPECT_EQ(request.url.to_string(), "https://a.example:8443/");
  EXPECT_EQ(request.to.to_string(), "127.0.0.1:8443");
}

TEST(Request, SaysCloseOnlyWithoutKeepAlive) {
  const Request request = make_request(Method::head, Url{.host = "a"}, {}, false);
  EXPECT_THAT(request.wire, testing::StartsWith("HEAD / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_THAT(request.wire, testing::EndsWith("\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(request.url.host, "a");
}

TEST(Request, PostsItsBodyBehindAHeadThatTellsItsLength) {
  const Request request = make_request(Method::post, Url{.host = "a"}, {}, true, "hello");
  EXPECT_THAT(request.wire, testing::StartsWith("POST / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_THAT(request.wire, testing::EndsWith("\r\nContent-Type: application/octet-stream\r\n"
                                              "Content-Length: 5\r\n\r\nhello"));
  EXPECT_EQ(request.body(), "hello");
  EXPECT_EQ(make_request(Method::get, Url{.host = "a"}, {}, true).body(), "");
}

}  // namespace
}  // namespace asyncbench::http
