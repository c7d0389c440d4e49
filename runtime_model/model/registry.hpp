/// Which Go functions have a model, in which releases, and how one is started.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime_model/golang/boot_routines.hpp"
#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"

namespace runtime_model::model {

/// A started model of any result type.
class Frame {
 public:
  virtual ~Frame() = default;
  virtual void start() = 0;
  virtual bool done() const = 0;
  /// Rethrows what the model threw.
  virtual std::vector<ResultWord> results() const = 0;
};

/// Where a model may stand.
enum class Use : u8 {
  anywhere,
  /// In place of the real code only on g0's stack: elsewhere the real code acts.
  on_g0,
  /// Not in place of the real code: on a goroutine's own stack, which the runtime walks and moves
  /// while real code runs that the model has called.
  beside,
};

struct Registration {
  std::string_view function;  ///< Go's name: "runtime.stackalloc", "runtime.(*mheap).alloc"
  golang::Releases releases;
  unsigned words;  ///< of arguments
  std::function<std::unique_ptr<Frame>(Runtime&, const u64* words)> make;
  Use use = Use::anywhere;
  /// Functions and variables that the model reaches for in the midst of its work, when in place of
  /// the real code it could not give that back any more: without them it does not stand there.
  std::span<const std::string_view> needs = {};
};

class Registry {
 public:
  /// Registers `model` for a Go function in these minor releases (a last of 0: still so). A Part
  /// serves as well: it passes on to a Model, which stands for the function then.
  template <class R, bool IsCall, class... A>
  void add(std::string_view function, golang::Releases releases,
           Model<R, IsCall> (*model)(Runtime&, A...), Use use = Use::anywhere) {
    registrations_.push_back(
        {function,
         releases,
         (0u + ... + words_of<std::decay_t<A>>()),
         [model](Runtime& rt, [[maybe_unused]] const u64* word) -> std::unique_ptr<Frame> {
           // Braces: arguments are taken from left to right.
           std::tuple<Runtime&, std::decay_t<A>...> all{
               rt, take_argument<std::decay_t<A>>(rt, word)...};
           return std::make_unique<FrameOf<R, IsCall>>(std::apply(model, std::move(all)));
         },
         use,
         {}});
  }

  /// Gives all that were registered after the first `count` these needs, which outlive them.
  void need_in_place(std::size_t count, std::span<const std::string_view> names) {
    for (auto& r : std::span(registrations_).subspan(count)) r.needs = names;
  }
  /// Only what `keep` says yes to stays.
  void filter(const std::function<bool(std::string_view function)>& keep) {
    std::erase_if(registrations_, [&keep](const auto& r) { return !keep(r.function); });
  }
  const std::vector<Registration>& all() const { return registrations_; }
  /// The model of a function in a release, or null.
  const Registration* find(std::string_view function, golang::GoRelease release) const {
    for (const Registration& r : registrations_)
      if (r.function == function && r.releases.hold(release)) return &r;
    return nullptr;
  }

 private:
  template <class R, bool IsCall>
  class FrameOf final : public Frame {
   public:
    explicit FrameOf(Model<R, IsCall> model) : model_(std::move(model)) {}
    void start() override { model_.start(); }
    bool done() const override { return model_.done(); }
    std::vector<ResultWord> results() const override {
      std::vector<ResultWord> out;
      if constexpr (std::is_void_v<R>)
        model_.result();
      else
        add_results(out, model_.result());
      return out;
    }

   private:
    Model<R, IsCall> model_;
  };

  std::vector<Registration> registrations_;
};

}  // namespace runtime_model::model
