// q, Q and v packets: what the stub can do, what there is to know.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tools/rt0/gdb/monitor.hpp"
#include "tools/rt0/gdb/stub.hpp"

namespace rt0::gdb {
namespace {

/// An answer to qXfer:…:OFFSET,LENGTH: a piece of a document, 'm' in front when more follows.
std::string piece_of(std::string_view document, std::string_view range) {
  const auto [from, length] = split(range, ',');
  const auto offset = hex_number(from), size = hex_number(length);
  if (!offset || !size) return "E01";
  if (*offset >= document.size()) return "l";
  // Each byte may need an escape.
  const u64 most = std::min<u64>(*size, kMostPayload / 2 - 2);
  const std::string_view piece = document.substr(*offset, most);
  return (*offset + piece.size() < document.size() ? "m" : "l") + std::string(piece);
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&' || c == '"')
      out += fmt::format("&#{};", static_cast<int>(c));
    else
      out += c < ' ' || c > '~' ? '?' : c;
  }
  return out;
}

std::string_view state_text(const emulator::kernel::Thread& t) {
  using emulator::kernel::ThreadState;
  if (t.state == ThreadState::runnable) return "runnable";
  return t.state == ThreadState::waiting ? "waiting in a system call" : "ended";
}

}  // namespace

std::string Stub::query(std::string_view text) {
  const auto [name, rest] = split(text, ':');
  if (name == "qSupported") return supported(rest);
  if (name == "qXfer") return transfer(rest);
  if (name == "QStartNoAckMode") {
    without_acks_ = true;
    return "OK";
  }
  if (name == "qC") return fmt::format("QC{:x}", living(chosen_));
  // "1": gdb detaches when it quits, and the guest stays where it stands for the next client.
  if (name == "qAttached") return "1";
  if (name == "qfThreadInfo") return thread_list();
  if (name == "qsThreadInfo") return "l";
  if (text.starts_with("qThreadExtraInfo,")) return thread_extra(text.substr(17));
  if (text.starts_with("qRcmd,")) return monitor(text.substr(6));
  if (name == "qSymbol") return "OK";
  if (name == "QPassSignals") return pass_signals(rest);
  if (name == "QThreadEvents") {
    says_threads_ = rest == "1";
    return rest == "0" || rest == "1" ? "OK" : "E01";
  }
  return "";
}

std::string Stub::supported(std::string_view features) {
  says_breakpoints_ = features.find("swbreak+") != std::string_view::npos;
  return fmt::format(
      "PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;qXfer:auxv:read+;"
      "qXfer:exec-file:read+;qXfer:threads:read+;ReverseStep+;ReverseContinue+;swbreak+;hwbreak+;"
      "vContSupported+;QPassSignals+;QThreadEvents+",
      kMostPayload);
}

std::string Stub::transfer(std::string_view text) {
  const auto [object, rest] = split(text, ':');
  const auto [verb, more] = split(rest, ':');
  const auto [annex, range] = split(more, ':');
  if (verb != "read") return "";
  if (object == "features")
    return annex == "target.xml" ? piece_of(registers_.description(), range) : "E00";
  if (object == "auxv") return piece_of(auxiliary_vector(), range);
  if (object == "threads") return piece_of(threads_document(), range);
  if (object == "exec-file") return piece_of(program_.path, range);
  return "";
}

std::string Stub::auxiliary_vector() const {
  const auto& words = timeline_.machine().kernel().auxv();
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof words.front()};
}

std::string Stub::threads_document() {
  std::string text = "<?xml version=\"1.0\"?>\n<threads>\n";
  for (const auto& t : timeline_.machine().kernel().threads()) {
    const std::string name = hooks_.thread_name ? hooks_.thread_name(*t) : t->name;
    text += fmt::format("<thread id=\"{:x}\"{}>{}</thread>\n", t->tid,
                        name.empty() ? "" : fmt::format(" name=\"{}\"", xml_text(name)),
                        state_text(*t));
  }
  return text + "</threads>\n";
}

std::string Stub::thread_list() const {
  std::string text;
  for (const auto& t : timeline_.machine().kernel().threads()) {
    const std::string one = fmt::format("{}{:x}", text.empty() ? "m" : ",", t->tid);
    if (text.size() + one.size() > kMostPayload) break;
    text += one;
  }
  return text.empty() ? "l" : text;
}

std::string Stub::thread_extra(std::string_view text) {
  const auto tid = hex_number(text);
  const auto* t = tid ? thread(static_cast<Tid>(*tid)) : nullptr;
  return t == nullptr ? "E01" : to_hex(state_text(*t));
}

std::string Stub::verbose(std::string_view text) {
  if (text == "vCont?") return "vCont;c;C;s;S;r";
  if (text.starts_with("vCont;")) return resume(text.substr(6));
  if (text.starts_with("vKill;")) return kill();
  if (text.starts_with("vFile:")) return file(text.substr(6));
  return "";
}

std::string Stub::monitor(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return "E01";
  Monitor(*this).run(std::string(bytes->begin(), bytes->end()));
  return "OK";
}

}  // namespace rt0::gdb
