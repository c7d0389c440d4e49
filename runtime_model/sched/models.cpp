#include "runtime_model/sched/models.hpp"

#include "runtime_model/sched/execute.hpp"
#include "runtime_model/sched/findrunnable.hpp"
#include "runtime_model/sched/gfree.hpp"
#include "runtime_model/sched/goexit.hpp"
#include "runtime_model/sched/newproc.hpp"
#include "runtime_model/sched/schedule.hpp"

namespace runtime_model::sched {
namespace {

void add_making(model::Registry& registry) {
  registry.add("runtime.newproc", {17, 17}, newproc_1_17);
  registry.add("runtime.newproc", {18, 27}, newproc);
  registry.add("runtime.newproc1", {17, 17}, newproc1_1_17);
  registry.add("runtime.newproc1", {18, 22}, newproc1_alone);
  registry.add("runtime.newproc1", {23, 27}, newproc1_1_23);
  registry.add("runtime.gostartcallfn", {17, 27}, gostartcallfn_alone);
  registry.add("runtime.allgadd", {17, 27}, allgadd_alone);
  registry.add("runtime.gfget", {17, 27}, gfget);
  registry.add("runtime.gfput", {17, 27}, gfput);
  registry.add("runtime.casgstatus", {17, 27}, casgstatus_alone);
}

void add_queues(model::Registry& registry) {
  registry.add("runtime.runqput", {17, 27}, runqput);
  registry.add("runtime.runqputslow", {17, 27}, runqputslow);
  registry.add("runtime.runqget", {17, 27}, runqget);
  registry.add("runtime.globrunqget", {17, 24}, globrunqget);
  registry.add("runtime.globrunqget", {25, 27}, globrunqget_one);
  registry.add("runtime.globrunqgetbatch", {25, 27}, globrunqgetbatch);
  registry.add("runtime.runqgrab", {17, 27}, runqgrab);
  registry.add("runtime.runqsteal", {17, 27}, runqsteal);
  registry.add("runtime.stealWork", {17, 27}, stealWork);
}

// What a profile may have had inlined wherever it is called, or is not found in such a program.
constexpr std::string_view kToFind[] = {"runtime.checkIdleGCNoP", "runtime.netpoll",
                                        "runtime.netpollBreak", "runtime.gcBlackenEnabled",
                                        "runtime.gcController"};

void add_switching(model::Registry& registry) {
  registry.add("runtime.schedule", {17, 18}, schedule_1_17);
  registry.add("runtime.schedule", {19, 27}, schedule);
  const std::size_t others = registry.all().size();
  registry.add("runtime.findrunnable", {17, 18}, findrunnable_1_17);
  registry.add("runtime.findRunnable", {19, 27}, findRunnable);
  registry.need_in_place(others, kToFind);
  registry.add("runtime.checkRunqsNoP", {17, 27}, checkRunqsNoP);
  registry.add("runtime.checkTimersNoP", {17, 27}, checkTimersNoP);
  registry.add("runtime.execute", {17, 27}, execute);
  registry.add("runtime.park_m", {17, 27}, park_m);
  registry.add("runtime.ready", {17, 27}, ready);
  registry.add("runtime.goready", {17, 27}, goready);
  registry.add("runtime.goexit1", {17, 27}, goexit1);
  registry.add("runtime.goexit0", {17, 27}, goexit0);
  registry.add("runtime.gdestroy", {22, 27}, gdestroy_alone);
}

}  // namespace

void add_models(model::Registry& registry) {
  add_making(registry);
  add_queues(registry);
  add_switching(registry);
}

}  // namespace runtime_model::sched
