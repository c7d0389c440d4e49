#include "runtime_model/preempt/models.hpp"

#include "runtime_model/preempt/async.hpp"
#include "runtime_model/preempt/copystack.hpp"
#include "runtime_model/preempt/newstack.hpp"
#include "runtime_model/preempt/retake.hpp"
#include "runtime_model/preempt/yield.hpp"

namespace runtime_model::preempt {

using model::Use;

void add_models(model::Registry& registry) {
  registry.add("runtime.newstack", {17, 19}, newstack);
  registry.add("runtime.copystack", {17, 19}, copystack, Use::beside);
  registry.add("runtime.shrinkstack", {17, 19}, shrinkstack);
  registry.add("runtime.gosched_m", {17, 19}, gosched_m);
  registry.add("runtime.gopreempt_m", {17, 19}, gopreempt_m);
  registry.add("runtime.goschedImpl", {17, 19}, goschedImpl);
  registry.add("runtime.preemptPark", {17, 19}, preemptPark);
  registry.add("runtime.preemptone", {17, 19}, preemptone);
  registry.add("runtime.retake", {17, 19}, retake);
  registry.add("runtime.doSigPreempt", {17, 19}, doSigPreempt);
  registry.add("runtime.isAsyncSafePoint", {17, 19}, isAsyncSafePoint);
  registry.add("runtime.asyncPreempt2", {17, 19}, asyncPreempt2, Use::beside);
}

}  // namespace runtime_model::preempt
