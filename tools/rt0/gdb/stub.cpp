// Packets about threads, registers and memory.
#include "tools/rt0/gdb/stub.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "emulator/base/error.hpp"

namespace rt0::gdb {

using emulator::kernel::Thread;

Stub::Stub(emulator::machine::Timeline& timeline, Program program, StubHooks hooks)
    : timeline_(timeline),
      program_(std::move(program)),
      hooks_(std::move(hooks)),
      registers_(timeline.machine().kernel().config().profile.level >= emulator::cpu::Level::v3) {}

void Stub::greet() {
  without_acks_ = says_breakpoints_ = false;
  wish_ = Wish::none;
  chosen_ = resumed_ = 0;
  breakpoints_.clear();
  watchpoints_.clear();
  passed_signals_.clear();
  announced_signal_ = 0;
  says_threads_ = false;
  told_end_.reset();
  last_stop_ = standing("", timeline_.thread());
}

std::optional<std::string> Stub::answer(std::string_view payload) {
  try {
    return dispatch(payload);
  } catch (const emulator::base::UserError& e) {
    return fmt::format("E.{}", e.what());
  } catch (const emulator::base::LimitReached& e) {
    return fmt::format("E.{}", e.what());
  }
}

/// An empty answer says that a packet is not known (gdb manual, E.2).
std::optional<std::string> Stub::dispatch(std::string_view payload) {
  if (payload.empty()) return "";
  const std::string_view rest = payload.substr(1);
  switch (payload.front()) {
    case '?':
      return last_stop_;
    case 'H':
      return choose_thread(rest);
    case 'T': {
      const auto tid = hex_number(rest);
      return tid && thread(static_cast<Tid>(*tid)) != nullptr ? "OK" : "E01";
    }
    case 'g':
      return read_registers();
    case 'G':
      return write_registers(rest);
    case 'p':
      return read_register(rest);
    case 'P':
      return write_register(rest);
    case 'm':
      return read_memory(rest);
    case 'M':
    case 'X':
      return write_memory(rest, payload.front() == 'X');
    case 'Z':
    case 'z':
      return point(payload);
    case 'c':
    case 's':
    case 'C':
    case 'S':
    case 'b':
      return resume(payload);
    case 'q':
    case 'Q':
      return query(payload);
    case 'v':
      return verbose(payload);
    case 'D':
      wish_ = Wish::detach;
      return "OK";
    case 'k':
      (void)kill();
      return std::nullopt;
    default:
      return "";
  }
}

const Thread* Stub::thread(Tid tid) const { return timeline_.machine().kernel().find_thread(tid); }

const Thread* Stub::chosen() const {
  if (const Thread* t = chosen_ > 0 ? thread(chosen_) : nullptr) return t;
  return thread(living(timeline_.thread()));
}

Tid Stub::living(Tid tid) const {
  if (thread(tid) != nullptr) return tid;
  if (thread(timeline_.thread()) != nullptr) return timeline_.thread();
  const auto& threads = timeline_.machine().kernel().threads();
  return threads.empty() ? 0 : threads.front()->tid;
}

void Stub::watched(const std::function<void()>& job) {
  hooks_.watched ? hooks_.watched(job) : job();
}

void Stub::say(std::string_view text) {
  if (hooks_.console) hooks_.console(text);
}

std::string Stub::choose_thread(std::string_view text) {
  if (text.empty()) return "E01";
  const bool all = text.substr(1) == "-1";
  const auto number = all ? u64{0} : hex_number(text.substr(1));
  if (!number || (*number != 0 && thread(static_cast<Tid>(*number)) == nullptr)) return "E01";
  (text.front() == 'g' ? chosen_ : resumed_) = static_cast<Tid>(*number);
  return "OK";
}

// -- registers --

std::string Stub::read_registers() {
  const Thread* t = chosen();
  return t == nullptr ? "E01" : to_hex(registers_.all(timeline_.machine().registers(*t), *t));
}

std::string Stub::write_registers(std::string_view text) {
  const Thread* t = chosen();
  const auto bytes = from_hex(text);
  if (t == nullptr || !bytes) return "E01";
  emulator::cpu::Registers r = timeline_.machine().registers(*t);
  std::span<const u8> rest(*bytes);
  if (bytes->size() != registers_.all(r, *t).size()) return "E01";
  // What cannot be changed is sent too, as it is.
  for (unsigned n = 0; n < registers_.count(); ++n) {
    if (!registers_.set(n, rest.first(RegisterFile::size(n)), r, *t)) return "E01";
    rest = rest.subspan(RegisterFile::size(n));
  }
  return timeline_.set_registers(t->tid, r) ? "OK" : "E01";
}

std::string Stub::read_register(std::string_view text) {
  const Thread* t = chosen();
  const auto number = hex_number(text);
  if (t == nullptr || !number || *number >= registers_.count()) return "E01";
  return to_hex(
      registers_.get(static_cast<unsigned>(*number), timeline_.machine().registers(*t), *t));
}

std::string Stub::write_register(std::string_view text) {
  const Thread* t = chosen();
  const auto [name, value] = split(text, '=');
  const auto number = hex_number(name);
  const auto bytes = from_hex(value);
  if (t == nullptr || !number || *number >= registers_.count() || !bytes) return "E01";
  emulator::cpu::Registers r = timeline_.machine().registers(*t);
  if (!registers_.set(static_cast<unsigned>(*number), *bytes, r, *t))
    return "E.rt0 does not emulate the x87 unit or other segments than Linux's 64-bit ones";
  return timeline_.set_registers(t->tid, r) ? "OK" : "E01";
}

// -- memory --

/// As much as is mapped of what was asked for, from its start.
std::string Stub::read_memory(std::string_view text) {
  const auto [from, length] = split(text, ',');
  const auto address = hex_number(from), size = hex_number(length);
  if (!address || !size) return "E01";
  std::vector<u8> bytes;
  const u64 wanted = std::min<u64>(*size, kMostPayload / 2);
  while (bytes.size() < wanted) {
    const u64 at = *address + bytes.size();
    const u64 page_rest = emulator::base::kPageSize - (at & emulator::base::kPageMask);
    std::vector<u8> piece(std::min(wanted - bytes.size(), page_rest));
    if (!timeline_.machine().memory().peek(Addr(at), piece)) break;
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  return bytes.empty() && wanted > 0 ? "E0e" : to_hex(bytes);  // 0e: EFAULT
}

std::string Stub::write_memory(std::string_view text, bool binary) {
  const auto [place, data] = split(text, ':');
  const auto [to, length] = split(place, ',');
  const auto address = hex_number(to), size = hex_number(length);
  if (!address || !size) return "E01";
  std::vector<u8> bytes(data.begin(), data.end());
  if (!binary) {
    auto read = from_hex(data);
    if (!read) return "E01";
    bytes = std::move(*read);
  }
  if (bytes.size() != *size) return "E01";
  if (bytes.empty()) return "OK";  // gdb asks so whether X is known
  if (*address + (*size - 1) < *address) return "E0e";
  return timeline_.write_memory(Addr(*address), bytes) ? "OK" : "E0e";
}

/// The next client finds the program before its first instruction.
std::string Stub::kill() {
  wish_ = Wish::detach;
  watched([this] { timeline_.go_to(0); });
  return "OK";
}

}  // namespace rt0::gdb
