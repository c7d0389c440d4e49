/// Ctrl-C as a request to stop the guest, not rt0.
#pragma once

#include <functional>
#include <memory>

namespace rt0::debug {

/// While it lives, SIGINT goes to a thread that waits for it, and that thread calls `hear`.
class Interrupts {
 public:
  explicit Interrupts(std::function<void()> hear);
  ~Interrupts();

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace rt0::debug
