// Many listen to one machine, and each hears what it hears alone.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "asm/embedded_program.hpp"
#include "emulator/machine/lookout.hpp"
#include "tests/support/catch.hpp"
#include "tools/rt0/telling.hpp"
#include "tools/rt0/tracing.hpp"

namespace {

namespace tf = traces::format;
namespace machine = emulator::machine;
using emulator::Addr;
using emulator::u64;
using emulator::u8;
using emulator::kernel::ProcessExit;
using emulator::kernel::Thread;
using rt0::Models;
using rt0::NarratorOptions;
using rt0::Session;

/// One who listens to a session; what it has heard, as bytes.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::string finish(const std::optional<ProcessExit>& exit) = 0;
};
using Make = std::function<std::unique_ptr<Listener>(Session&)>;

class Told final : public Listener {
 public:
  Told(Session& session, NarratorOptions options)
      : models_(session, {}),
        telling_(session, models_, {std::move(options), {}, {}},
                 [this](const std::string& line) { text_ += line + "\n"; }) {
    telling_.attach();
  }
  std::string finish(const std::optional<ProcessExit>&) override {
    telling_.finish();
    return text_;
  }

 private:
  std::string text_;
  Models models_;
  rt0::Telling telling_;
};

class StringSink final : public tf::Sink {
 public:
  explicit StringSink(std::string& to) : Sink("memory"), to_(to) {}
  std::size_t write(std::span<const u8> bytes) override {
    to_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return bytes.size();
  }

 private:
  std::string& to_;
};

class Traced final : public Listener {
 public:
  Traced(Session& session, tf::Level level) {
    if (level == tf::Level::Step) models_.emplace(session, rt0::ModelOptions{});
    tf::Header header;
    header.level = level;
    writer_ = tf::make_writer(tf::Form::Rt0t, std::make_unique<StringSink>(bytes_), header);
    tracing_.emplace(session, *writer_, rt0::TracingOptions{level, {}, {}, {}},
                     models_ ? &*models_ : nullptr);
    tracing_->attach();
  }
  std::string finish(const std::optional<ProcessExit>& exit) override {
    tracing_->finish(exit);
    writer_->close();
    return bytes_;
  }

 private:
  std::string bytes_;
  std::optional<Models> models_;
  std::unique_ptr<tf::Writer> writer_;
  std::optional<rt0::Tracing> tracing_;
};

class Checked final : public Listener {
 public:
  explicit Checked(Session& session) : models_(session, {}) { models_.attach(); }
  std::string finish(const std::optional<ProcessExit>&) override {
    models_.finish();
    const auto& report = models_.checker()->report();
    std::string text =
        fmt::format("{} bytes, {} foretold\n", report.changed_bytes, report.predicted_bytes);
    for (const auto& [name, f] : report.functions)
      text += fmt::format("{}: {} {} {} {} {} {} {} {} {}\n", name, f.calls, f.fields, f.equal,
                          f.different, f.not_covered, f.excused, f.interleaved, f.declined,
                          f.unfinished);
    return text;
  }

 private:
  Models models_;
};

/// As the debugger watches: memory, system calls, breakpoints, threads.
class Watched final : public Listener {
 public:
  explicit Watched(Session& session) : names_(session, {}), lookout_(session.machine()) {
    conditions_.memory.push_back({{names_.guest().global("runtime.sched"), 256}});
    conditions_.memory.push_back(
        {{names_.guest().global("runtime.g0"), 64}, machine::WatchKind::access});
    conditions_.syscall_returns.all = true;
    conditions_.threads_created = true;
    for (const auto& e : names_.guest().entries("runtime.mallocgc"))
      conditions_.addresses.insert(e.address.value);
    conditions_.accept = [this](const machine::StopEvent& e) {
      text_ += fmt::format("{} {} t{} {} {:#x} {}\n", static_cast<int>(e.reason), e.position,
                           e.thread, e.index, e.pc.value, e.number);
      return false;
    };
    lookout_.arm(conditions_, machine::Lookout::Want::last, 0);
  }
  std::string finish(const std::optional<ProcessExit>&) override { return text_; }

 private:
  std::string text_;
  Models names_;  // only asked what lies where
  machine::Conditions conditions_;
  machine::Lookout lookout_;
};

/// As a timing core listens: every instruction by its facts, where it went, what it accessed.
class Followed final : public Listener {
 public:
  explicit Followed(Session& session) : observer_(session.machine()) {
    observer_.on.retired = [this](const Thread& t, const machine::Retired& r) {
      mix(static_cast<u64>(t.tid)), mix(r.number), mix(r.pc.value), mix(r.next.value), mix(r.taken);
      mix(r.facts->flags_read), mix(r.facts->bits);
      for (const u8 byte : r.bytes()) mix(byte);
      for (const auto& e : r.accesses()) mix(e.address.value), mix(e.size);
    };
    observer_.on.between = [this](const Thread&, const machine::Between& b) {
      mix(b.effects.count), mix(b.kernel_writes.size());
    };
    observer_.observe(true);
  }
  std::string finish(const std::optional<ProcessExit>&) override {
    return fmt::format("{} of {}", hash_, count_);
  }

 private:
  void mix(u64 v) { hash_ = (hash_ ^ v) * 0x9e37'79b9'7f4a'7c15, ++count_; }
  u64 hash_ = 0, count_ = 0;
  machine::Observer observer_;
};

NarratorOptions narrated(NarratorOptions::Level level, bool json) {
  NarratorOptions options;
  options.level = level, options.json = json, options.all = json;
  return options;
}

template <class T, class... A>
Make make(A... arguments) {
  return [=](Session& session) { return std::make_unique<T>(session, arguments...); };
}

const std::map<std::string, Make>& listeners() {
  using Level = NarratorOptions::Level;
  static const std::map<std::string, Make> all = {
      {"story", make<Told>(narrated(Level::story, false))},
      {"json", make<Told>(narrated(Level::fields, true))},
      {"trace, step", make<Traced>(tf::Level::Step)},
      {"trace, call", make<Traced>(tf::Level::Call)},
      {"trace, instruction", make<Traced>(tf::Level::Instruction)},
      {"check", make<Checked>()},
      {"watch", make<Watched>()},
      {"follow", make<Followed>()},
  };
  return all;
}

/// What each of them heard of one run.
std::vector<std::string> heard(const std::vector<std::string>& who, const std::string& program) {
  rt0::SilentHost host;
  rt0::RunOptions options;
  if (!program.empty()) options.program = {program};
  Session session(options, &host);
  session.machine().kernel().on.notice = nullptr;
  std::vector<std::unique_ptr<Listener>> all;
  for (const std::string& name : who) all.push_back(listeners().at(name)(session));
  const auto exit = session.run();
  REQUIRE(exit);
  std::vector<std::string> out;
  for (auto& listener : all) out.push_back(listener->finish(exit));
  while (!all.empty()) all.pop_back();
  return out;
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& [name, make] : listeners()) out.push_back(name);
  return out;
}

bool skipped() {
  if (!programs::hello().empty()) return false;
  WARN("skipped: rt0 was built without Go, there is nothing to run");
  return true;
}

}  // namespace

TEST_CASE("of any two who listen to one run, each hears byte for byte what it hears alone") {
  if (skipped()) return;
  std::map<std::string, std::string> alone;
  for (const std::string& name : names()) {
    alone[name] = heard({name}, "").front();
    CHECK(alone[name].size() > 10);
  }
  const auto all = names();
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i; j < all.size(); ++j) {
      // Two of a kind, too; and who comes first makes no difference.
      const bool swap = (i + j) % 2 == 1;
      const std::vector<std::string> who = {all[swap ? j : i], all[swap ? i : j]};
      const auto both = heard(who, "");
      CAPTURE(who);
      CHECK((both[0] == alone[who[0]]));
      CHECK((both[1] == alone[who[1]]));
    }
}

TEST_CASE("all listen at once to a program of many goroutines, each as if alone") {
  if (skipped()) return;
  const auto together = heard(names(), "@workers");
  for (std::size_t i = 0; i < together.size(); ++i) {
    CAPTURE(names()[i]);
    CHECK((heard({names()[i]}, "@workers").front() == together[i]));
  }
}
