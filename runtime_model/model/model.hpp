/// What a model is: a C++20 coroutine that reads like the Go function that it models.
///
///     Model<Stack> stackalloc(Runtime& rt, u32 n) {
///       rt.step("stackalloc/from-cache", "take the head of P's free list for this order", [&] { …
///       }); const Addr mp = co_await rt.call("runtime.mallocgc", size, type, true); co_return
///       co_await stackcacherefill(rt, c, order);   // a model calls another as Go does
///     }
///
/// It suspends where the real code has to act: a call of what is not modelled, a jump, a park.
/// Whoever drives it (Checker, Driver, a test) then lets that happen and resumes it.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::model {

/// What promises of every result type share: who goes on when this one is through, and at which
/// depth of calls its steps stand.
class PromiseBase {
 public:
  /// A model's first parameter is the Runtime; a method's or lambda's is its object.
  template <class... Rest>
  explicit PromiseBase(Runtime& rt, Rest&&...) : rt_(&rt) {}
  template <class Object, class... Rest>
  PromiseBase(Object&&, Runtime& rt, Rest&&...) : rt_(&rt) {}

  struct Begin {
    Runtime* rt;
    bool is_call;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    void await_resume() const noexcept {
      if (is_call) rt->enter();
    }
  };
  struct End {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) const noexcept {
      if (P::kIsCall) h.promise().rt_->leave();
      const auto next = h.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  End final_suspend() noexcept { return {}; }
  void unhandled_exception() { error = std::current_exception(); }

  std::coroutine_handle<> continuation;
  std::exception_ptr error;

 protected:
  Runtime* rt_;
};

template <class T>
struct Promise : PromiseBase {
  using PromiseBase::PromiseBase;
  std::optional<T> value;
  void return_value(T v) { value.emplace(std::move(v)); }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};
template <>
struct Promise<void> : PromiseBase {
  using PromiseBase::PromiseBase;
  void return_void() {}
  void take() const {
    if (error) std::rethrow_exception(error);
  }
};

/// A model's activation. Owns its frame; does nothing until awaited or started. `IsCall`: it stands
/// for a function of Go's, so that its steps are told one level deeper.
template <class T = void, bool IsCall = true>
class [[nodiscard]] Model {
 public:
  struct promise_type : Promise<T> {
    static constexpr bool kIsCall = IsCall;
    using Promise<T>::Promise;
    PromiseBase::Begin initial_suspend() noexcept { return {this->rt_, IsCall}; }
    Model get_return_object() { return Model(Handle::from_promise(*this)); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Model(Model&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Model& operator=(Model&&) = delete;
  ~Model() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle callee;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
      callee.promise().continuation = caller;
      return callee;
    }
    T await_resume() const { return callee.promise().take(); }
  };
  Awaiter operator co_await() const& noexcept { return {handle_}; }

  /// For whoever drives it: the first resumption, and the result once done().
  void start() const { handle_.resume(); }
  bool done() const { return handle_.done(); }
  T result() const { return handle_.promise().take(); }

 private:
  explicit Model(Handle handle) : handle_(handle) {}
  Handle handle_;
};

/// A piece of a model, for the length of its functions alone: Go has no such function.
template <class T = void>
using Part = Model<T, false>;

}  // namespace runtime_model::model
