#include "tools/rt0/gdb/connection.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "emulator/base/error.hpp"

namespace rt0::gdb {
namespace {

/// A client that sends more while it waits for an answer has to wait.
constexpr std::size_t kMostWaiting = 64;
/// An interrupt may fall between two runs of the guest that make up one command: it is repeated.
constexpr int kRepeatMilliseconds = 10;

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Connection::Connection(int in, int out, int other, std::function<void()> on_other)
    : in_(in), out_(out), other_(other), on_other_(std::move(on_other)) {}

std::optional<Arrival> Connection::next() {
  while (true) {
    if (auto arrival = reader_.next()) return arrival;
    if (gone_) return std::nullopt;
    wait(-1, -1);
  }
}

/// Until something has come, `done` is readable, or so much time has passed.
void Connection::wait(int done, int milliseconds) {
  const bool listens = !gone_ && reader_.waiting() < kMostWaiting;
  std::array<pollfd, 3> fds{pollfd{done, POLLIN, 0}, pollfd{listens ? in_ : -1, POLLIN, 0},
                            pollfd{listens ? other_ : -1, POLLIN, 0}};
  if (::poll(fds.data(), fds.size(), milliseconds) <= 0) return;
  // The other is turned away only while this one is there for certain.
  if (fds[1].revents != 0)
    receive();
  else if (fds[2].revents != 0 && on_other_)
    on_other_();
}

void Connection::receive() {
  std::array<char, 4096> buffer{};
  const ssize_t n = ::read(in_, buffer.data(), buffer.size());
  if (n > 0)
    reader_.feed({buffer.data(), static_cast<std::size_t>(n)});
  else if (n == 0 || errno != EINTR)
    gone_ = true;
}

/// To a client that has gone nothing is sent.
void Connection::write(std::string_view bytes) {
  while (!bytes.empty() && !gone_) {
    const ssize_t n = ::write(out_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      gone_ = true;
    else
      bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Connection::send(std::string_view payload) {
  last_ = framed(payload);
  write(last_);
}

void Connection::console(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMostPayload / 4)))
    write(framed("O" + to_hex(text.substr(0, kMostPayload / 4))));
}

void Connection::watch(int done, const std::function<void()>& interrupt) {
  pollfd ended{done, POLLIN, 0};
  while (::poll(&ended, 1, 0) == 0) {
    const bool wanted = gone_ || reader_.interrupt_waits();
    if (wanted) interrupt();
    wait(done, wanted ? kRepeatMilliseconds : -1);
  }
}

void Connection::watched(const std::function<void()>& job, const std::function<void()>& interrupt) {
  const Descriptor done(::eventfd(0, EFD_CLOEXEC));
  if (done.get() < 0) emulator::base::user_error("the host has no more file descriptors");
  std::thread watcher([&] { watch(done.get(), interrupt); });
  const auto finish = [&] {
    ::eventfd_write(done.get(), 1);
    watcher.join();
    reader_.drop_interrupt();  // it has been obeyed, or came too late
  };
  try {
    job();
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

}  // namespace rt0::gdb
