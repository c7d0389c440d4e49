/// p, the permit to run Go code, with its caches, and schedt, what all of them share.
/// Names are Go's. Fields of all releases from 1.17 on: exists() and has() tell whether one is
/// there.
#pragma once

#include "runtime_model/golang/views_sched.hpp"

namespace runtime_model::golang {

// clang-format off

#define RT0_FIELDS_Sysmontick(X)          \
  X(Ref<u32>, schedtick, "schedtick")     \
  X(Ref<i64>, schedwhen, "schedwhen")     \
  X(Ref<u32>, syscalltick, "syscalltick") \
  X(Ref<i64>, syscallwhen, "syscallwhen")
RT0_VIEW(Sysmontick, "runtime.sysmontick", "");

#define RT0_FIELDS_PageCache(X) \
  X(Ref<Addr>, base, "base")    \
  X(Ref<u64>, cache, "cache")   \
  X(Ref<u64>, scav, "scav")
RT0_VIEW(PageCache, "runtime.pageCache", "");

#define RT0_FIELDS_PersistentAlloc(X) \
  X(Ref<Addr>, base, "base")          \
  X(Ref<u64>, off, "off")
RT0_VIEW(PersistentAlloc, "runtime.persistentAlloc", "");

#define RT0_FIELDS_PMspancache(X)  \
  X(Ref<i64>, len, "len")          \
  X(Array<Ptr<Mspan>>, buf, "buf")
RT0_VIEW(PMspancache, "runtime.p", "mspancache");

#define RT0_FIELDS_GcWork(X)                   \
  X(Ref<Addr>, wbuf1, "wbuf1")                 \
  X(Ref<Addr>, wbuf2, "wbuf2")                 \
  X(Ref<u64>, bytesMarked, "bytesMarked")      \
  X(Ref<i64>, heapScanWork, "heapScanWork")    \
  X(Ref<bool>, flushedWork, "flushedWork")     \
  X(Ref<Addr>, ptrBuf, "ptrBuf")               \
  X(Ref<bool>, mayNeedWorker, "mayNeedWorker") \
  X(Ref<u32>, spanq_head, "spanq.head")        \
  X(Ref<u32>, spanq_tail, "spanq.tail")        \
  X(Ref<Addr>, spanq_chain, "spanq.chain.tail") \
  X(Ref<i32>, id, "id")
RT0_VIEW(GcWork, "runtime.gcWork", "");

#define RT0_FIELDS_Workbuf(X)                     \
  X(Ref<u64>, next, "workbufhdr.node.next")       \
  X(Ref<u64>, pushcnt, "workbufhdr.node.pushcnt") \
  X(Ref<i64>, nobj, "workbufhdr.nobj")            \
  X(Array<Ref<Addr>>, obj, "obj")
RT0_VIEW(Workbuf, "runtime.workbuf", "");

#define RT0_FIELDS_SpanSPMC(X) \
  X(Ptr<SpanSPMC>, prev, "prev") \
  X(Ref<u32>, head, "head")    \
  X(Ref<u32>, tail, "tail")
RT0_VIEW(SpanSPMC, "runtime.spanSPMC", "");

#define RT0_FIELDS_CleanupQueue(X)  \
  X(Ref<u64>, workUnits, "workUnits") \
  X(Ref<u32>, asleep, "asleep")     \
  X(Ref<u32>, ng, "ng")
RT0_VIEW(CleanupQueue, "runtime.cleanupQueue", "");

#define RT0_FIELDS_WbBuf(X)       \
  X(Ref<Addr>, next, "next")      \
  X(Ref<Addr>, end, "end")        \
  X(Array<Ref<Addr>>, buf, "buf")
RT0_VIEW(WbBuf, "runtime.wbBuf", "");

#define RT0_FIELDS_TimerWhen(X) \
  X(Ptr<Timer>, timer, "timer") \
  X(Ref<i64>, when, "when")
RT0_VIEW(TimerWhen, "runtime.timerWhen", "");

#define RT0_FIELDS_Timers(X)                      \
  X(Mutex, mu, "mu")                              \
  X(Slice<TimerWhen>, heap, "heap")               \
  X(Ref<u32>, len, "len")                         \
  X(Ref<i32>, zombies, "zombies")                 \
  X(Ref<u64>, raceCtx, "raceCtx")                 \
  X(Ref<i64>, minWhenHeap, "minWhenHeap")         \
  X(Ref<i64>, minWhenModified, "minWhenModified") \
  X(Ref<Addr>, syncGroup, "syncGroup")
RT0_VIEW(Timers, "runtime.timers", "");

#define RT0_FIELDS_P(X)                                           \
  X(Ref<i32>, id, "id")                                           \
  X(Ref<u32>, status, "status")                                   \
  X(Ptr<P>, link, "link")                                         \
  X(Ref<u32>, schedtick, "schedtick")                             \
  X(Ref<u32>, syscalltick, "syscalltick")                         \
  X(Sysmontick, sysmontick, "sysmontick")                         \
  X(Ptr<M>, m, "m")                                               \
  X(Ptr<Mcache>, mcache, "mcache")                                \
  X(PageCache, pcache, "pcache")                                  \
  X(Ref<Addr>, raceprocctx, "raceprocctx")                        \
  X(Array<Slice<Ptr<Defer>>>, deferpool, "deferpool")             \
  X(Ref<u64>, goidcache, "goidcache")                             \
  X(Ref<u64>, goidcacheend, "goidcacheend")                       \
  X(Ref<u32>, runqhead, "runqhead")                               \
  X(Ref<u32>, runqtail, "runqtail")                               \
  X(Array<Ptr<G>>, runq, "runq")                                  \
  X(Ptr<G>, runnext, "runnext")                                   \
  X(GList, gFree, "gFree")                                        \
  X(Slice<Ptr<Sudog>>, sudogcache, "sudogcache")                  \
  X(Array<Ptr<Sudog>>, sudogbuf, "sudogbuf")                      \
  X(PMspancache, mspancache, "mspancache")                        \
  X(Ref<u64>, tracebuf, "tracebuf")                               \
  X(Ref<bool>, traceSweep, "traceSweep")                          \
  X(Ref<u64>, traceSwept, "traceSwept")                           \
  X(Ref<u64>, traceReclaimed, "traceReclaimed")                   \
  X(PersistentAlloc, palloc, "palloc")                            \
  X(Ref<i64>, timer0When, "timer0When")                           \
  X(Ref<i64>, timerModifiedEarliest, "timerModifiedEarliest")     \
  X(Ref<i64>, gcAssistTime, "gcAssistTime")                       \
  X(Ref<i64>, gcFractionalMarkTime, "gcFractionalMarkTime")       \
  X(Ref<i64>, gcMarkWorkerMode, "gcMarkWorkerMode")               \
  X(Ref<i64>, gcMarkWorkerStartTime, "gcMarkWorkerStartTime")     \
  X(GcWork, gcw, "gcw")                                           \
  X(WbBuf, wbBuf, "wbBuf")                                        \
  X(Ref<u32>, runSafePointFn, "runSafePointFn")                   \
  X(Ref<u32>, statsSeq, "statsSeq")                               \
  X(Mutex, timersLock, "timersLock")                              \
  X(Timers, timers, "timers")                                     \
  X(Ref<u32>, numTimers, "numTimers")                             \
  X(Ref<u32>, deletedTimers, "deletedTimers")                     \
  X(Ref<u64>, timerRaceCtx, "timerRaceCtx")                       \
  X(Ref<bool>, preempt, "preempt")                                \
  X(Ref<i64>, scannableStackSizeDelta, "scannableStackSizeDelta") \
  X(Ref<u64>, limiterEvent, "limiterEvent")                       \
  X(Ref<i64>, maxStackScanDelta, "maxStackScanDelta")             \
  X(Ref<u64>, scannedStackSize, "scannedStackSize")               \
  X(Ref<u64>, scannedStacks, "scannedStacks")                     \
  X(Ref<Addr>, pinnerCache, "pinnerCache")                        \
  X(Ref<i64>, gcStopTime, "gcStopTime")                           \
  X(Ref<Addr>, cleanups, "cleanups")                              \
  X(Ref<u64>, cleanupsQueued, "cleanupsQueued")                   \
  X(Ref<Addr>, oldm, "oldm")                                      \
  X(Ref<Addr>, nextGCMarkWorker, "nextGCMarkWorker")              \
  X(Ref<u64>, goroutinesCreated, "goroutinesCreated")             \
  X(Slice<Ptr<Timer>>, timersHeap, "timers")                      \
  X(Ref<i32>, gFree_n, "gFree.n|gFree.size")
RT0_VIEW(P, "runtime.p", "");

#define RT0_FIELDS_SchedDisable(X) \
  X(Ref<bool>, user, "user")       \
  X(GQueue, runnable, "runnable")  \
  X(Ref<i32>, n, "n")
RT0_VIEW(SchedDisable, "runtime.schedt", "disable");

#define RT0_FIELDS_SchedGFree(X) \
  X(Mutex, lock, "lock")         \
  X(GList, stack, "stack")       \
  X(GList, noStack, "noStack")   \
  X(Ref<i32>, n, "n")
RT0_VIEW(SchedGFree, "runtime.schedt", "gFree");

#define RT0_FIELDS_TimeHistogram(X)    \
  X(Array<Ref<u64>>, counts, "counts") \
  X(Ref<u64>, underflow, "underflow")  \
  X(Ref<u64>, overflow, "overflow")
RT0_VIEW(TimeHistogram, "runtime.timeHistogram", "");

#define RT0_FIELDS_Schedt(X)                                        \
  X(Ref<u64>, goidgen, "goidgen")                                   \
  X(Ref<i64>, lastpoll, "lastpoll")                                 \
  X(Ref<i64>, pollUntil, "pollUntil")                               \
  X(Mutex, lock, "lock")                                            \
  X(Ptr<M>, midle, "midle|midle.obj")                               \
  X(Ref<bool>, midle_initialized, "midle.initialized")              \
  X(Ref<u64>, midle_nodeOffset, "midle.nodeOffset")                 \
  X(Ref<i32>, nmidle, "nmidle")                                     \
  X(Ref<i32>, nmidlelocked, "nmidlelocked")                         \
  X(Ref<i64>, mnext, "mnext")                                       \
  X(Ref<i32>, maxmcount, "maxmcount")                               \
  X(Ref<i32>, nmsys, "nmsys")                                       \
  X(Ref<i64>, nmfreed, "nmfreed")                                   \
  X(Ref<i32>, ngsys, "ngsys")                                       \
  X(Ptr<P>, pidle, "pidle")                                         \
  X(Ref<i32>, npidle, "npidle")                                     \
  X(Ref<i32>, nmspinning, "nmspinning")                             \
  X(GQueue, runq, "runq")                                           \
  X(Ref<i32>, runqsize, "runqsize|runq.size")                       \
  X(SchedDisable, disable, "disable")                               \
  X(SchedGFree, gFree, "gFree")                                     \
  X(Mutex, sudoglock, "sudoglock")                                  \
  X(Ptr<Sudog>, sudogcache, "sudogcache")                           \
  X(Mutex, deferlock, "deferlock")                                  \
  X(Array<Ptr<Defer>>, deferpool, "deferpool")                      \
  X(Ptr<M>, freem, "freem")                                         \
  X(Ref<u32>, gcwaiting, "gcwaiting")                               \
  X(Ref<i32>, stopwait, "stopwait")                                 \
  X(Note, stopnote, "stopnote")                                     \
  X(Ref<u32>, sysmonwait, "sysmonwait")                             \
  X(Note, sysmonnote, "sysmonnote")                                 \
  X(Ref<u32>, sysmonStarting, "sysmonStarting")                     \
  X(Ref<Addr>, safePointFn, "safePointFn")                          \
  X(Ref<i32>, safePointWait, "safePointWait")                       \
  X(Note, safePointNote, "safePointNote")                           \
  X(Ref<i32>, profilehz, "profilehz")                               \
  X(Ref<i64>, procresizetime, "procresizetime")                     \
  X(Ref<i64>, totaltime, "totaltime")                               \
  X(Mutex, sysmonlock, "sysmonlock")                                \
  X(TimeHistogram, timeToRun, "timeToRun")                          \
  X(Ref<u32>, needspinning, "needspinning")                         \
  X(Ref<i64>, idleTime, "idleTime")                                 \
  X(Ref<i64>, totalMutexWaitTime, "totalMutexWaitTime")             \
  X(Ref<i64>, totalRuntimeLockWaitTime, "totalRuntimeLockWaitTime") \
  X(Ref<i32>, pollingNet, "pollingNet")                             \
  X(Ref<bool>, customGOMAXPROCS, "customGOMAXPROCS")                \
  X(Ref<i32>, nGsyscallNoP, "nGsyscallNoP")                         \
  X(Ref<u64>, goroutinesCreated, "goroutinesCreated")               \
  X(Ref<i32>, gFree_n, "gFree.n")
RT0_VIEW(Schedt, "runtime.schedt", "");

// clang-format on

}  // namespace runtime_model::golang
