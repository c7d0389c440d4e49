#include "traces/format/sha256.hpp"

#include <string_view>

#include "tests/support/catch.hpp"

using namespace traces::format;

namespace {
std::span<const emulator::u8> bytes(std::string_view text) {
  return {reinterpret_cast<const emulator::u8*>(text.data()), text.size()};
}
}  // namespace

TEST_CASE("SHA-256 of NIST's examples") {
  CHECK(sha256(bytes("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(
      sha256(bytes(
          "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu")) ==
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(sha256(bytes(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes come in") {
  const std::string text(300, 'x');
  for (std::size_t size = 0; size <= text.size(); ++size) {
    Sha256 parts;
    parts.update(bytes(text).first(size));
    parts.update(bytes(text).subspan(size));
    CHECK(parts.hex() == sha256(bytes(text)));
  }
}
