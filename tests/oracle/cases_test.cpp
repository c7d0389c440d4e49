// The generator and the comparison: a test that never fails is worth as much as one that is never
// run, so a planted fault in one instruction has to be found.
#include "tests/oracle/cases.hpp"

#include <cstring>
#include <set>

#include "tests/oracle/compare.hpp"
#include "tests/oracle/trial.hpp"
#include "tests/support/catch.hpp"

namespace tests::oracle {
namespace {

const Form& form_named(const std::string& text) {
  static const std::vector<Form> forms = all_forms();
  for (const Form& form : forms)
    if (form.text == text) return form;
  throw std::runtime_error("no form " + text);
}

TEST_CASE("every form of the tables can be encoded") {
  for (const Form& form : all_forms()) {
    INFO(form.text);
    CHECK(CaseMaker(form, 1).next().has_value());
  }
}

TEST_CASE("the tables hold the forms that Go binaries are made of") {
  std::set<std::string> forms;
  for (const Form& form : all_forms()) forms.insert(form.text);
  for (const char* wanted :
       {"adc r64, m64", "bts m32, i8", "cmovnbe r16, r16", "crc32 r32, m16",
        "lock cmpxchg m64, r64", "rep movsq", "pcmpestri xmm, m128, i8",
        "vfnmadd231sd xmm, xmm, xmm", "mulx r64, r64, m64", "vpalignr ymm, ymm, ymm, i8",
        "sha256rnds2 xmm, xmm", "aesenc xmm, m128", "ret i16", "vinserti128 ymm, ymm, m128, i8",
        "setnp r8", "jnbe rel32", "vmovntdq m256, ymm"})
    CHECK(forms.count(wanted) == 1);
}

TEST_CASE("the same seed makes the same cases") {
  const Form& form = form_named("vpaddd ymm, ymm, m256");
  CaseMaker a(form, 7);
  CaseMaker b(form, 7);
  CaseMaker c(form, 8);
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const auto x = a.next();
    const auto y = b.next();
    const auto z = c.next();
    REQUIRE((x && y && z));
    CHECK(x->before == y->before);
    CHECK(std::memcmp(x->code.data(), y->code.data(), x->length) == 0);
    differs = differs || !(x->before == z->before);
  }
  CHECK(differs);
}

/// The host's own outcomes, with one bit of one result wrong now and then.
class Faulty final : public EmulatedCpu {
 public:
  Faulty(HostCpu& host, u32 flag) : host_(host), flag_(flag) {}
  Outcome run(const Case& one) override {
    Outcome outcome = host_.run(one);
    if (outcome.fault.signal == 0 && one.before.gpr[kRcx] % 4 == 0) outcome.after.rflags ^= flag_;
    return outcome;
  }

 private:
  HostCpu& host_;
  u32 flag_;
};

TEST_CASE("a planted fault is found, an undefined flag is excused") {
  std::string why;
  const auto host = HostCpu::start(why);
  if (host == nullptr) {
    WARN("skipped: " << why);
    return;
  }
  Faulty adjust(*host, kAF);
  Trial trial(*host, adjust);
  const Verdict add = trial.run(form_named("add r64, r64"), 300, 1);
  CHECK(add.failed() != 0);
  CHECK(add.first_failure.find("rflags: expected") != std::string::npos);
  CHECK(trial.run(form_named("and r64, r64"), 300, 1).failed() == 0);
}

}  // namespace
}  // namespace tests::oracle
