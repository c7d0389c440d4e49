#include "tools/rt0/debug/goroutines.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/gmp.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

constexpr u64 kScan = 0x1000;  // a bit of g.atomicstatus (Go: runtime/runtime2.go, _Gscan)
constexpr u64 kWaiting = 4;    // _Gwaiting
constexpr int kMostScans = 16;
constexpr std::string_view kRuntimeFile = "runtime/proc.go";

CodeSpot spot(Debugger& d, Addr pc, bool exact) {
  CodeSpot out;
  out.pc = pc;
  if (pc == Addr()) return out;
  const Addr looked = exact ? pc : pc - 1;
  const auto* f = d.target.symbols().function_at(looked);
  out.function = f != nullptr ? std::string(f->name) : d.target.describe(pc);
  if (const auto line = d.target.symbols().line(looked))
    out.file = line->file, out.line = static_cast<int>(line->line);
  return out;
}

CodeSpot spot(Debugger& d, const Frame& frame) {
  CodeSpot out = spot(d, line_place(frame), true);
  out.pc = frame.pc;
  if (!frame.inlined.empty()) out.function = frame.inlined;
  return out;
}

/// "net/http" of "net/http.(*Server).Serve".
std::string_view package_of(std::string_view name) {
  name = name.substr(0, std::min(name.find('['), name.find('(')));
  const auto slash = name.rfind('/');
  return name.substr(0, name.find('.', slash == name.npos ? 0 : slash));
}

/// "/usr/lib/go/src/", where the runtime was compiled; "" of a program built with -trimpath.
std::string standard_folder(const golang::SymbolTable& symbols) {
  const auto* main = symbols.function("runtime.main");
  const auto line = main != nullptr ? symbols.line(main->entry) : std::nullopt;
  if (!line || !line->file.ends_with(kRuntimeFile)) return {};
  return std::string(line->file.substr(0, line->file.size() - kRuntimeFile.size()));
}

/// The frame that people mean by "where it is".
const Frame& own_frame(Debugger& d, const std::vector<Frame>& frames, Addr start) {
  for (const Frame& f : frames)
    if (f.function != nullptr && !of_go_itself(d, function_name(f), line_place(f))) return f;
  for (const Frame& f : frames)
    if (f.function != nullptr && f.inlined.empty() && f.function->entry == start) return f;
  return frames.front();
}

std::vector<Frame> frames_of(Debugger& d, const golang::G& g, const GoroutineInfo& info) {
  if (info.thread == 0) return backtrace_of(d.target, g.address());
  auto frames = backtrace(d.target, *d.target.machine().kernel().find_thread(info.thread));
  // What the thread does for it on g0 is not its own.
  std::erase_if(frames, [&](const Frame& f) { return f.g != Addr() && f.g != g.address(); });
  return frames.empty() ? backtrace_of(d.target, g.address()) : frames;
}

constexpr std::array<std::string_view, 8> kKeys = {"running", "user",   "status", "reason",
                                                   "userloc", "curloc", "goloc",  "startloc"};

}  // namespace

bool of_go_itself(const Debugger& d, std::string_view function, Addr code) {
  const std::string_view package = package_of(function);
  const auto& build = d.target.build();
  const auto below = [&](std::string_view path) {
    return !path.empty() && package.starts_with(path) &&
           (package.size() == path.size() || package[path.size()] == '/');
  };
  if (package == "main" || below(build.module) || below(build.path)) return false;
  if (package.substr(0, package.find('/')).find('.') != package.npos) return false;
  const std::string folder = standard_folder(d.target.symbols());
  if (folder.empty()) return true;
  const auto line = d.target.symbols().line(code);
  return !line || line->file.starts_with(folder) || !line->file.starts_with('/');
}

Data::Fields CodeSpot::fields() const {
  Data::Fields out = {{"pc", pc}, {"fn", function}};
  if (!file.empty()) out.insert(out.end(), {{"file", file}, {"line", line}});
  return out;
}

std::string CodeSpot::text() const {
  if (pc == Addr()) return "-";
  if (file.empty()) return function;
  return fmt::format("{} {}:{}", function, file.substr(file.rfind('/') + 1), line);
}

Data::Fields GoroutineInfo::fields() const {
  Data::Fields out = {{"id", id}, {"name", name}, {"address", address}, {"status", status}};
  if (!reason.empty()) out.emplace_back("reason", reason);
  if (m != "-") out.emplace_back("m", m);
  if (thread != 0) out.emplace_back("t", thread);
  out.insert(out.end(), {{"current", current}, {"runtime", runtimes}});
  using Named = std::pair<const char*, const CodeSpot*>;
  for (const auto& [key, place] :
       {Named("at", &at), Named("user", &user), Named("go", &go), Named("start", &start)})
    if (place->pc != Addr()) out.emplace_back(key, place->fields());
  if (parent != 0) out.emplace_back("parent", parent);
  return out;
}

GoroutineInfo goroutine_info(Debugger& d, const golang::G& g, bool places) {
  GoroutineInfo out;
  out.address = g.address();
  out.id = static_cast<u64>(g.goid().get());
  out.name = object_text(d, g.address());
  out.status = g_status(d, g);
  if ((g.atomicstatus() & ~kScan) == kWaiting && g.waitreason().exists())
    out.reason = d.target.wait_reason(g.waitreason());
  out.m = object_text(d, g.m().get());
  const auto* thread = d.target.thread_of(g.address());
  if (thread != nullptr) out.thread = thread->tid;
  out.current =
      g.address() == d.target.current_g() ||
      (thread != nullptr && d.target.parked() == Addr() && thread->tid == d.target.thread().tid);
  out.start = spot(d, g.startpc(), true);
  out.go = spot(d, g.gopc(), false);
  if (g.parentGoid().exists()) out.parent = g.parentGoid();
  const auto* began = d.target.symbols().function_at(g.startpc());
  out.runtimes =
      began != nullptr && began->name != "runtime.main" && package_of(began->name) == "runtime";
  if (!places || out.status == "_Gdead" || out.status == "_Gidle") return out;
  const auto frames = frames_of(d, g, out);
  if (frames.empty()) return out;
  out.at = spot(d, frames.front());
  const Frame& own = own_frame(d, frames, g.startpc());
  out.user = spot(d, own);
  return out;
}

std::optional<u64> status_since(Debugger& d, const golang::G& g) {
  const emulator::machine::ByteRange place{d.target.views().g(g.address()).atomicstatus().address(),
                                           4};
  u64 before = d.target.position();
  for (int i = 0; i < kMostScans; ++i) {
    const auto w = d.target.timeline().last_write(place, before);
    if (!w) return std::nullopt;
    const auto status = [](const std::vector<u8>& bytes) {
      u64 v = 0;
      for (std::size_t k = 0; k < std::min<std::size_t>(4, bytes.size()); ++k)
        v |= u64{bytes[k]} << (8 * k);
      return v & ~kScan;
    };
    if (status(w->before) != status(w->after)) return w->number;
    before = w->number;  // the collector looked at its stack
  }
  return std::nullopt;
}

namespace {

GoroutineQuery::Filter parse_filter(std::vector<std::string>& words, bool with) {
  if (words.empty())
    user_error("What is to be shown or left out? Take one of {}.", fmt::join(kKeys, ", "));
  GoroutineQuery::Filter f{with, words.front(), {}};
  if (std::ranges::find(kKeys, f.key) == kKeys.end())
    user_error("Goroutines have no \"{}\"; take one of {}.", f.key, fmt::join(kKeys, ", "));
  words.erase(words.begin());
  if (f.key == "running" || f.key == "user") return f;
  while (!words.empty() && !words.front().starts_with('-')) {
    f.value += (f.value.empty() ? "" : " ") + words.front();
    words.erase(words.begin());
  }
  if (f.value.empty()) user_error("\"{}\" needs a text that is a part of it.", f.key);
  return f;
}

u64 number_behind(std::vector<std::string>& words, const std::string& option, u64 otherwise) {
  const auto n = words.empty() ? std::nullopt : emulator::base::parse_number(words.front());
  if (n) words.erase(words.begin());
  if (!n && otherwise == 0) user_error("\"{}\" needs a number.", option);
  return n.value_or(otherwise);
}

}  // namespace

GoroutineQuery parse_goroutine_query(Debugger&, const Arguments& a) {
  using Place = GoroutineQuery::Place;
  constexpr u64 kFrames = 10;
  GoroutineQuery q;
  auto words = a.words();
  while (!words.empty()) {
    const std::string option = words.front();
    words.erase(words.begin());
    if (option == "-u" || option == "-r" || option == "-g" || option == "-s") {
      q.place = option == "-u"   ? Place::user
                : option == "-r" ? Place::at
                : option == "-g" ? Place::go
                                 : Place::start;
    } else if (option == "-with" || option == "-w" || option == "-without") {
      q.filters.push_back(parse_filter(words, option != "-without"));
    } else if (option == "-group") {
      if (words.empty() || std::ranges::find(kKeys, words.front()) == kKeys.end())
        user_error("\"-group\" needs one of {}.", fmt::join(kKeys, ", "));
      q.group = words.front();
      words.erase(words.begin());
    } else if (option == "-t") {
      q.frames = number_behind(words, option, kFrames);
    } else if (option == "-limit") {
      q.limit = number_behind(words, option, 0);
    } else if (option == "-since") {
      q.since = true;
    } else if (option == "-exec") {
      q.command = fmt::format("{}", fmt::join(words, " "));
      if (q.command.empty()) user_error("\"-exec\" needs a command, as in \"-exec bt 3\".");
      words.clear();
    } else {
      user_error("\"goroutines\" does not know \"{}\": \"help goroutines\" tells its options.",
                 option);
    }
  }
  return q;
}

std::string goroutine_key(const GoroutineInfo& g, std::string_view key) {
  if (key == "running") return g.thread != 0 ? "running" : "not running";
  if (key == "user") return g.runtimes ? "the runtime's" : "the program's";
  if (key == "status") return g.status;
  if (key == "reason") return g.reason.empty() ? "-" : g.reason;
  const CodeSpot& place = key == "userloc"  ? g.user
                          : key == "curloc" ? g.at
                          : key == "goloc"  ? g.go
                                            : g.start;
  return place.text();
}

bool matches(const GoroutineInfo& g, const GoroutineQuery& query) {
  return std::ranges::all_of(query.filters, [&](const GoroutineQuery::Filter& f) {
    const bool is = f.key == "running" ? g.thread != 0
                    : f.key == "user"  ? !g.runtimes
                                       : goroutine_key(g, f.key).find(f.value) != std::string::npos;
    return is == f.with;
  });
}

}  // namespace rt0::debug
