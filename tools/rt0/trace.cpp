// rt0 trace: record what a run does.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/bounds.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/models.hpp"
#include "tools/rt0/session.hpp"
#include "tools/rt0/trace_changes.hpp"
#include "tools/rt0/stream.hpp"
#include "traces/format/sha256.hpp"
#include "traces/format/writer.hpp"

namespace rt0 {
namespace {

namespace tf = traces::format;
using emulator::Addr;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using emulator::base::user_error;
using emulator::decode::Flow;
using emulator::kernel::Thread;
using emulator::machine::Between;
using emulator::machine::Retired;

struct TraceOptions {
  RunOptions run;
  ModelOptions models;
  std::string output, level = "call", format, from, until;
  std::vector<std::string> only;
};

/// What is told of every execution of an instruction, made once: as long as its bytes are these.
struct Described {
  std::array<u8, emulator::decode::kMaxInsnBytes> code{};
  unsigned length = 0;
  std::string_view function;
  u64 offset = 0;
  std::string text;
};

class Recorder {
 public:
  Recorder(Session& session, tf::Writer& writer, tf::Level level)
      : session_(session),
        writer_(writer),
        level_(level),
        changes_(session.machine(), session.program().bytes) {}

  /// The first record: what there is to begin with.
  void start() {
    if (level_ != tf::Level::Instruction) return;
    changes_.start(writer_);
    changes_.listen();
  }

  void retired(const Thread& t, const Retired& r) {
    if (level_ == tf::Level::Instruction)
      instruction(t, r);
    else
      control(t, r);
    flush();
  }
  void between(const Thread& t, const Between& what) {
    flush();
    changes_.between(writer_, stamped<tf::State>(t), what);
  }
  /// A new thread's registers, behind the call that made it.
  void began(const Thread& t) {
    if (level_ == tf::Level::Instruction)
      after_instruction(changes_.begin(stamped<tf::State>(t), "clone", t.regs));
  }
  template <class E>
  void event(const E& e) {
    if (level_ == tf::Level::Step)
      in_order_.emplace(e.n, e);
    else
      writer_.write(tf::Event(e));
  }
  /// What a system call did is told behind the instruction that made it, under the same number;
  /// that instruction is only reported when the kernel is through.
  template <class E>
  void after_instruction(E e) {
    e.n -= e.n != 0;
    if (level_ == tf::Level::Step)
      event(e);
    else
      waiting_.emplace_back(std::move(e));
  }
  void flush() {
    for (const tf::Event& e : waiting_) writer_.write(e);
    waiting_.clear();
  }
  /// At level step: whatever comes in from now on has this number or a later one.
  void flush_before(u64 number) {
    const auto end = in_order_.lower_bound(number);
    for (auto it = in_order_.begin(); it != end; ++it) writer_.write(it->second);
    in_order_.erase(in_order_.begin(), end);
  }
  void finish() {
    flush();
    flush_before(~u64{0});
  }
  template <class E>
  E stamped(const Thread& t) {
    E e;
    e.n = session_.machine().retired(), e.t = static_cast<u32>(t.tid),
    e.ns = session_.machine().now().value;
    return e;
  }

 private:
  const Described& describe(const Retired& r);
  void instruction(const Thread& t, const Retired& r);
  void control(const Thread& t, const Retired& r);
  std::string_view function_at(Addr pc) const {
    const auto* f = session_.program().symbols.function_at(pc);
    return f != nullptr ? f->name : std::string_view();
  }

  Session& session_;
  tf::Writer& writer_;
  tf::Level level_;
  tf::Insn insn_;
  ChangeRecorder changes_;
  std::unordered_map<u64, Described> described_;
  std::vector<tf::Event> waiting_;
  // Of level step: a step is told when the real code has confirmed it, after what came later.
  std::multimap<u64, tf::Event> in_order_;
};

const Described& Recorder::describe(const Retired& r) {
  Described& d = described_[r.pc.value];
  const auto code = r.bytes();
  if (d.length != code.size() || std::memcmp(d.code.data(), code.data(), code.size()) != 0) {
    const auto place = session_.program().symbols.locate(r.pc);
    d = {{},
         r.length(),
         place ? place.function->name : std::string_view(),
         place.offset,
         session_.machine().decoder().format(code, r.pc)};
    std::ranges::copy(code, d.code.begin());
  }
  return d;
}

void Recorder::instruction(const Thread& t, const Retired& r) {
  const Described& d = describe(r);
  insn_.begin(r.number, static_cast<u32>(t.tid), r.pc);
  insn_.fn = d.function, insn_.off = d.offset, insn_.text = d.text;
  changes_.effects(insn_, r.effects, r.kernel_writes);
  writer_.write(insn_);
  changes_.rest(writer_, insn_);
}

/// CALL and RET only.
void Recorder::control(const Thread& t, const Retired& r) {
  const auto stamp = [&](auto e) {
    e.n = r.number, e.t = static_cast<u32>(t.tid);
    return e;
  };
  if (r.facts->flow == Flow::call) {
    tf::Call e = stamp(tf::Call{});
    e.fn = function_at(r.next);
    event(e);
  } else if (r.facts->flow == Flow::ret) {
    tf::Ret e = stamp(tf::Ret{});
    e.fn = function_at(r.pc);
    event(e);
  }
}

tf::Header header_of(const TraceOptions& o, const Program& p, const std::vector<std::string>& argv,
                     tf::Level level) {
  tf::Header h;
  h.level = level;
  h.program = {tf::sha256(p.bytes), p.build.build_id, p.build.version, argv};
  h.machine.cpu = o.run.cpu, h.machine.cores = o.run.cores, h.machine.seed = o.run.seed,
  h.machine.quantum = o.run.quantum;
  h.runtime = level == tf::Level::Step ? o.models.runtime : "native";
  return h;
}

/// "0x3", "-ENOENT"; nothing for a call that does not return.
std::string result_text(const emulator::kernel::SysResult& r) {
  using Kind = emulator::kernel::SysResult::Kind;
  if (r.kind == Kind::error) return fmt::format("-{}", emulator::kernel::name(r.error));
  return r.kind == Kind::value ? emulator::base::hex(r.value) : std::string();
}

/// Everything besides instructions: landmarks, system calls, signals, threads.
void listen(Session& session, Recorder& recorder, const bool& recording) {
  auto& kernel = session.machine().kernel();
  kernel.on.syscall = [&](const Thread& t, const auto* row, u64 number, const auto& args,
                          const auto& result) {
    if (!recording) return;
    auto e = recorder.stamped<tf::Sys>(t);
    e.name = row != nullptr ? std::string(row->name) : fmt::format("syscall_{}", number);
    if (row != nullptr)
      e.args = emulator::kernel::argument_texts(session.machine().memory(), *row, args, result);
    e.ret = result_text(result);
    recorder.after_instruction(std::move(e));
  };
  kernel.on.signal = [&](const Thread& t, const auto& info, u64) {
    if (!recording) return;
    auto e = recorder.stamped<tf::Signal>(t);
    e.sig = info.signal, e.code = info.code, e.addr = info.address;
    recorder.event(e);
  };
  session.machine().on.switched = [&](const Thread* from, const Thread& to) {
    if (!recording || from == nullptr) return;
    auto e = recorder.stamped<tf::Switch>(to);
    e.from = fmt::format("t{}", from->tid);
    e.to = fmt::format("t{}", to.tid);
    e.stack = Addr(to.regs[emulator::cpu::rsp]);
    recorder.event(e);
  };
  kernel.on.clone = [&](const Thread& parent, const Thread& child) {
    if (!recording) return;
    auto e = recorder.stamped<tf::Thread>(parent);
    e.child = static_cast<u32>(child.tid);
    recorder.after_instruction(e);
    recorder.began(child);
  };
}

int trace(const TraceOptions& o) {
  if (o.output == "-") user_error("-o takes the name of a file: standard output is the guest's");
  const auto level = tf::level_named(o.level);
  const auto form =
      o.format.empty() ? tf::form_for_path(o.output) : tf::form_named(o.format).value();
  Session session(o.run);
  auto& machine = session.machine();
  const Bound from = parse_bound("--from", o.from, session.program()),
              until = parse_bound("--until", o.until, session.program());
  if (!o.only.empty() && *level != tf::Level::Step) user_error("--only is for --level step");
  StoryChoice only;
  if (!o.only.empty()) only = story_choice(o.only, session.program());
  const auto writer = tf::make_writer(
      form, o.output, header_of(o, session.program(), machine.kernel().config().argv, *level));
  Recorder recorder(session, *writer, *level);
  const Landmarks landmarks(session.program());

  bool recording = o.from.empty();
  u64 first = 0;  // the instruction at which recording began
  std::optional<Models> models;
  const auto start = [&] {
    recording = true, first = machine.retired();
    if (!models) machine.observe(true);
    recorder.start();
  };
  listen(session, recorder, recording);

  std::set<u64> probes = landmarks.addresses();
  probes.insert(from.entries.begin(), from.entries.end());
  probes.insert(until.entries.begin(), until.entries.end());
  machine.set_probes(probes);
  machine.on.probe = [&](const Thread& t, Addr at) {
    if (!recording && from.at(at)) start();
    if (recording && until.at(at)) return machine.stop();
    if (const auto* found = landmarks.at(at); found != nullptr && recording) {
      auto e = recorder.stamped<tf::Landmark>(t);
      e.fn = found->name, e.pc = at, e.text = found->routine->text;
      e.weight = runtime_model::model::name(runtime_model::model::weight_of(e.fn));
      if (only.empty() || only.holds(e, models->naming().step_by(models->standing(t))))
        recorder.event(e);
    }
    if (!until.at(at) && !(models && models->stands_at(at))) machine.remove_probe(at);
  };
  if (*level == tf::Level::Step) {
    models.emplace(session, o.models);
    models->listen([&, naming = models->naming()](const runtime_model::model::Told& told) {
      if (recording && told.number >= first && only.may_hold(told.step.id))
        if (const auto e = event_of(told, naming); only.holds(e)) recorder.event(e);
      recorder.flush_before(models->told_up_to());
    });
    models->attach(machine.on.probe, probes);
  } else {
    machine.on.retired = [&](const Thread& t, const Retired& r) { recorder.retired(t, r); };
    if (*level == tf::Level::Instruction)
      machine.on.between = [&](const Thread& t, const Between& b) { recorder.between(t, b); };
  }

  std::optional<emulator::kernel::ProcessExit> exit;
  try {
    if (from.number && *from.number > 0) {
      machine.stop_at(*from.number);
      exit = session.run();
    }
    if (!exit) {
      if (o.from.empty() || from.number) start();
      machine.stop_at(until.number.value_or(~u64{0}));
      exit = session.run();
    }
  } catch (...) {
    if (models) models->finish();
    recorder.finish();
    writer->close();  // what was recorded stays readable
    throw;
  }
  if (models) models->finish();
  if (exit && recording) {
    tf::Exit e;
    e.n = machine.retired(), e.t = 1, e.ns = machine.now().value, e.code = exit->status,
    e.sig = exit->signal;
    recorder.event(e);
  }
  recorder.finish();
  writer->close();
  for (const auto name : only.unmet()) kStderr.print("rt0: nothing of {} came\n", name);
  if (!recording)
    user_error("{}: the program ended before --from {} was reached, so the trace is empty",
               session.program().name, o.from);
  return emulator::base::kExitFine;
}

}  // namespace

void add_trace(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("trace", "run a Go program and record a trace");
  auto o = std::make_shared<TraceOptions>();
  command->add_option("-o,--output", o->output, "where the trace goes")->required();
  command
      ->add_option(
          "--level", o->level,
          "step: what the runtime does, by its models; call: calls, returns, system calls, "
          "landmarks; instruction: every instruction with its effects")
      ->capture_default_str()
      ->check(CLI::IsMember({"step", "call", "instruction"}));
  command
      ->add_option("--format", o->format,
                   "jsonl or rt0t; by default what the name of the file asks for")
      ->check(CLI::IsMember({"jsonl", "rt0t"}));
  command->add_option("--from", o->from,
                      "start at a function's first entry, or at an instruction number");
  command->add_option("--until", o->until, "stop there");
  command
      ->add_option("--runtime", o->models.runtime,
                   "at level step: check, models beside the real code; model, in its place")
      ->capture_default_str()
      ->check(CLI::IsMember({"check", "model"}));
  add_only(*command, o->only);
  add_model_choice(*command, o->models);
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    status = trace(*o);
  });
}

}  // namespace rt0
