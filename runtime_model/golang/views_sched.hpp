/// g, m, p, the scheduler, and the small structures that they are made of.
/// Names are Go's. Fields of all releases from 1.17 on: exists() and has() tell whether one is
/// there.
#pragma once

#include "runtime_model/golang/view_ids.hpp"

namespace runtime_model::golang {

// clang-format off

#define RT0_FIELDS_Stack(X) \
  X(Ref<Addr>, lo, "lo")    \
  X(Ref<Addr>, hi, "hi")
RT0_VIEW(Stack, "runtime.stack", "");

#define RT0_FIELDS_Gobuf(X)  \
  X(Ref<Addr>, sp, "sp")     \
  X(Ref<Addr>, pc, "pc")     \
  X(Ptr<G>, g, "g")          \
  X(Ref<Addr>, ctxt, "ctxt") \
  X(Ref<u64>, ret, "ret")    \
  X(Ref<Addr>, lr, "lr")     \
  X(Ref<Addr>, bp, "bp")
RT0_VIEW(Gobuf, "runtime.gobuf", "");

#define RT0_FIELDS_Note(X) \
  X(Ref<u64>, key, "key")
RT0_VIEW(Note, "runtime.note", "");

#define RT0_FIELDS_Mutex(X) \
  X(Ref<u64>, key, "key")
RT0_VIEW(Mutex, "runtime.mutex", "");

#define RT0_FIELDS_Funcval(X) \
  X(Ref<Addr>, fn, "fn")
RT0_VIEW(Funcval, "runtime.funcval", "");

#define RT0_FIELDS_GList(X) \
  X(Ptr<G>, head, "head")   \
  X(Ref<i32>, size, "size")
RT0_VIEW(GList, "runtime.gList", "");

#define RT0_FIELDS_GQueue(X) \
  X(Ptr<G>, head, "head")    \
  X(Ptr<G>, tail, "tail")    \
  X(Ref<i32>, size, "size")
RT0_VIEW(GQueue, "runtime.gQueue", "");

#define RT0_FIELDS_Sudog(X)               \
  X(Ptr<G>, g, "g")                       \
  X(Ptr<Sudog>, next, "next")             \
  X(Ptr<Sudog>, prev, "prev")             \
  X(Ref<Addr>, elem, "elem|elem.vu")      \
  X(Ref<Addr>, elem_vp, "elem.vp")        \
  X(Ref<i64>, acquiretime, "acquiretime") \
  X(Ref<i64>, releasetime, "releasetime") \
  X(Ref<u32>, ticket, "ticket")           \
  X(Ref<bool>, isSelect, "isSelect")      \
  X(Ref<bool>, success, "success")        \
  X(Ptr<Sudog>, parent, "parent")         \
  X(Ptr<Sudog>, waitlink, "waitlink")     \
  X(Ptr<Sudog>, waittail, "waittail")     \
  X(Ptr<Hchan>, c, "c|c.maybeTraceablePtr.vu") \
  X(Ref<u16>, waiters, "waiters")
RT0_VIEW(Sudog, "runtime.sudog", "");

#define RT0_FIELDS_GsignalStack(X)         \
  X(Stack, stack, "stack")                 \
  X(Ref<Addr>, stackguard0, "stackguard0") \
  X(Ref<Addr>, stackguard1, "stackguard1") \
  X(Ref<Addr>, stktopsp, "stktopsp")
RT0_VIEW(GsignalStack, "runtime.gsignalStack", "");

#define RT0_FIELDS_G(X)                               \
  X(Stack, stack, "stack")                            \
  X(Ref<Addr>, stackguard0, "stackguard0")            \
  X(Ref<Addr>, stackguard1, "stackguard1")            \
  X(Ptr<Panic>, _panic, "_panic")                     \
  X(Ptr<Defer>, _defer, "_defer")                     \
  X(Ptr<M>, m, "m")                                   \
  X(Gobuf, sched, "sched")                            \
  X(Ref<Addr>, syscallsp, "syscallsp")                \
  X(Ref<Addr>, syscallpc, "syscallpc")                \
  X(Ref<Addr>, stktopsp, "stktopsp")                  \
  X(Ref<Addr>, param, "param")                        \
  X(Ref<u32>, atomicstatus, "atomicstatus")           \
  X(Ref<u32>, stackLock, "stackLock")                 \
  X(Ref<i64>, goid, "goid")                           \
  X(Ptr<G>, schedlink, "schedlink")                   \
  X(Ref<i64>, waitsince, "waitsince")                 \
  X(Ref<u8>, waitreason, "waitreason")                \
  X(Ref<bool>, preempt, "preempt")                    \
  X(Ref<bool>, preemptStop, "preemptStop")            \
  X(Ref<bool>, preemptShrink, "preemptShrink")        \
  X(Ref<bool>, asyncSafePoint, "asyncSafePoint")      \
  X(Ref<bool>, paniconfault, "paniconfault")          \
  X(Ref<bool>, gcscandone, "gcscandone")              \
  X(Ref<bool>, throwsplit, "throwsplit")              \
  X(Ref<bool>, activeStackChans, "activeStackChans")  \
  X(Ref<u8>, parkingOnChan, "parkingOnChan")          \
  X(Ref<i8>, raceignore, "raceignore")                \
  X(Ref<bool>, sysblocktraced, "sysblocktraced")      \
  X(Ref<bool>, tracking, "tracking")                  \
  X(Ref<u8>, trackingSeq, "trackingSeq")              \
  X(Ref<i64>, runnableStamp, "runnableStamp")         \
  X(Ref<i64>, runnableTime, "runnableTime")           \
  X(Ref<i64>, sysexitticks, "sysexitticks")           \
  X(Ref<u64>, traceseq, "traceseq")                   \
  X(Ptr<P>, tracelastp, "tracelastp")                 \
  X(Ptr<M>, lockedm, "lockedm")                       \
  X(Ref<u32>, sig, "sig")                             \
  X(Slice<Ref<u8>>, writebuf, "writebuf")             \
  X(Ref<u64>, sigcode0, "sigcode0")                   \
  X(Ref<Addr>, sigcode1, "sigcode1")                  \
  X(Ref<Addr>, sigpc, "sigpc")                        \
  X(Ref<Addr>, gopc, "gopc")                          \
  X(Ref<Addr>, ancestors, "ancestors")                \
  X(Ref<Addr>, startpc, "startpc")                    \
  X(Ref<Addr>, racectx, "racectx")                    \
  X(Ptr<Sudog>, waiting, "waiting")                   \
  X(Slice<Ref<u64>>, cgoCtxt, "cgoCtxt")              \
  X(Ref<Addr>, labels, "labels")                      \
  X(Ptr<Timer>, timer, "timer")                       \
  X(Ref<u32>, selectDone, "selectDone")               \
  X(Ref<i64>, gcAssistBytes, "gcAssistBytes")         \
  X(Ref<u32>, goroutineProfiled, "goroutineProfiled") \
  X(Ref<i64>, trackingStamp, "trackingStamp")         \
  X(Ref<u64>, parentGoid, "parentGoid")               \
  X(Ref<bool>, inMarkAssist, "inMarkAssist")          \
  X(Ref<bool>, coroexit, "coroexit")                  \
  X(Ref<bool>, nocgocallback, "nocgocallback")        \
  X(Ref<Addr>, coroarg, "coroarg")                    \
  X(Ref<Addr>, syscallbp, "syscallbp")                \
  X(Ref<i64>, sleepWhen, "sleepWhen")                 \
  X(Ref<u8>, fipsIndicator, "fipsIndicator")          \
  X(Ref<Addr>, syncGroup, "syncGroup")                \
  X(Ref<bool>, syncSafePoint, "syncSafePoint")        \
  X(Ref<u8>, runningCleanups, "runningCleanups")      \
  X(Ref<Addr>, bubble, "bubble")                      \
  X(Ref<u64>, valgrindStackID, "valgrindStackID")     \
  X(Ref<bool>, fipsOnlyBypass, "fipsOnlyBypass")      \
  X(Ref<bool>, ditWanted, "ditWanted")                \
  X(Ref<i32>, secret, "secret")                       \
  X(Ref<Addr>, xRegs, "xRegs")
RT0_VIEW(G, "runtime.g", "");

#define RT0_FIELDS_MFixup(X) \
  X(Mutex, lock, "lock")     \
  X(Ref<u32>, used, "used")  \
  X(Ref<Addr>, fn, "fn")
RT0_VIEW(MFixup, "runtime.m", "mFixup");

#define RT0_FIELDS_MOS(X)                                  \
  X(Ref<i32>, profileTimer, "profileTimer")                \
  X(Ref<u32>, profileTimerValid, "profileTimerValid")      \
  X(Ref<u8>, needPerThreadSyscall, "needPerThreadSyscall") \
  X(Ref<Addr>, vgetrandomState, "vgetrandomState")
RT0_VIEW(MOS, "runtime.mOS", "");

#define RT0_FIELDS_Chacha8(X)      \
  X(Array<Ref<u64>>, buf, "buf")   \
  X(Array<Ref<u64>>, seed, "seed") \
  X(Ref<u32>, i, "i")              \
  X(Ref<u32>, n, "n")              \
  X(Ref<u32>, c, "c")
RT0_VIEW(Chacha8, "internal/chacha8rand.State", "");

#define RT0_FIELDS_MLockProfile(X)      \
  X(Ref<i64>, waitTime, "waitTime")     \
  X(Ref<u64>, pending, "pending")       \
  X(Ref<i64>, cycles, "cycles")         \
  X(Ref<i64>, cyclesLost, "cyclesLost") \
  X(Ref<bool>, disabled, "disabled")    \
  X(Ref<bool>, haveStack, "haveStack")  \
  X(Slice<Ref<u64>>, stack, "stack")
RT0_VIEW(MLockProfile, "runtime.mLockProfile", "");

#define RT0_FIELDS_M(X)                                    \
  X(Ptr<G>, g0, "g0")                                      \
  X(Gobuf, morebuf, "morebuf")                             \
  X(Ref<u32>, divmod, "divmod")                            \
  X(Ref<u64>, procid, "procid")                            \
  X(Ptr<G>, gsignal, "gsignal")                            \
  X(GsignalStack, goSigStack, "goSigStack")                \
  X(Array<Ref<u32>>, sigmask, "sigmask")                   \
  X(Array<Ref<Addr>>, tls, "tls")                          \
  X(Ref<Addr>, mstartfn, "mstartfn")                       \
  X(Ptr<G>, curg, "curg")                                  \
  X(Ptr<G>, caughtsig, "caughtsig")                        \
  X(Ptr<P>, p, "p")                                        \
  X(Ptr<P>, nextp, "nextp")                                \
  X(Ptr<P>, oldp, "oldp")                                  \
  X(Ref<i64>, id, "id")                                    \
  X(Ref<i32>, mallocing, "mallocing")                      \
  X(Ref<i32>, throwing, "throwing")                        \
  X(Text, preemptoff, "preemptoff")                        \
  X(Ref<i32>, locks, "locks")                              \
  X(Ref<i32>, dying, "dying")                              \
  X(Ref<i32>, profilehz, "profilehz")                      \
  X(Ref<bool>, spinning, "spinning")                       \
  X(Ref<bool>, blocked, "blocked")                         \
  X(Ref<bool>, newSigstack, "newSigstack")                 \
  X(Ref<i8>, printlock, "printlock")                       \
  X(Ref<bool>, incgo, "incgo")                             \
  X(Ref<u32>, freeWait, "freeWait")                        \
  X(Ref<u64>, fastrand, "fastrand")                        \
  X(Ref<bool>, needextram, "needextram")                   \
  X(Ref<u8>, traceback, "traceback")                       \
  X(Ref<u64>, ncgocall, "ncgocall")                        \
  X(Ref<i32>, ncgo, "ncgo")                                \
  X(Ref<u32>, cgoCallersUse, "cgoCallersUse")              \
  X(Ref<Addr>, cgoCallers, "cgoCallers")                   \
  X(Ref<bool>, doesPark, "doesPark")                       \
  X(Note, park, "park")                                    \
  X(Ptr<M>, alllink, "alllink")                            \
  X(Ptr<M>, schedlink, "schedlink")                        \
  X(Ptr<G>, lockedg, "lockedg")                            \
  X(Array<Ref<Addr>>, createstack, "createstack")          \
  X(Ref<u32>, lockedExt, "lockedExt")                      \
  X(Ref<u32>, lockedInt, "lockedInt")                      \
  X(Ptr<M>, nextwaitm, "nextwaitm")                        \
  X(Ref<Addr>, waitunlockf, "waitunlockf")                 \
  X(Ref<Addr>, waitlock, "waitlock")                       \
  X(Ref<u8>, waittraceev, "waittraceev")                   \
  X(Ref<i64>, waittraceskip, "waittraceskip")              \
  X(Ref<bool>, startingtrace, "startingtrace")             \
  X(Ref<u32>, syscalltick, "syscalltick")                  \
  X(Ptr<M>, freelink, "freelink")                          \
  X(MFixup, mFixup, "mFixup")                              \
  X(Ref<Addr>, libcallpc, "libcallpc")                     \
  X(Ref<Addr>, libcallsp, "libcallsp")                     \
  X(Ptr<G>, libcallg, "libcallg")                          \
  X(Ref<Addr>, vdsoSP, "vdsoSP")                           \
  X(Ref<Addr>, vdsoPC, "vdsoPC")                           \
  X(Ref<u32>, preemptGen, "preemptGen")                    \
  X(Ref<u32>, signalPending, "signalPending")              \
  X(Ref<i64>, locksHeldLen, "locksHeldLen")                \
  X(MOS, mOS, "mOS")                                       \
  X(Ref<bool>, isextra, "isextra")                         \
  X(Ref<bool>, isExtraInC, "isExtraInC")                   \
  X(Ref<u8>, waitTraceBlockReason, "waitTraceBlockReason") \
  X(Ref<i64>, waitTraceSkip, "waitTraceSkip")              \
  X(Ref<bool>, isExtraInSig, "isExtraInSig")               \
  X(MLockProfile, mLockProfile, "mLockProfile")            \
  X(Chacha8, chacha8, "chacha8")                           \
  X(Ref<u64>, cheaprand, "cheaprand")                      \
  X(Ref<bool>, g0StackAccurate, "g0StackAccurate")         \
  X(Slice<Ref<u64>>, profStack, "profStack")               \
  X(Ptr<M>, mWaitList, "mWaitList")                        \
  X(Slice<Ptr<P>>, allpSnapshot, "allpSnapshot")           \
  X(Ptr<M>, idleNode_prev, "idleNode.prev")                \
  X(Ptr<M>, idleNode_next, "idleNode.next")                \
  X(Ref<u32>, signalSecret, "signalSecret")                \
  X(Ref<bool>, ditEnabled, "ditEnabled")                   \
  X(Ref<Addr>, self, "self")                               \
  X(Ref<u64>, cheaprand64, "cheaprand64")
RT0_VIEW(M, "runtime.m", "");

// clang-format on

}  // namespace runtime_model::golang
