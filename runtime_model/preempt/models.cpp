#include "runtime_model/preempt/models.hpp"

#include "runtime_model/preempt/async.hpp"
#include "runtime_model/preempt/copystack.hpp"
#include "runtime_model/preempt/newstack.hpp"
#include "runtime_model/preempt/retake.hpp"
#include "runtime_model/preempt/yield.hpp"

namespace runtime_model::preempt {

using model::Use;

void add_models(model::Registry& registry) {
  registry.add("runtime.newstack", {17, 27}, newstack);
  registry.add("runtime.copystack", {17, 27}, copystack, Use::beside);
  registry.add("runtime.shrinkstack", {17, 27}, shrinkstack);
  registry.add("runtime.gosched_m", {17, 27}, gosched_m);
  registry.add("runtime.gopreempt_m", {17, 27}, gopreempt_m);
  registry.add("runtime.goschedImpl", {17, 21}, goschedImpl_1_17);
  registry.add("runtime.goschedImpl", {22, 27}, goschedImpl);
  registry.add("runtime.preemptPark", {17, 27}, preemptPark);
  registry.add("runtime.preemptone", {17, 27}, preemptone);
  registry.add("runtime.retake", {17, 25}, retake);
  registry.add("runtime.retake", {26, 27}, retake_running);
  registry.add("runtime.doSigPreempt", {17, 27}, doSigPreempt);
  registry.add("runtime.isAsyncSafePoint", {17, 27}, isAsyncSafePoint);
  registry.add("runtime.asyncPreempt2", {17, 25}, asyncPreempt2, Use::beside);
  registry.add("runtime.asyncPreempt2", {26, 27}, asyncPreempt2_on_g0, Use::beside);
}

}  // namespace runtime_model::preempt
