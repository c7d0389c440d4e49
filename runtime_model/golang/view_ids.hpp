/// The list of all views, in no order that matters: a view that is not in it does not compile.
#pragma once

#include "runtime_model/golang/view.hpp"

namespace runtime_model::golang {

// clang-format off
#define RT0_ALL_VIEWS(X) \
  X(AddrRange) X(AddrRanges) X(ArenaHint) X(Chacha8) X(DebugVars) X(Defer) X(Fixalloc) \
  X(Forcegc) X(Funcval) X(G) X(GList) X(GQueue) X(GcBitsArenas) X(GcController) X(CleanupQueue) X(GcWork) X(GlobalAlloc) \
  X(Gobuf) X(GsignalStack) X(ConsistentHeapStats) X(HeapStatsDelta) X(Hchan) X(HeapArena) X(LinearAlloc) X(M) X(MFixup) X(MLockProfile) \
  X(MOS) X(MSpanList) X(Mcache) X(Mcentral) X(Memstats) X(MemstatsBySize) X(Mheap) X(MheapCentral) \
  X(MheapCurArena) X(Mlink) X(Moduledata) X(Mspan) X(Mutex) X(NewmHandoff) X(Note) X(P) \
  X(PMspancache) X(PageAlloc) X(PageCache) X(Panic) X(PersistentAlloc) X(RandomOrder) \
  X(Scavenge) X(Scavenger) X(SchedDisable) X(SchedGFree) X(Schedt) X(SpanSPMC) X(SpanSet) X(Stack) \
  X(StackLarge) X(Stackfreelist) X(Stackpool) X(StackpoolItem) X(Sudog) X(Sweep) X(Sysmontick) \
  X(TimeHistogram) X(Timer) X(TimerWhen) X(Timers) X(Waitq) X(WbBuf) X(Work) X(WorkAssistQueue) \
  X(WorkSweepWaiters) X(WorkWbufSpans) X(Workbuf) X(WriteBarrier)
// clang-format on

#define RT0_VIEW_DECLARE(V) class V;
RT0_ALL_VIEWS(RT0_VIEW_DECLARE)
class Views;
#undef RT0_VIEW_DECLARE

#define RT0_VIEW_ID(V) V,
enum class ViewId : u16 { RT0_ALL_VIEWS(RT0_VIEW_ID) Views };
#undef RT0_VIEW_ID

}  // namespace runtime_model::golang
