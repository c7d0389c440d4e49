#include "runtime_model/preempt/models.hpp"

#include "runtime_model/preempt/async.hpp"
#include "runtime_model/preempt/copystack.hpp"
#include "runtime_model/preempt/newstack.hpp"
#include "runtime_model/preempt/retake.hpp"
#include "runtime_model/preempt/yield.hpp"

namespace runtime_model::preempt {

using model::Use;

// What a profile may have had inlined wherever it is called.
constexpr std::string_view kToGrow[] = {"runtime.findfunc", "runtime.funcMaxSPDelta"};
constexpr std::string_view kToPreempt[] = {"runtime.signalM"};

void add_models(model::Registry& registry) {
  std::size_t before = registry.all().size();
  registry.add("runtime.newstack", {17, 27}, newstack);
  registry.need_in_place(before, kToGrow);
  registry.add("runtime.copystack", {17, 27}, copystack, Use::beside);
  registry.add("runtime.shrinkstack", {17, 27}, shrinkstack);
  registry.add("runtime.gosched_m", {17, 27}, gosched_m);
  registry.add("runtime.gopreempt_m", {17, 27}, gopreempt_m);
  registry.add("runtime.goschedImpl", {17, 21}, goschedImpl_1_17);
  registry.add("runtime.goschedImpl", {22, 27}, goschedImpl);
  registry.add("runtime.preemptPark", {17, 27}, preemptPark);
  before = registry.all().size();
  registry.add("runtime.preemptone", {17, 27}, preemptone);
  registry.add("runtime.retake", {17, 25}, retake);
  registry.add("runtime.retake", {26, 27}, retake_running);
  registry.need_in_place(before, kToPreempt);
  registry.add("runtime.doSigPreempt", {17, 27}, doSigPreempt);
  registry.add("runtime.isAsyncSafePoint", {17, 27}, isAsyncSafePoint);
  registry.add("runtime.asyncPreempt2", {17, 25}, asyncPreempt2, Use::beside);
  registry.add("runtime.asyncPreempt2", {26, 27}, asyncPreempt2_on_g0, Use::beside);
}

}  // namespace runtime_model::preempt
