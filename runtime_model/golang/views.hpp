/// All views, and the way in: Views, the runtime's globals and the objects at given addresses.
///
///     Views rt(memory, tables);
///     rt.g0().sched().pc() = rt.allp(0)->runq(3)->startpc();
#pragma once

#include "runtime_model/golang/views_gc.hpp"

namespace runtime_model::golang {

// clang-format off

#define RT0_FIELDS_Views(X)                                                                      \
  X(G, g0, "runtime.g0")                                                                         \
  X(M, m0, "runtime.m0")                                                                         \
  X(Ptr<Mcache>, mcache0, "runtime.mcache0")                                                     \
  X(Slice<Ptr<P>>, allp, "runtime.allp")                                                         \
  X(Ptr<M>, allm, "runtime.allm")                                                                \
  X(Slice<Ptr<G>>, allgs, "runtime.allgs")                                                       \
  X(Ref<Addr>, allgptr, "runtime.allgptr")                                                       \
  X(Ref<u64>, allglen, "runtime.allglen")                                                        \
  X(Schedt, sched, "runtime.sched")                                                              \
  X(Array<Stackpool>, stackpool, "runtime.stackpool")                                            \
  X(StackLarge, stackLarge, "runtime.stackLarge")                                                \
  X(Mheap, mheap_, "runtime.mheap_")                                                             \
  X(Ref<i32>, ncpu, "runtime.ncpu|runtime.numCPUStartup")                                        \
  X(Ref<i32>, gomaxprocs, "runtime.gomaxprocs")                                                  \
  X(Ref<i32>, newprocs, "runtime.newprocs")                                                      \
  X(Ref<u64>, physPageSize, "runtime.physPageSize")                                              \
  X(Ref<u64>, physHugePageSize, "runtime.physHugePageSize")                                      \
  X(Ref<u64>, physHugePageShift, "runtime.physHugePageShift")                                    \
  X(Ref<bool>, mainStarted, "runtime.mainStarted")                                               \
  X(Ref<Addr>, main_init_done, "runtime.main_init_done|runtime.mainInitDoneChan")                \
  X(Ref<bool>, mainInitDone, "runtime.mainInitDone")                                             \
  X(Ref<i64>, runtimeInitTime, "runtime.runtimeInitTime")                                        \
  X(Ref<i32>, argc, "runtime.argc")                                                              \
  X(Ref<Addr>, argv, "runtime.argv")                                                             \
  X(Slice<Ref<u8>>, startupRandomData, "runtime.startupRandomData|runtime.startupRand")          \
  X(Array<Ref<u64>>, fastrandseed, "runtime.fastrandseed")                                       \
  X(Ref<bool>, iscgo, "runtime.iscgo")                                                           \
  X(Ref<bool>, islibrary, "runtime.islibrary")                                                   \
  X(Ref<bool>, isarchive, "runtime.isarchive")                                                   \
  X(Slice<Ref<u32>>, idlepMask, "runtime.idlepMask")                                             \
  X(Slice<Ref<u32>>, timerpMask, "runtime.timerpMask")                                           \
  X(RandomOrder, stealOrder, "runtime.stealOrder")                                               \
  X(Array<Ref<u32>>, initSigmask, "runtime.initSigmask")                                         \
  X(Ref<u64>, maxstacksize, "runtime.maxstacksize")                                              \
  X(Ref<u64>, maxstackceiling, "runtime.maxstackceiling")                                        \
  X(Ref<u32>, startingStackSize, "runtime.startingStackSize")                                    \
  X(WriteBarrier, writeBarrier, "runtime.writeBarrier")                                          \
  X(Ref<u32>, gcBlackenEnabled, "runtime.gcBlackenEnabled")                                      \
  X(Ref<u32>, gcphase, "runtime.gcphase")                                                        \
  X(Memstats, memstats, "runtime.memstats")                                                      \
  X(GcController, gcController, "runtime.gcController")                                          \
  X(Work, work, "runtime.work")                                                                  \
  X(Sweep, sweep, "runtime.sweep")                                                               \
  X(Scavenge, scavenge, "runtime.scavenge")                                                      \
  X(Scavenger, scavenger, "runtime.scavenger")                                                   \
  X(Forcegc, forcegc, "runtime.forcegc")                                                         \
  X(DebugVars, debug, "runtime.debug")                                                           \
  X(Mspan, emptymspan, "runtime.emptymspan")                                                     \
  X(GlobalAlloc, globalAlloc, "runtime.globalAlloc")                                             \
  X(Ref<Addr>, persistentChunks, "runtime.persistentChunks")                                     \
  X(Ref<u64>, zerobase, "runtime.zerobase")                                                      \
  X(Mutex, allglock, "runtime.allglock")                                                         \
  X(Mutex, allpLock, "runtime.allpLock")                                                         \
  X(Mutex, deadlock, "runtime.deadlock")                                                         \
  X(Ref<u32>, panicking, "runtime.panicking")                                                    \
  X(NewmHandoff, newmHandoff, "runtime.newmHandoff")                                             \
  X(Array<Ref<u16>>, class_to_size, "runtime.class_to_size|internal/runtime/gc.SizeClassToSize") \
  X(Array<Ref<u8>>, class_to_allocnpages,                                                        \
    "runtime.class_to_allocnpages|internal/runtime/gc.SizeClassToNPages")                        \
  X(Array<Ref<u8>>, size_to_class8, "runtime.size_to_class8")                                    \
  X(Array<Ref<u8>>, size_to_class128, "runtime.size_to_class128")                                \
  X(Ref<i64>, faketime, "runtime.faketime")                                                      \
  X(Ref<u32>, netpollInited, "runtime.netpollInited")                                            \
  X(Ref<u32>, netpollWaiters, "runtime.netpollWaiters")                                          \
  X(Ref<i32>, epfd, "runtime.epfd")                                                              \
  X(Ref<u64>, gcBgMarkWorkerPool, "runtime.gcBgMarkWorkerPool")                                  \
  X(Ref<i32>, gcBgMarkWorkerCount, "runtime.gcBgMarkWorkerCount")                                \
  X(Ref<bool>, useAeshash, "runtime.useAeshash")                                                 \
  X(Ref<bool>, isIntel, "runtime.isIntel")                                                       \
  X(Ref<bool>, lfenceBeforeRdtsc, "runtime.lfenceBeforeRdtsc")                                   \
  X(Ref<u32>, processorVersionInfo, "runtime.processorVersionInfo")                              \
  X(Array<Ref<u32>>, handlingSig, "runtime.handlingSig")                                         \
  X(Array<Ref<Addr>>, fwdSig, "runtime.fwdSig")                                                  \
  X(Ref<bool>, signalsOK, "runtime.signalsOK")                                                   \
  X(Moduledata, firstmoduledata, "runtime.firstmoduledata")                                      \
  X(Ptr<Moduledata>, lastmoduledatap, "runtime.lastmoduledatap")                                 \
  X(Ref<u32>, gcsema, "runtime.gcsema")                                                          \
  X(Ref<u32>, worldsema, "runtime.worldsema")                                                    \
  X(Ref<i64>, MemProfileRate, "runtime.MemProfileRate")                                          \
  X(Ref<u32>, traceback_cache, "runtime.traceback_cache")                                        \
  X(Ref<Addr>, cgo_yield, "runtime.cgo_yield")                                                   \
  X(Ref<u32>, fingStatus, "runtime.fingStatus")                                                  \
  X(Ptr<G>, fing, "runtime.fing")                                                                \
  X(GcBitsArenas, gcBitsArenas, "runtime.gcBitsArenas") \
  X(Ref<u64>, asyncPreemptStack, "runtime.asyncPreemptStack")
// clang-format on

/// The runtime of one guest. A method for each global variable; copies are cheap.
class Views : public View<Views> {
 public:
  enum class Field : u16 { RT0_FIELDS_Views(RT0_FIELD_NAME) };
  static constexpr std::size_t kId = static_cast<std::size_t>(ViewId::Views);
  static constexpr FieldSpec kFields[] = {RT0_FIELDS_Views(RT0_FIELD_SPEC)};
  /// Its fields are variables: no type holds them.
  static constexpr ViewSpec kSpec{"", "", kFields};

  Views(Memory& memory, const Tables& tables) : View(Place{&memory, &tables, Addr()}) {}
  RT0_FIELDS_Views(RT0_FIELD_METHOD)

      /// The structure at an address.
      template <class V>
      V at(Addr address) const {
    return V(Place{place_.memory, place_.tables, address});
  }
  G g(Addr address) const { return at<G>(address); }
  M m(Addr address) const { return at<M>(address); }
  P p(Addr address) const { return at<P>(address); }
  Mcache mcache(Addr address) const { return at<Mcache>(address); }
  Mspan mspan(Addr address) const { return at<Mspan>(address); }
  Sudog sudog(Addr address) const { return at<Sudog>(address); }
  Funcval funcval(Addr address) const { return at<Funcval>(address); }

  Memory& memory() const { return *place_.memory; }
};

}  // namespace runtime_model::golang
