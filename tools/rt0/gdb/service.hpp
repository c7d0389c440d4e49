/// Where clients come from: a port of this machine, or the pipe that gdb has started rt0 with.
#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <utility>

#include "tools/rt0/gdb/connection.hpp"
#include "tools/rt0/gdb/stub.hpp"

namespace rt0::gdb {

/// A listener on 127.0.0.1. Port 0: one that is free.
class Port {
 public:
  /// Throws base::UserError when the port cannot be had.
  explicit Port(unsigned number);
  unsigned number() const { return number_; }
  int descriptor() const { return listener_.get(); }
  /// Waits for a client; -1 when the one that came has gone again. Throws base::UserError when the
  /// host gives no more descriptors.
  Descriptor accept() const;
  /// Tells a client that comes now that another is being served.
  void refuse() const;

 private:
  Descriptor listener_;
  unsigned number_ = 0;
};

/// Serves stubs to clients, one after the other.
class Service {
 public:
  /// `interrupt` stops what the stub does. It may be called from another thread. `log` is told at
  /// level info who comes and goes, at debug every packet, both ways.
  Service(std::function<void()> interrupt, spdlog::logger log)
      : interrupt_(std::move(interrupt)), log_(std::move(log)) {}

  /// What a stub is to call while it works (StubHooks).
  StubHooks hooks();
  /// Text for the console of the client that is being served; nothing when there is none.
  void console(std::string_view text);

  /// Until a client asks for the end of the server.
  void serve(Stub& stub, const Port& port);
  /// One client, which has started this process and shares its terminal: until it goes. SIGINT is
  /// ignored from here on.
  void serve(Stub& stub, int in, int out);

 private:
  void converse(Stub& stub, Connection& client);
  void answer(Stub& stub, Connection& client, const Arrival& arrival);
  void say(Connection& client, std::string_view payload);

  std::function<void()> interrupt_;
  spdlog::logger log_;
  Connection* client_ = nullptr;
};

}  // namespace rt0::gdb
