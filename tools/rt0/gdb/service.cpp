#include "tools/rt0/gdb/service.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "emulator/base/error.hpp"

namespace rt0::gdb {
namespace {

/// A client that does not read its answers counts as gone after this.
constexpr timeval kPatience{10, 0};
/// What a client that is refused may still send before it has read so.
constexpr timeval kFarewell{0, 200'000};
constexpr int kMostReads = 4;

template <class T>
void set_option(int fd, int level, int option, const T& value) {
  (void)::setsockopt(fd, level, option, &value, sizeof value);  // without it, it works too
}

/// A payload for people: bytes that are no ASCII letters, digits or marks as \xNN.
std::string readable(std::string_view payload) {
  std::string out;
  for (const char c : payload) {
    if (c >= ' ' && c <= '~')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<emulator::u8>(c));
  }
  return out;
}

sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

}  // namespace

Port::Port(unsigned number) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<emulator::u16>(number));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  set_option(listener_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (listener_.get() < 0 || ::bind(listener_.get(), generic(address), size) != 0 ||
      ::listen(listener_.get(), 8) != 0 ||
      ::getsockname(listener_.get(), generic(address), &size) != 0)
    emulator::base::user_error("cannot listen on 127.0.0.1:{}: {}", number, std::strerror(errno));
  number_ = ntohs(address.sin_port);
}

Descriptor Port::accept() const {
  Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (client.get() < 0 && errno != EINTR && errno != ECONNABORTED)
    emulator::base::user_error("cannot take a client: {}", std::strerror(errno));
  set_option(client.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // answers are small, and waited for
  set_option(client.get(), SOL_SOCKET, SO_SNDTIMEO, kPatience);
  return client;
}

void Port::refuse() const {
  const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const std::string text = "+" + framed("E.rt0 serves one client at a time, and there is one");
  if (client.get() < 0) return;
  // gdb throws away what comes before it has said something; and to close with bytes unread would
  // take the text back.
  set_option(client.get(), SOL_SOCKET, SO_RCVTIMEO, kFarewell);
  std::array<char, 4096> unread{};
  for (int i = 0; i < kMostReads; ++i) {
    const bool more = ::read(client.get(), unread.data(), unread.size()) > 0;
    if (i == 0) {
      (void)!::write(client.get(), text.data(), text.size());
      ::shutdown(client.get(), SHUT_WR);
    } else if (!more) {
      break;
    }
  }
}

StubHooks Service::hooks() {
  StubHooks hooks;
  hooks.console = [this](std::string_view text) { console(text); };
  hooks.watched = [this](const std::function<void()>& job) {
    client_ != nullptr ? client_->watched(job, interrupt_) : job();
  };
  return hooks;
}

void Service::console(std::string_view text) {
  if (client_ != nullptr) client_->console(text);
}

void Service::serve(Stub& stub, const Port& port) {
  while (stub.wish() != Stub::Wish::stop) {
    const Descriptor socket = port.accept();
    if (socket.get() < 0) continue;
    Connection client(socket.get(), socket.get(), port.descriptor(), [&port] { port.refuse(); });
    converse(stub, client);
  }
}

void Service::serve(Stub& stub, int in, int out) {
  // Its terminal is gdb's: Ctrl-C there means gdb, which tells rt0 in its own way.
  std::signal(SIGINT, SIG_IGN);
  Connection client(in, out);
  converse(stub, client);
}

void Service::converse(Stub& stub, Connection& client) {
  client_ = &client;
  log_.info("a client has come");
  stub.greet();
  while (stub.wish() == Stub::Wish::none) {
    const auto arrival = client.next();
    if (!arrival) break;
    answer(stub, client, *arrival);
  }
  client_ = nullptr;
  log_.info("the client has gone; the guest stands still");
}

void Service::answer(Stub& stub, Connection& client, const Arrival& arrival) {
  const bool acks = !stub.without_acks();
  switch (arrival.kind) {
    case Arrival::Kind::interrupt:  // nothing runs
      return log_.debug("gdb: an interrupt, while nothing runs");
    case Arrival::Kind::again:
      log_.debug("gdb: once more");
      return client.send_again();
    case Arrival::Kind::damaged:
      log_.info("a packet with a wrong checksum");
      return acks ? client.acknowledge(false) : say(client, "E.a packet with a wrong checksum");
    case Arrival::Kind::too_long:
      log_.info("a packet that is longer than PacketSize");
      if (acks) client.acknowledge(true);
      return say(client, "E.a packet that is longer than PacketSize");
    case Arrival::Kind::packet:
      log_.debug("gdb: {}", readable(arrival.payload));
      if (acks) client.acknowledge(true);
      if (const auto answer = stub.answer(arrival.payload)) say(client, *answer);
      return;
  }
}

void Service::say(Connection& client, std::string_view payload) {
  log_.debug("rt0: {}", readable(payload));
  client.send(payload);
}

}  // namespace rt0::gdb
