/// A client's packets over file descriptors: a socket, or standard input and output.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/rt0/gdb/packet.hpp"

namespace rt0::gdb {

/// A descriptor to close.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class Connection {
 public:
  /// Reads from `in`, writes to `out`; both outlive it. When `other` becomes readable, too, while
  /// it waits, `on_other` is called.
  Connection(int in, int out, int other = -1, std::function<void()> on_other = {});

  /// Waits for what comes next. Nothing: the client has gone.
  std::optional<Arrival> next();
  void acknowledge(bool well) { write(well ? "+" : "-"); }
  void send(std::string_view payload);
  void send_again() { write(last_); }
  /// Text on the client's console; only while it waits for an answer.
  void console(std::string_view text);

  /// Does `job`. Meanwhile `interrupt` is called, from another thread and over and over, once the
  /// client asks for it or has gone.
  void watched(const std::function<void()>& job, const std::function<void()>& interrupt);

 private:
  void write(std::string_view bytes);
  void receive();
  void wait(int done, int milliseconds);
  void watch(int done, const std::function<void()>& interrupt);

  int in_, out_, other_;
  std::function<void()> on_other_;
  PacketReader reader_;
  std::string last_;
  std::atomic<bool> gone_ = false;  // noticed by whoever reads or writes
};

}  // namespace rt0::gdb
