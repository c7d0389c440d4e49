#include "tools/rt0/tracing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "emulator/base/hex.hpp"
#include "traces/format/sha256.hpp"

namespace rt0 {

namespace tf = traces::format;
using emulator::u32;
using emulator::decode::Flow;

namespace {

/// "0x3", "-ENOENT"; nothing for a call that does not return.
std::string result_text(const emulator::kernel::SysResult& r) {
  using Kind = emulator::kernel::SysResult::Kind;
  if (r.kind == Kind::error) return fmt::format("-{}", emulator::kernel::name(r.error));
  return r.kind == Kind::value ? emulator::base::hex(r.value) : std::string();
}

tf::Header header_of(Session& session, const RunOptions& run, tf::Level level,
                     const std::string& runtime) {
  const Program& p = session.program();
  tf::Header h;
  h.level = level;
  h.program = {tf::sha256(p.bytes), p.build.build_id, p.build.version,
               session.machine().kernel().config().argv};
  h.machine.cpu = run.cpu, h.machine.cores = run.cores, h.machine.seed = run.seed,
  h.machine.quantum = run.quantum;
  h.runtime = level == tf::Level::Step ? runtime : "native";
  return h;
}

}  // namespace

TraceFile::TraceFile(Session& session, const RunOptions& run, const ModelOptions& models,
                     TracingOptions options, tf::Form form, const std::string& path) {
  const tf::Level level = options.level;
  if (level == tf::Level::Step) models_.emplace(session, models);
  writer_ = tf::make_writer(form, path, header_of(session, run, level, models.runtime));
  tracing_.emplace(session, *writer_, std::move(options), models_ ? &*models_ : nullptr);
}

void TraceFile::finish(const std::optional<emulator::kernel::ProcessExit>& exit) {
  tracing_->finish(exit);
  writer_->close();
}

Tracing::Tracing(Session& session, tf::Writer& writer, TracingOptions options, Models* models)
    : session_(session),
      writer_(writer),
      options_(std::move(options)),
      models_(models),
      observer_(session.machine()),
      landmarks_(session.program()),
      recording_(!options_.from.given()),
      changes_(session.machine(), session.program().bytes) {}

void Tracing::attach() {
  listen();
  std::set<u64> probes = landmarks_.addresses();
  probes.insert(options_.from.entries.begin(), options_.from.entries.end());
  probes.insert(options_.until.entries.begin(), options_.until.entries.end());
  observer_.on.probe = [this](const Thread& t, Addr at) { reached(t, at); };
  observer_.set_probes(std::move(probes));
  if (models_ != nullptr)
    listen_to_models();
  else
    observer_.on.retired = [this](const Thread& t, const Retired& r) { retired(t, r); };
  if (options_.level == tf::Level::Instruction)
    observer_.on.between = [this](const Thread& t, const Between& b) { between(t, b); };
  if (!options_.from.given()) start();
}

/// The first record says what there is to begin with.
void Tracing::start() {
  recording_ = true, first_ = session_.machine().retired();
  if (models_ == nullptr) observer_.observe(true);
  if (options_.level != tf::Level::Instruction) return;
  changes_.start(writer_);
  changes_.listen(observer_);
}

std::optional<emulator::kernel::ProcessExit> Tracing::run() {
  auto& machine = session_.machine();
  if (const auto from = options_.from.number) {
    if (*from > 0) {
      machine.stop_at(*from);
      if (auto exit = session_.run()) return exit;
    }
    start();
  }
  machine.stop_at(options_.until.number.value_or(~u64{0}));
  return session_.run();
}

void Tracing::finish(const std::optional<emulator::kernel::ProcessExit>& exit) {
  if (models_ != nullptr) models_->finish();
  if (exit && recording_) {
    const auto& machine = session_.machine();
    tf::Exit e;
    e.n = machine.retired(), e.t = 1, e.ns = machine.now().value, e.code = exit->status,
    e.sig = exit->signal;
    event(e);
  }
  flush();
  flush_before(~u64{0});
}

// -- what is heard --

/// Everything besides instructions: system calls, signals, threads.
void Tracing::listen() {
  auto& on = observer_.on;
  on.served = [this](const Thread& t, const auto* row, u64 number, const auto& args,
                     const auto& result) {
    if (!recording_) return;
    auto e = stamped<tf::Sys>(t);
    e.name = row != nullptr ? std::string(row->name) : fmt::format("syscall_{}", number);
    if (row != nullptr)
      e.args = emulator::kernel::argument_texts(session_.machine().memory(), *row, args, result);
    e.ret = result_text(result);
    after_instruction(std::move(e));
  };
  on.signal = [this](const Thread& t, const auto& info, u64) {
    if (!recording_) return;
    auto e = stamped<tf::Signal>(t);
    e.sig = info.signal, e.code = info.code, e.addr = info.address;
    event(e);
  };
  on.switched = [this](const Thread* from, const Thread& to) {
    if (!recording_ || from == nullptr) return;
    auto e = stamped<tf::Switch>(to);
    e.from = fmt::format("t{}", from->tid);
    e.to = fmt::format("t{}", to.tid);
    e.stack = Addr(to.regs[emulator::cpu::rsp]);
    event(e);
  };
  on.clone = [this](const Thread& parent, const Thread& child) {
    if (!recording_) return;
    auto e = stamped<tf::Thread>(parent);
    e.child = static_cast<u32>(child.tid);
    after_instruction(e);
    // The new thread's registers, behind the call that made it.
    if (options_.level == tf::Level::Instruction)
      after_instruction(changes_.begin(stamped<tf::State>(child), "clone", child.regs));
  };
}

void Tracing::listen_to_models() {
  models_->listen([this, naming = models_->naming()](const runtime_model::model::Told& told) {
    if (recording_ && told.number >= first_ && options_.only.may_hold(told.step.id))
      if (const auto e = event_of(told, naming); options_.only.holds(e)) event(e);
    flush_before(models_->told_up_to());
  });
  models_->attach();
}

void Tracing::reached(const Thread& t, Addr at) {
  if (!recording_ && options_.from.at(at)) start();
  if (recording_ && options_.until.at(at)) return session_.machine().stop();
  if (const auto* found = landmarks_.at(at); found != nullptr && recording_) {
    auto e = stamped<tf::Landmark>(t);
    e.fn = found->name, e.pc = at, e.text = found->routine->text;
    e.weight = runtime_model::model::name(runtime_model::model::weight_of(e.fn));
    StoryChoice& only = options_.only;
    if (only.empty() || only.holds(e, models_->naming().step_by(models_->standing(t)))) event(e);
  }
  // Where a model begins, the landmark is told each time, as the model's steps are.
  if (!options_.until.at(at) && !(models_ != nullptr && models_->stands_at(at)))
    observer_.remove_probe(at);
}

void Tracing::retired(const Thread& t, const Retired& r) {
  if (options_.level == tf::Level::Instruction)
    instruction(t, r);
  else
    control(t, r);
  flush();
}

void Tracing::between(const Thread& t, const Between& what) {
  flush();
  changes_.between(writer_, stamped<tf::State>(t), what);
}

void Tracing::instruction(const Thread& t, const Retired& r) {
  const Described& d = describe(r);
  insn_.begin(r.number, static_cast<u32>(t.tid), r.pc);
  insn_.fn = d.function, insn_.off = d.offset, insn_.text = d.text;
  changes_.effects(insn_, r.effects, r.kernel_writes);
  writer_.write(insn_);
  changes_.rest(writer_, insn_);
}

/// CALL and RET only.
void Tracing::control(const Thread& t, const Retired& r) {
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

const Tracing::Described& Tracing::describe(const Retired& r) {
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

std::string_view Tracing::function_at(Addr pc) const {
  const auto* f = session_.program().symbols.function_at(pc);
  return f != nullptr ? f->name : std::string_view();
}

// -- the order in which it is written --

template <class E>
void Tracing::event(const E& e) {
  if (options_.level == tf::Level::Step)
    in_order_.emplace(e.n, e);
  else
    writer_.write(tf::Event(e));
}

/// What a system call did is told behind the instruction that made it, under the same number; that
/// instruction is only reported when the kernel is through.
template <class E>
void Tracing::after_instruction(E e) {
  e.n -= e.n != 0;
  if (options_.level == tf::Level::Step)
    event(e);
  else
    waiting_.emplace_back(std::move(e));
}

void Tracing::flush() {
  for (const tf::Event& e : waiting_) writer_.write(e);
  waiting_.clear();
}

/// At level step: whatever comes in from now on has this number or a later one.
void Tracing::flush_before(u64 number) {
  const auto end = in_order_.lower_bound(number);
  for (auto it = in_order_.begin(); it != end; ++it) writer_.write(it->second);
  in_order_.erase(in_order_.begin(), end);
}

template <class E>
E Tracing::stamped(const Thread& t) const {
  E e;
  e.n = session_.machine().retired(), e.t = static_cast<u32>(t.tid),
  e.ns = session_.machine().now().value;
  return e;
}

}  // namespace rt0
