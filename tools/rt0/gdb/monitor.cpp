#include "tools/rt0/gdb/monitor.hpp"

#include <fmt/format.h>

#include "emulator/base/hex.hpp"
#include "tools/rt0/gdb/stub.hpp"

namespace rt0::gdb {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

constexpr std::string_view kHelp =
    "monitor position    the number of instructions that have retired, and the farthest that was "
    "reached\n"
    "monitor goto N      to where N instructions have retired, back or forwards\n"
    "monitor exit        end the server when this client has gone\n"
    "monitor help        this\n";

}  // namespace

/// gdb asks for registers once and keeps them.
void Monitor::run(std::string_view command) {
  const auto& timeline = stub_.timeline_;
  const u64 before = timeline.position(), changes = timeline.changes();
  execute(command);
  const bool moved = timeline.position() != before;
  if (!moved && timeline.changes() == changes) return;
  if (moved) {
    stub_.chosen_ = stub_.living(timeline.thread());
    stub_.last_stop_ = stub_.standing("", stub_.chosen_);
    stub_.announced_signal_ = 0;
  }
  stub_.told_end_.reset();
  stub_.say(
      fmt::format("rt0: the guest has {}; \"maintenance flush register-cache\" and "
                  "\"maintenance flush dcache\" make gdb look again\n",
                  moved ? "moved" : "been changed"));
}

void Monitor::execute(std::string_view command) {
  const auto words = split(trimmed(command), ' ');
  const std::string_view verb = words.first, argument = words.second;
  if (verb == "position") return position();
  if (verb == "goto") return go_to(trimmed(argument));
  if (verb == "exit") {
    stub_.wish_ = Stub::Wish::stop;
    return;
  }
  if (verb.empty() || (verb == "help" && argument.empty())) stub_.say(kHelp);
  if (stub_.hooks_.monitor)
    stub_.watched([&] { stub_.hooks_.monitor(verb.empty() ? "help" : trimmed(command)); });
  else if (!verb.empty() && verb != "help")
    stub_.say(fmt::format("rt0: no command \"{}\"; monitor help lists them\n", verb));
}

void Monitor::position() {
  const auto& timeline = stub_.timeline_;
  stub_.say(fmt::format("position {}, thread {}, farthest {}\n", timeline.position(),
                        timeline.thread(), timeline.furthest()));
}

void Monitor::go_to(std::string_view where) {
  const auto number = emulator::base::parse_number(where);
  if (!number) {
    stub_.say("rt0: goto takes the number of an instruction, as 12000 or 0x2ee0\n");
    return;
  }
  stub_.watched([&] { (void)stub_.timeline_.go_to(*number); });
  position();
}

}  // namespace rt0::gdb
