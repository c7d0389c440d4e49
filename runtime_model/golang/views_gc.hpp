/// The collector, its pace and its helpers; timers, channels, defers; settings.
/// Names are Go's. Fields of all releases from 1.17 on: exists() and has() tell whether one is
/// there.
#pragma once

#include "runtime_model/golang/views_heap.hpp"

namespace runtime_model::golang {

// clang-format off

#define RT0_FIELDS_Timer(X)           \
  X(Ptr<P>, pp, "pp")                 \
  X(Ref<i64>, when, "when")           \
  X(Ref<i64>, period, "period")       \
  X(Ref<Addr>, f, "f")                \
  X(Ref<u64>, seq, "seq")             \
  X(Ref<i64>, nextwhen, "nextwhen")   \
  X(Ref<u32>, status, "status")       \
  X(Mutex, mu, "mu")                  \
  X(Ref<u8>, astate, "astate")        \
  X(Ref<u8>, state, "state")          \
  X(Ref<bool>, isChan, "isChan")      \
  X(Ref<u32>, blocked, "blocked")     \
  X(Ptr<Timers>, ts, "ts")            \
  X(Mutex, sendLock, "sendLock")      \
  X(Ref<i32>, isSending, "isSending") \
  X(Ref<bool>, isFake, "isFake")      \
  X(Ref<u32>, rand, "rand")
RT0_VIEW(Timer, "runtime.timer", "");

#define RT0_FIELDS_Waitq(X)     \
  X(Ptr<Sudog>, first, "first") \
  X(Ptr<Sudog>, last, "last")
RT0_VIEW(Waitq, "runtime.waitq", "");

#define RT0_FIELDS_Hchan(X)          \
  X(Ref<u64>, qcount, "qcount")      \
  X(Ref<u64>, dataqsiz, "dataqsiz")  \
  X(Ref<Addr>, buf, "buf")           \
  X(Ref<u16>, elemsize, "elemsize")  \
  X(Ref<u32>, closed, "closed")      \
  X(Ref<Addr>, elemtype, "elemtype") \
  X(Ref<u64>, sendx, "sendx")        \
  X(Ref<u64>, recvx, "recvx")        \
  X(Waitq, recvq, "recvq")           \
  X(Waitq, sendq, "sendq")           \
  X(Mutex, lock, "lock")             \
  X(Ptr<Timer>, timer, "timer")      \
  X(Ref<bool>, synctest, "synctest") \
  X(Ref<Addr>, bubble, "bubble")
RT0_VIEW(Hchan, "runtime.hchan", "");

#define RT0_FIELDS_Defer(X)            \
  X(Ref<i32>, siz, "siz")              \
  X(Ref<bool>, started, "started")     \
  X(Ref<bool>, heap, "heap")           \
  X(Ref<bool>, openDefer, "openDefer") \
  X(Ref<Addr>, sp, "sp")               \
  X(Ref<Addr>, pc, "pc")               \
  X(Ref<Addr>, fn, "fn")               \
  X(Ptr<Panic>, _panic, "_panic")      \
  X(Ptr<Defer>, link, "link")          \
  X(Ref<Addr>, fd, "fd")               \
  X(Ref<Addr>, varp, "varp")           \
  X(Ref<Addr>, framepc, "framepc")     \
  X(Ref<bool>, rangefunc, "rangefunc") \
  X(Ref<Addr>, head, "head")
RT0_VIEW(Defer, "runtime._defer", "");

#define RT0_FIELDS_Panic(X)                  \
  X(Ref<Addr>, argp, "argp")                 \
  X(Ptr<Panic>, link, "link")                \
  X(Ref<Addr>, pc, "pc")                     \
  X(Ref<Addr>, sp, "sp")                     \
  X(Ref<bool>, recovered, "recovered")       \
  X(Ref<bool>, aborted, "aborted")           \
  X(Ref<bool>, goexit, "goexit")             \
  X(Ref<Addr>, startPC, "startPC")           \
  X(Ref<Addr>, startSP, "startSP")           \
  X(Ref<Addr>, lr, "lr")                     \
  X(Ref<Addr>, fp, "fp")                     \
  X(Ref<Addr>, retpc, "retpc")               \
  X(Ref<Addr>, deferBitsPtr, "deferBitsPtr") \
  X(Ref<Addr>, slotsPtr, "slotsPtr")         \
  X(Ref<bool>, deferreturn, "deferreturn")   \
  X(Ref<bool>, repanicked, "repanicked")     \
  X(Ref<Addr>, gopanicFP, "gopanicFP")
RT0_VIEW(Panic, "runtime._panic", "");

#define RT0_FIELDS_GcController(X)                                       \
  X(Ref<i32>, gcPercent, "gcPercent")                                    \
  X(Ref<u64>, heapMinimum, "heapMinimum")                                \
  X(Ref<double>, triggerRatio, "triggerRatio")                           \
  X(Ref<u64>, trigger, "trigger")                                        \
  X(Ref<u64>, heapGoal, "heapGoal")                                      \
  X(Ref<u64>, lastHeapGoal, "lastHeapGoal")                              \
  X(Ref<u64>, heapLive, "heapLive")                                      \
  X(Ref<u64>, heapScan, "heapScan")                                      \
  X(Ref<u64>, heapMarked, "heapMarked")                                  \
  X(Ref<i64>, scanWork, "scanWork")                                      \
  X(Ref<i64>, bgScanCredit, "bgScanCredit")                              \
  X(Ref<i64>, assistTime, "assistTime")                                  \
  X(Ref<i64>, dedicatedMarkTime, "dedicatedMarkTime")                    \
  X(Ref<i64>, fractionalMarkTime, "fractionalMarkTime")                  \
  X(Ref<i64>, idleMarkTime, "idleMarkTime")                              \
  X(Ref<i64>, markStartTime, "markStartTime")                            \
  X(Ref<i64>, dedicatedMarkWorkersNeeded, "dedicatedMarkWorkersNeeded")  \
  X(Ref<double>, assistWorkPerByte, "assistWorkPerByte")                 \
  X(Ref<double>, assistBytesPerWork, "assistBytesPerWork")               \
  X(Ref<double>, fractionalUtilizationGoal, "fractionalUtilizationGoal") \
  X(Ref<double>, consMark, "consMark")                                   \
  X(Ref<u64>, lastHeapScan, "lastHeapScan")                              \
  X(Ref<u64>, stackScan, "stackScan")                                    \
  X(Ref<u64>, scannableStackSize, "scannableStackSize")                  \
  X(Ref<u64>, globalsScan, "globalsScan")                                \
  X(Ref<i64>, heapScanWork, "heapScanWork")                              \
  X(Ref<i64>, stackScanWork, "stackScanWork")                            \
  X(Ref<i64>, globalsScanWork, "globalsScanWork")                        \
  X(Ref<bool>, test, "test")                                             \
  X(Ref<i64>, memoryLimit, "memoryLimit")                                \
  X(Ref<u64>, runway, "runway")                                          \
  X(Ref<u64>, gcPercentHeapGoal, "gcPercentHeapGoal")                    \
  X(Ref<u64>, sweepDistMinTrigger, "sweepDistMinTrigger")                \
  X(Ref<u64>, triggered, "triggered")                                    \
  X(Ref<u64>, lastStackScan, "lastStackScan")                            \
  X(Ref<u64>, maxStackScan, "maxStackScan")                              \
  X(Ref<u64>, idleMarkWorkers, "idleMarkWorkers")                        \
  X(Ref<u64>, heapInUse, "heapInUse")                                    \
  X(Ref<u64>, heapReleased, "heapReleased")                              \
  X(Ref<u64>, heapFree, "heapFree")                                      \
  X(Ref<u64>, totalAlloc, "totalAlloc")                                  \
  X(Ref<u64>, totalFree, "totalFree")                                    \
  X(Ref<u64>, mappedReady, "mappedReady")                                \
  X(Array<Ref<double>>, lastConsMark, "lastConsMark")
RT0_VIEW(GcController, "runtime.gcControllerState", "");

#define RT0_FIELDS_WorkWbufSpans(X) \
  X(Mutex, lock, "lock")            \
  X(MSpanList, free, "free")        \
  X(MSpanList, busy, "busy")
RT0_VIEW(WorkWbufSpans, "runtime.workType|runtime.work", "wbufSpans");

#define RT0_FIELDS_WorkAssistQueue(X) \
  X(Mutex, lock, "lock")              \
  X(GQueue, q, "q")
RT0_VIEW(WorkAssistQueue, "runtime.workType|runtime.work", "assistQueue");

#define RT0_FIELDS_WorkSweepWaiters(X) \
  X(Mutex, lock, "lock")               \
  X(GList, list, "list")
RT0_VIEW(WorkSweepWaiters, "runtime.workType|runtime.work", "sweepWaiters");

#define RT0_FIELDS_Work(X)                                          \
  X(Ref<u64>, full, "full")                                         \
  X(Ref<u64>, empty, "empty")                                       \
  X(WorkWbufSpans, wbufSpans, "wbufSpans")                          \
  X(Ref<u64>, bytesMarked, "bytesMarked")                           \
  X(Ref<u32>, markrootNext, "markrootNext")                         \
  X(Slice<Ref<u32>>, spanqMask, "spanqMask")                        \
  X(Ref<u32>, markrootJobs, "markrootJobs")                         \
  X(Ref<u32>, nproc, "nproc")                                       \
  X(Ref<i64>, tstart, "tstart")                                     \
  X(Ref<u32>, nwait, "nwait")                                       \
  X(Ref<i64>, nDataRoots, "nDataRoots")                             \
  X(Ref<i64>, nBSSRoots, "nBSSRoots")                               \
  X(Ref<i64>, nSpanRoots, "nSpanRoots")                             \
  X(Ref<i64>, nStackRoots, "nStackRoots")                           \
  X(Ref<u32>, baseData, "baseData")                                 \
  X(Ref<u32>, baseBSS, "baseBSS")                                   \
  X(Ref<u32>, baseSpans, "baseSpans")                               \
  X(Ref<u32>, baseStacks, "baseStacks")                             \
  X(Ref<u32>, baseEnd, "baseEnd")                                   \
  X(Slice<Ptr<G>>, stackRoots, "stackRoots")                        \
  X(Ref<u32>, startSema, "startSema")                               \
  X(Ref<u32>, markDoneSema, "markDoneSema")                         \
  X(Note, bgMarkReady, "bgMarkReady")                               \
  X(Ref<u32>, bgMarkDone, "bgMarkDone")                             \
  X(Ref<i64>, mode, "mode")                                         \
  X(Ref<bool>, userForced, "userForced")                            \
  X(Ref<i64>, totaltime, "totaltime")                               \
  X(Ref<u64>, initialHeapLive, "initialHeapLive")                   \
  X(WorkAssistQueue, assistQueue, "assistQueue")                    \
  X(WorkSweepWaiters, sweepWaiters, "sweepWaiters")                 \
  X(Ref<u32>, cycles, "cycles")                                     \
  X(Ref<i32>, stwprocs, "stwprocs")                                 \
  X(Ref<i32>, maxprocs, "maxprocs")                                 \
  X(Ref<i64>, tSweepTerm, "tSweepTerm")                             \
  X(Ref<i64>, tMark, "tMark")                                       \
  X(Ref<i64>, tMarkTerm, "tMarkTerm")                               \
  X(Ref<i64>, tEnd, "tEnd")                                         \
  X(Ref<i64>, pauseNS, "pauseNS")                                   \
  X(Ref<i64>, pauseStart, "pauseStart")                             \
  X(Ref<u64>, heap0, "heap0")                                       \
  X(Ref<u64>, heap1, "heap1")                                       \
  X(Ref<u64>, heap2, "heap2")                                       \
  X(Ref<i64>, nMaybeRunnableStackRoots, "nMaybeRunnableStackRoots")
RT0_VIEW(Work, "runtime.workType|runtime.work", "");

#define RT0_FIELDS_Forcegc(X) \
  X(Mutex, lock, "lock")      \
  X(Ptr<G>, g, "g")           \
  X(Ref<u32>, idle, "idle")
RT0_VIEW(Forcegc, "runtime.forcegcstate", "");

#define RT0_FIELDS_Sweep(X)                 \
  X(Mutex, lock, "lock")                    \
  X(Ptr<G>, g, "g")                         \
  X(Ref<bool>, parked, "parked")            \
  X(Ref<bool>, started, "started")          \
  X(Ref<u32>, nbgsweep, "nbgsweep")         \
  X(Ref<u32>, npausesweep, "npausesweep")   \
  X(Ref<u32>, centralIndex, "centralIndex") \
  X(Ref<u32>, active, "active")
RT0_VIEW(Sweep, "runtime.sweepdata", "");

#define RT0_FIELDS_Scavenge(X)                    \
  X(Mutex, lock, "lock")                          \
  X(Ptr<G>, g, "g")                               \
  X(Ref<bool>, parked, "parked")                  \
  X(Ptr<Timer>, timer, "timer")                   \
  X(Ref<u64>, gcPercentGoal, "gcPercentGoal")     \
  X(Ref<u64>, memoryLimitGoal, "memoryLimitGoal") \
  X(Ref<i64>, assistTime, "assistTime")           \
  X(Ref<i64>, backgroundTime, "backgroundTime")
RT0_VIEW(Scavenge, "runtime.scavenge", "");

#define RT0_FIELDS_Scavenger(X)         \
  X(Mutex, lock, "lock")                \
  X(Ptr<G>, g, "g")                     \
  X(Ref<bool>, parked, "parked")        \
  X(Ptr<Timer>, timer, "timer")         \
  X(Ref<u32>, sysmonWake, "sysmonWake")
RT0_VIEW(Scavenger, "runtime.scavengerState", "");

#define RT0_FIELDS_WriteBarrier(X) \
  X(Ref<bool>, enabled, "enabled") \
  X(Ref<bool>, needed, "needed")   \
  X(Ref<bool>, cgo, "cgo")
RT0_VIEW(WriteBarrier, "runtime.writeBarrier", "");

#define RT0_FIELDS_RandomOrder(X)          \
  X(Ref<u32>, count, "count")              \
  X(Slice<Ref<u32>>, coprimes, "coprimes")
RT0_VIEW(RandomOrder, "runtime.randomOrder", "");

#define RT0_FIELDS_NewmHandoff(X)                       \
  X(Mutex, lock, "lock")                                \
  X(Ptr<M>, newm, "newm")                               \
  X(Ref<bool>, waiting, "waiting")                      \
  X(Note, wake, "wake")                                 \
  X(Ref<u32>, haveTemplateThread, "haveTemplateThread")
RT0_VIEW(NewmHandoff, "runtime.newmHandoff", "");

#define RT0_FIELDS_DebugVars(X)                               \
  X(Ref<i32>, cgocheck, "cgocheck")                           \
  X(Ref<i32>, clobberfree, "clobberfree")                     \
  X(Ref<i32>, dataindependenttiming, "dataindependenttiming") \
  X(Ref<i32>, disablethp, "disablethp")                       \
  X(Ref<i32>, dontfreezetheworld, "dontfreezetheworld")       \
  X(Ref<i32>, efence, "efence")                               \
  X(Ref<i32>, gccheckmark, "gccheckmark")                     \
  X(Ref<i32>, gcpacertrace, "gcpacertrace")                   \
  X(Ref<i32>, gcshrinkstackoff, "gcshrinkstackoff")           \
  X(Ref<i32>, gcstoptheworld, "gcstoptheworld")               \
  X(Ref<i32>, gctrace, "gctrace")                             \
  X(Ref<i32>, invalidptr, "invalidptr")                       \
  X(Ref<i32>, madvdontneed, "madvdontneed")                   \
  X(Ref<i32>, scavtrace, "scavtrace")                         \
  X(Ref<i32>, scheddetail, "scheddetail")                     \
  X(Ref<i32>, schedtrace, "schedtrace")                       \
  X(Ref<i32>, tracebackancestors, "tracebackancestors")       \
  X(Ref<i32>, adaptivestackstart, "adaptivestackstart")       \
  X(Ref<i32>, tracefpunwindoff, "tracefpunwindoff")           \
  X(Ref<i32>, traceadvanceperiod, "traceadvanceperiod")       \
  X(Ref<i32>, harddecommit, "harddecommit")                   \
  X(Ref<i32>, allocfreetrace, "allocfreetrace")               \
  X(Ref<i32>, inittrace, "inittrace")                         \
  X(Ref<i32>, sbrk, "sbrk")                                   \
  X(Ref<i32>, asyncpreemptoff, "asyncpreemptoff")             \
  X(Ref<i32>, asynctimerchan, "asynctimerchan")               \
  X(Ref<i32>, containermaxprocs, "containermaxprocs")         \
  X(Ref<i32>, updatemaxprocs, "updatemaxprocs")               \
  X(Ref<i32>, checkfinalizers, "checkfinalizers")             \
  X(Ref<i32>, decoratemappings, "decoratemappings")           \
  X(Ref<i32>, profstackdepth, "profstackdepth")               \
  X(Ref<i32>, panicnil, "panicnil")                           \
  X(Ref<bool>, malloc, "malloc")
RT0_VIEW(DebugVars, "runtime.debug", "");

#define RT0_FIELDS_MemstatsBySize(X) X(Ref<u32>, size, "size")
RT0_VIEW(MemstatsBySize, "runtime.mstats", "by_size[]");

#define RT0_FIELDS_Memstats(X)                                      \
  X(Ref<u64>, alloc, "alloc")                                       \
  X(Ref<u64>, total_alloc, "total_alloc")                           \
  X(Ref<u64>, sys, "sys")                                           \
  X(Ref<u64>, nlookup, "nlookup")                                   \
  X(Ref<u64>, nmalloc, "nmalloc")                                   \
  X(Ref<u64>, nfree, "nfree")                                       \
  X(Ref<u64>, heap_sys, "heap_sys")                                 \
  X(Ref<u64>, heap_inuse, "heap_inuse")                             \
  X(Ref<u64>, heap_released, "heap_released")                       \
  X(Ref<u64>, heap_objects, "heap_objects")                         \
  X(Ref<u64>, stacks_inuse, "stacks_inuse")                         \
  X(Ref<u64>, stacks_sys, "stacks_sys")                             \
  X(Ref<u64>, mspan_inuse, "mspan_inuse")                           \
  X(Ref<u64>, mspan_sys, "mspan_sys")                               \
  X(Ref<u64>, mcache_inuse, "mcache_inuse")                         \
  X(Ref<u64>, mcache_sys, "mcache_sys")                             \
  X(Ref<u64>, buckhash_sys, "buckhash_sys")                         \
  X(Ref<u64>, gcWorkBufInUse, "gcWorkBufInUse")                     \
  X(Ref<u64>, gcProgPtrScalarBitsInUse, "gcProgPtrScalarBitsInUse") \
  X(Ref<u64>, gcMiscSys, "gcMiscSys")                               \
  X(Ref<u64>, other_sys, "other_sys")                               \
  X(Ref<u64>, last_gc_unix, "last_gc_unix")                         \
  X(Ref<u64>, pause_total_ns, "pause_total_ns")                     \
  X(Array<Ref<u64>>, pause_ns, "pause_ns")                          \
  X(Array<Ref<u64>>, pause_end, "pause_end")                        \
  X(Ref<u32>, numgc, "numgc")                                       \
  X(Ref<u32>, numforcedgc, "numforcedgc")                           \
  X(Ref<double>, gc_cpu_fraction, "gc_cpu_fraction")                \
  X(Ref<bool>, enablegc, "enablegc")                                \
  X(Ref<bool>, debuggc, "debuggc")                                  \
  X(Ref<u64>, last_gc_nanotime, "last_gc_nanotime")                 \
  X(Ref<u64>, last_heap_inuse, "last_heap_inuse")                   \
  X(TimeHistogram, gcPauseDist, "gcPauseDist")                      \
  X(Ref<u64>, lastHeapInUse, "lastHeapInUse") \
  X(Array<MemstatsBySize>, by_size, "by_size") \
  X(ConsistentHeapStats, heapStats, "heapStats")
RT0_VIEW(Memstats, "runtime.mstats", "");

#define RT0_FIELDS_Moduledata(X)                \
  X(Ref<Addr>, pcHeader, "pcHeader")            \
  X(Slice<Ref<u8>>, funcnametab, "funcnametab") \
  X(Slice<Ref<u32>>, cutab, "cutab")            \
  X(Slice<Ref<u8>>, filetab, "filetab")         \
  X(Slice<Ref<u8>>, pctab, "pctab")             \
  X(Slice<Ref<u8>>, pclntable, "pclntable")     \
  X(Ref<Addr>, findfunctab, "findfunctab")      \
  X(Ref<Addr>, minpc, "minpc")                  \
  X(Ref<Addr>, maxpc, "maxpc")                  \
  X(Ref<Addr>, text, "text")                    \
  X(Ref<Addr>, etext, "etext")                  \
  X(Ref<Addr>, noptrdata, "noptrdata")          \
  X(Ref<Addr>, enoptrdata, "enoptrdata")        \
  X(Ref<Addr>, data, "data")                    \
  X(Ref<Addr>, edata, "edata")                  \
  X(Ref<Addr>, bss, "bss")                      \
  X(Ref<Addr>, ebss, "ebss")                    \
  X(Ref<Addr>, noptrbss, "noptrbss")            \
  X(Ref<Addr>, enoptrbss, "enoptrbss")          \
  X(Ref<Addr>, end, "end")                      \
  X(Ref<Addr>, gcdata, "gcdata")                \
  X(Ref<Addr>, gcbss, "gcbss")                  \
  X(Ref<Addr>, types, "types")                  \
  X(Ref<Addr>, etypes, "etypes")                \
  X(Slice<Ref<i32>>, typelinks, "typelinks")    \
  X(Slice<Ref<Addr>>, itablinks, "itablinks")   \
  X(Text, pluginpath, "pluginpath")             \
  X(Text, modulename, "modulename")             \
  X(Ref<u8>, hasmain, "hasmain")                \
  X(Ref<Addr>, typemap, "typemap")              \
  X(Ref<bool>, bad, "bad")                      \
  X(Ptr<Moduledata>, next, "next")              \
  X(Ref<Addr>, rodata, "rodata")                \
  X(Ref<Addr>, gofunc, "gofunc")                \
  X(Ref<Addr>, covctrs, "covctrs")              \
  X(Ref<Addr>, ecovctrs, "ecovctrs")            \
  X(Slice<Ref<Addr>>, inittasks, "inittasks")   \
  X(Ref<Addr>, epclntab, "epclntab")            \
  X(Ref<u64>, typedesclen, "typedesclen")       \
  X(Ref<u64>, itaboffset, "itaboffset")         \
  X(Ref<u64>, itabsize, "itabsize")
RT0_VIEW(Moduledata, "runtime.moduledata", "");

// clang-format on

}  // namespace runtime_model::golang
