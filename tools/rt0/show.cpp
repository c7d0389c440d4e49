// rt0 show: read a trace back as text or JSON Lines.
#include <CLI/CLI.hpp>

#include "emulator/base/error.hpp"
#include "tools/rt0/number_option.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/stream.hpp"
#include "traces/format/filter.hpp"
#include "traces/format/json.hpp"
#include "traces/format/reader.hpp"
#include "traces/format/text.hpp"

namespace rt0 {
namespace {

namespace tf = traces::format;

struct ShowOptions {
  std::string file, range, format = "text";
  std::vector<std::string> symbols;
  std::optional<emulator::u32> thread;
  emulator::u64 head = ~emulator::u64{0};
};

template <class Emit>
void each_event(tf::Reader& reader, const tf::Filter& filter, emulator::u64 head, Emit emit) {
  if (filter.range.from) reader.seek(*filter.range.from);
  while (head > 0) {
    const tf::Event* event = reader.next();
    if (event == nullptr) break;
    if (filter.range.until && tf::stamp(*event).n > *filter.range.until) break;
    if (!filter.matches(*event)) continue;
    emit(*event);
    --head;
  }
}

int show(const ShowOptions& o) {
  tf::Filter filter;
  if (!o.range.empty()) filter.range = tf::parse_range(o.range);
  filter.symbols = o.symbols;
  filter.thread = o.thread;
  const auto reader = tf::open_trace(o.file);
  const bool json = o.format == "jsonl";
  std::string text;
  const auto line = [&text, json](const auto& what) {
    json ? tf::append_json(text, what) : tf::append_text(text, what);
    text += '\n';
  };
  line(reader->header());
  each_event(*reader, filter, o.head, [&](const tf::Event& e) {
    line(e);
    if (text.size() <= 1u << 16) return;
    kStdout.write(text);
    text.clear();
  });
  kStdout.write(text);
  if (reader->truncated()) kStderr.print("rt0: {}\n", reader->truncation());
  return emulator::base::kExitFine;
}

}  // namespace

void add_show(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("show", "read a trace as text or JSON Lines");
  auto o = std::make_shared<ShowOptions>();
  command->add_option("FILE", o->file, "a trace, or - for standard input")->required();
  command->add_option("-r,--range", o->range, "instruction numbers: 100..200, 100.., ..200 or 100");
  command
      ->add_option("-s,--symbol", o->symbols,
                   "only this function; runtime.* for a prefix (repeatable)")
      ->allow_extra_args(false);
  command->add_option("-t,--thread", o->thread, "only this guest thread")
      ->transform(whole_number(0, ~emulator::u32{0}));
  command->add_option("-n,--head", o->head, "no more than so many events")
      ->transform(whole_number());
  command->add_option("-f,--format", o->format, "text or jsonl")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "jsonl"}));
  command->callback([o, &status] { status = show(*o); });
}

}  // namespace rt0
