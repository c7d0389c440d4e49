#include "tests/oracle/host_cpu.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <string_view>

#include "tests/oracle/host_child.hpp"

namespace tests::oracle {
namespace {

constexpr int kPatienceMs = 20'000;  // for a batch, which takes a few milliseconds

class ForkedCpu final : public HostCpu {
 public:
  explicit ForkedCpu(Mailbox& mailbox) : mailbox_(mailbox) {}
  ~ForkedCpu() override {
    stop();
    munmap(&mailbox_, sizeof mailbox_);
  }
  ForkedCpu(const ForkedCpu&) = delete;
  ForkedCpu& operator=(const ForkedCpu&) = delete;

  bool launch() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return false;
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ends[0]);
      host_child(mailbox_, ends[1]);
    }
    close(ends[1]);
    channel_ = ends[0];
    return pid_ > 0 && answered();
  }

  void run(std::span<const Case> cases, std::span<Outcome> outcomes) override {
    while (!cases.empty()) {
      const u64 count = std::min<u64>(cases.size(), Mailbox::kSlots);
      const u64 done = run_batch(cases.first(count), outcomes.first(count));
      cases = cases.subspan(done);
      outcomes = outcomes.subspan(done);
    }
  }

 private:
  /// Returns how many have a verdict: all of them, or those up to the one that killed the child.
  u64 run_batch(std::span<const Case> cases, std::span<Outcome> outcomes) {
    for (u64 i = 0; i < cases.size(); ++i) mailbox_.slots[i].stimulus = cases[i];
    mailbox_.count = static_cast<u32>(cases.size());
    mailbox_.done = 0;
    const char go = 'g';
    const bool fine = pid_ > 0 && send(channel_, &go, 1, MSG_NOSIGNAL) == 1 && answered();
    const u64 done = fine ? cases.size() : mailbox_.done;
    for (u64 i = 0; i < done; ++i) outcomes[i] = mailbox_.slots[i].outcome;
    if (fine) return done;
    outcomes[done] = Outcome{};
    stop();
    launch();
    return done + 1;
  }

  bool answered() const {
    pollfd wait = {channel_, POLLIN, 0};
    int ready = 0;
    do ready = poll(&wait, 1, kPatienceMs);
    while (ready < 0 && errno == EINTR);
    char byte = 0;
    return ready == 1 && read(channel_, &byte, 1) == 1;
  }

  void stop() {
    if (pid_ <= 0) return;
    close(channel_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  Mailbox& mailbox_;
  pid_t pid_ = -1;
  int channel_ = -1;
};

struct CpuidBit {
  std::string_view name;
  u32 leaf;
  char reg;
  u32 bit;
};
constexpr CpuidBit kFeatures[] = {
    {"sse3", 1, 'c', 0},          {"pclmul", 1, 'c', 1},         {"ssse3", 1, 'c', 9},
    {"fma", 1, 'c', 12},          {"cx16", 1, 'c', 13},          {"sse41", 1, 'c', 19},
    {"sse42", 1, 'c', 20},        {"movbe", 1, 'c', 22},         {"popcnt", 1, 'c', 23},
    {"aes", 1, 'c', 25},          {"avx", 1, 'c', 28},           {"f16c", 1, 'c', 29},
    {"bmi1", 7, 'b', 3},          {"avx2", 7, 'b', 5},           {"bmi2", 7, 'b', 8},
    {"adx", 7, 'b', 19},          {"sha", 7, 'b', 29},           {"clwb", 7, 'b', 24},
    {"clflushopt", 7, 'b', 23},   {"vpclmul", 7, 'c', 10},       {"vaes", 7, 'c', 9},
    {"lahf", 0x80000001, 'c', 0}, {"lzcnt", 0x80000001, 'c', 5}, {"prefetchw", 0x80000001, 'c', 8},
};

constexpr u64 kHwcap2FsGsBase = 2;  // asm/hwcap2.h

}  // namespace

bool host_has(const char* feature) {
  if (*feature == '\0') return true;
  for (const CpuidBit& f : kFeatures) {
    if (f.name != feature) continue;
    u32 a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(f.leaf, 0, &a, &b, &c, &d) == 0) return false;
    return ((f.reg == 'b' ? b : c) >> f.bit & 1) != 0;
  }
  return false;
}

std::unique_ptr<HostCpu> HostCpu::start(std::string& why) {
  if ((getauxval(AT_HWCAP2) & kHwcap2FsGsBase) == 0)
    return why = "the kernel does not allow RDFSBASE", nullptr;
  if (!host_has("avx")) return why = "the processor has no AVX", nullptr;
  void* shared =
      mmap(nullptr, sizeof(Mailbox), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return why = "no shared memory", nullptr;
  auto cpu = std::make_unique<ForkedCpu>(*new (shared) Mailbox);
  if (!cpu->launch()) return why = "fork, memfd or the fixed guest addresses are refused", nullptr;
  return cpu;
}

}  // namespace tests::oracle

#else

namespace tests::oracle {

bool host_has(const char*) { return false; }

std::unique_ptr<HostCpu> HostCpu::start(std::string& why) {
  why = "the host is not x86-64 Linux";
  return nullptr;
}

}  // namespace tests::oracle

#endif
