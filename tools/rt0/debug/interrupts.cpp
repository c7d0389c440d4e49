#include "tools/rt0/debug/interrupts.hpp"

#include <signal.h>

#include <atomic>
#include <thread>

namespace rt0::debug {

struct Interrupts::Listener {
  std::function<void()> hear;
  std::function<bool()> pending;
  std::atomic<bool> done = false;
  sigset_t before{};
  std::thread thread;
};

Interrupts::Interrupts(std::function<void()> hear, std::function<bool()> pending)
    : listener_(std::make_unique<Listener>()) {
  listener_->hear = std::move(hear);
  listener_->pending = std::move(pending);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGINT);
  pthread_sigmask(SIG_BLOCK, &only, &listener_->before);
  listener_->thread = std::thread([&l = *listener_, only] {
    const timespec tick{0, 50'000'000};  // how long the end of the session may wait for this thread
    while (!l.done)
      if (sigtimedwait(&only, nullptr, &tick) == SIGINT || l.pending()) l.hear();
  });
}

Interrupts::~Interrupts() {
  listener_->done = true;
  listener_->thread.join();
  pthread_sigmask(SIG_SETMASK, &listener_->before, nullptr);
}

}  // namespace rt0::debug
