/// Ctrl-C as a request to stop the guest, not rt0.
#pragma once

#include <functional>
#include <memory>

namespace rt0::debug {

/// While it lives, SIGINT goes to a thread that waits for it, and that thread calls `hear`.
class Interrupts {
 public:
  /// As long as `pending` says that nothing has come of it, `hear` is called again: what it wants
  /// to stop may not have begun.
  Interrupts(std::function<void()> hear, std::function<bool()> pending);
  ~Interrupts();

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace rt0::debug
