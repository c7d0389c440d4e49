/// The heap: spans, caches, central lists, the page allocator; and the pools of stacks.
/// Names are Go's. Fields of all releases from 1.17 on: exists() and has() tell whether one is
/// there.
#pragma once

#include "runtime_model/golang/views_p.hpp"

namespace runtime_model::golang {

// clang-format off

#define RT0_FIELDS_AddrRange(X) \
  X(Ref<Addr>, base, "base")    \
  X(Ref<Addr>, limit, "limit")
RT0_VIEW(AddrRange, "runtime.addrRange", "");

#define RT0_FIELDS_AddrRanges(X)        \
  X(Slice<AddrRange>, ranges, "ranges") \
  X(Ref<u64>, totalBytes, "totalBytes") \
  X(Ref<Addr>, sysStat, "sysStat")
RT0_VIEW(AddrRanges, "runtime.addrRanges", "");

#define RT0_FIELDS_MSpanList(X) \
  X(Ptr<Mspan>, first, "first") \
  X(Ptr<Mspan>, last, "last")
RT0_VIEW(MSpanList, "runtime.mSpanList", "");

#define RT0_FIELDS_Mspan(X)                                   \
  X(Ptr<Mspan>, next, "next")                                 \
  X(Ptr<Mspan>, prev, "prev")                                 \
  X(Ptr<MSpanList>, list, "list")                             \
  X(Ref<Addr>, startAddr, "startAddr")                        \
  X(Ref<u64>, npages, "npages")                               \
  X(Ref<Addr>, manualFreeList, "manualFreeList")              \
  X(Ref<u64>, freeindex, "freeindex")                         \
  X(Ref<u64>, nelems, "nelems")                               \
  X(Ref<u64>, allocCache, "allocCache")                       \
  X(Ref<Addr>, allocBits, "allocBits")                        \
  X(Ref<Addr>, gcmarkBits, "gcmarkBits")                      \
  X(Ref<u32>, sweepgen, "sweepgen")                           \
  X(Ref<u32>, divMul, "divMul")                               \
  X(Ref<u16>, allocCount, "allocCount")                       \
  X(Ref<u8>, spanclass, "spanclass")                          \
  X(Ref<u8>, state, "state")                                  \
  X(Ref<u8>, needzero, "needzero")                            \
  X(Ref<u64>, elemsize, "elemsize")                           \
  X(Ref<Addr>, limit, "limit")                                \
  X(Mutex, speciallock, "speciallock")                        \
  X(Ref<Addr>, specials, "specials")                          \
  X(Ref<u16>, allocCountBeforeCache, "allocCountBeforeCache") \
  X(Ref<u64>, freeIndexForScan, "freeIndexForScan")           \
  X(Ref<bool>, isUserArenaChunk, "isUserArenaChunk")          \
  X(AddrRange, userArenaChunkFree, "userArenaChunkFree")      \
  X(Ref<Addr>, pinnerBits, "pinnerBits")                      \
  X(Ref<Addr>, largeType, "largeType")                        \
  X(Ref<u16>, scanIdx, "scanIdx")
RT0_VIEW(Mspan, "runtime.mspan", "");

#define RT0_FIELDS_Stackfreelist(X) \
  X(Ref<Addr>, list, "list")        \
  X(Ref<u64>, size, "size")
RT0_VIEW(Stackfreelist, "runtime.stackfreelist", "");

#define RT0_FIELDS_Mcache(X)                            \
  X(Ref<i64>, nextSample, "nextSample")                 \
  X(Ref<u64>, scanAlloc, "scanAlloc")                   \
  X(Ref<Addr>, tiny, "tiny")                            \
  X(Ref<u64>, tinyoffset, "tinyoffset")                 \
  X(Ref<u64>, tinyAllocs, "tinyAllocs")                 \
  X(Array<Ptr<Mspan>>, alloc, "alloc")                  \
  X(Array<Stackfreelist>, stackcache, "stackcache")     \
  X(Ref<u32>, flushGen, "flushGen")                     \
  X(Ref<i64>, memProfRate, "memProfRate")               \
  X(Array<Ref<Addr>>, reusableNoscan, "reusableNoscan")
RT0_VIEW(Mcache, "runtime.mcache", "");

#define RT0_FIELDS_SpanSet(X)       \
  X(Mutex, spineLock, "spineLock")  \
  X(Ref<Addr>, spine, "spine")      \
  X(Ref<u64>, spineLen, "spineLen") \
  X(Ref<u64>, spineCap, "spineCap") \
  X(Ref<u64>, index, "index")
RT0_VIEW(SpanSet, "runtime.spanSet", "");

#define RT0_FIELDS_Mcentral(X)          \
  X(Ref<u8>, spanclass, "spanclass")    \
  X(Array<SpanSet>, partial, "partial") \
  X(Array<SpanSet>, full, "full")
RT0_VIEW(Mcentral, "runtime.mcentral", "");

#define RT0_FIELDS_Mlink(X)   \
  X(Ptr<Mlink>, next, "next")
RT0_VIEW(Mlink, "runtime.mlink", "");

#define RT0_FIELDS_Fixalloc(X)  \
  X(Ref<u64>, size, "size")     \
  X(Ref<Addr>, first, "first")  \
  X(Ref<Addr>, arg, "arg")      \
  X(Ptr<Mlink>, list, "list")   \
  X(Ref<Addr>, chunk, "chunk")  \
  X(Ref<u32>, nchunk, "nchunk") \
  X(Ref<u64>, inuse, "inuse")   \
  X(Ref<Addr>, stat, "stat")    \
  X(Ref<bool>, zero, "zero")    \
  X(Ref<u32>, nalloc, "nalloc")
RT0_VIEW(Fixalloc, "runtime.fixalloc", "");

#define RT0_FIELDS_LinearAlloc(X)      \
  X(Ref<Addr>, next, "next")           \
  X(Ref<Addr>, mapped, "mapped")       \
  X(Ref<Addr>, end, "end")             \
  X(Ref<bool>, mapMemory, "mapMemory")
RT0_VIEW(LinearAlloc, "runtime.linearAlloc", "");

#define RT0_FIELDS_ArenaHint(X)   \
  X(Ref<Addr>, addr, "addr")      \
  X(Ref<bool>, down, "down")      \
  X(Ptr<ArenaHint>, next, "next")
RT0_VIEW(ArenaHint, "runtime.arenaHint", "");

#define RT0_FIELDS_HeapArena(X)                                             \
  X(Array<Ref<u64>>, bitmap, "bitmap")                                      \
  X(Array<Ptr<Mspan>>, spans, "spans")                                      \
  X(Array<Ref<u8>>, pageInUse, "pageInUse")                                 \
  X(Array<Ref<u8>>, pageMarks, "pageMarks")                                 \
  X(Array<Ref<u8>>, pageSpecials, "pageSpecials")                           \
  X(Ref<Addr>, checkmarks, "checkmarks")                                    \
  X(Ref<Addr>, zeroedBase, "zeroedBase")                                    \
  X(Array<Ref<u8>>, noMorePtrs, "noMorePtrs")                               \
  X(Array<Ref<u8>>, pageUseSpanInlineMarkBits, "pageUseSpanInlineMarkBits")
RT0_VIEW(HeapArena, "runtime.heapArena", "");

#define RT0_FIELDS_PageAlloc(X)                         \
  X(Array<Slice<Ref<u64>>>, summary, "summary")         \
  X(Array<Ref<Addr>>, chunks, "chunks")                 \
  X(Ref<Addr>, searchAddr, "searchAddr")                \
  X(Ref<u64>, start, "start")                           \
  X(Ref<u64>, end, "end")                               \
  X(AddrRanges, inUse, "inUse")                         \
  X(Ptr<Mutex>, mheapLock, "mheapLock")                 \
  X(Ref<Addr>, sysStat, "sysStat")                      \
  X(Ref<bool>, test, "test")                            \
  X(Ref<u64>, summaryMappedReady, "summaryMappedReady") \
  X(Ref<bool>, chunkHugePages, "chunkHugePages")
RT0_VIEW(PageAlloc, "runtime.pageAlloc", "");

#define RT0_FIELDS_MheapCurArena(X) \
  X(Ref<Addr>, base, "base")        \
  X(Ref<Addr>, end, "end")
RT0_VIEW(MheapCurArena, "runtime.mheap", "curArena");

#define RT0_FIELDS_MheapCentral(X)  \
  X(Mcentral, mcentral, "mcentral")
RT0_VIEW(MheapCentral, "runtime.mheap", "central[]");

#define RT0_FIELDS_Mheap(X)                                             \
  X(Mutex, lock, "lock")                                                \
  X(PageAlloc, pages, "pages")                                          \
  X(Ref<u32>, sweepgen, "sweepgen")                                     \
  X(Ref<u32>, sweepDrained, "sweepDrained")                             \
  X(Ref<u32>, sweepers, "sweepers")                                     \
  X(Slice<Ptr<Mspan>>, allspans, "allspans")                            \
  X(Ref<u64>, pagesInUse, "pagesInUse")                                 \
  X(Ref<u64>, pagesSwept, "pagesSwept")                                 \
  X(Ref<u64>, pagesSweptBasis, "pagesSweptBasis")                       \
  X(Ref<u64>, sweepHeapLiveBasis, "sweepHeapLiveBasis")                 \
  X(Ref<double>, sweepPagesPerByte, "sweepPagesPerByte")                \
  X(Ref<u64>, scavengeGoal, "scavengeGoal")                             \
  X(Ref<u64>, reclaimIndex, "reclaimIndex")                             \
  X(Ref<u64>, reclaimCredit, "reclaimCredit")                           \
  X(Array<Ref<Addr>>, arenas, "arenas")                                 \
  X(LinearAlloc, heapArenaAlloc, "heapArenaAlloc")                      \
  X(Ptr<ArenaHint>, arenaHints, "arenaHints")                           \
  X(Ptr<ArenaHint>, userArenaHints, "userArena.arenaHints")  \
  X(LinearAlloc, arena, "arena")                                        \
  X(Slice<Ref<u64>>, allArenas, "allArenas")                            \
  X(Slice<Ref<u64>>, sweepArenas, "sweepArenas")                        \
  X(Slice<Ref<u64>>, markArenas, "markArenas")                          \
  X(MheapCurArena, curArena, "curArena")                                \
  X(Array<MheapCentral>, central, "central")                            \
  X(Fixalloc, spanalloc, "spanalloc")                                   \
  X(Fixalloc, cachealloc, "cachealloc")                                 \
  X(Fixalloc, specialfinalizeralloc, "specialfinalizeralloc")           \
  X(Fixalloc, specialprofilealloc, "specialprofilealloc")               \
  X(Fixalloc, specialReachableAlloc, "specialReachableAlloc")           \
  X(Mutex, speciallock, "speciallock")                                  \
  X(Fixalloc, arenaHintAlloc, "arenaHintAlloc")                         \
  X(Ref<Addr>, unused, "unused")                                        \
  X(Ref<bool>, arenasHugePages, "arenasHugePages")                      \
  X(Fixalloc, specialPinCounterAlloc, "specialPinCounterAlloc")         \
  X(Fixalloc, specialWeakHandleAlloc, "specialWeakHandleAlloc")         \
  X(Fixalloc, specialCleanupAlloc, "specialCleanupAlloc")               \
  X(Ref<u64>, cleanupID, "cleanupID")                                   \
  X(Slice<Ref<u64>>, heapArenas, "heapArenas")                          \
  X(Slice<Ref<u64>>, userArenaArenas, "userArenaArenas")                \
  X(Fixalloc, specialCheckFinalizerAlloc, "specialCheckFinalizerAlloc") \
  X(Fixalloc, specialTinyBlockAlloc, "specialTinyBlockAlloc")           \
  X(Fixalloc, specialBubbleAlloc, "specialBubbleAlloc")                 \
  X(Ref<Addr>, immortalWeakHandles, "immortalWeakHandles")              \
  X(Fixalloc, spanSPMCAlloc, "spanSPMCAlloc")                           \
  X(Fixalloc, specialSecretAlloc, "specialSecretAlloc")
RT0_VIEW(Mheap, "runtime.mheap", "");

#define RT0_FIELDS_HeapStatsDelta(X)                \
  X(Ref<i64>, committed, "committed")               \
  X(Ref<i64>, released, "released")                 \
  X(Ref<i64>, inHeap, "inHeap")                     \
  X(Ref<i64>, inStacks, "inStacks")                 \
  X(Ref<i64>, inWorkBufs, "inWorkBufs")             \
  X(Ref<i64>, inPtrScalarBits, "inPtrScalarBits")   \
  X(Ref<u64>, tinyAllocCount, "tinyAllocCount")     \
  X(Ref<u64>, largeAlloc, "largeAlloc")             \
  X(Ref<u64>, largeAllocCount, "largeAllocCount")   \
  X(Array<Ref<u64>>, smallAllocCount, "smallAllocCount")
RT0_VIEW(HeapStatsDelta, "runtime.heapStatsDelta", "");

#define RT0_FIELDS_ConsistentHeapStats(X)  \
  X(Array<HeapStatsDelta>, stats, "stats") \
  X(Ref<u32>, gen, "gen")                  \
  X(Mutex, noPLock, "noPLock")
RT0_VIEW(ConsistentHeapStats, "runtime.consistentHeapStats", "");

#define RT0_FIELDS_GcBitsArenas(X) \
  X(Mutex, lock, "lock")           \
  X(Ref<Addr>, free, "free")       \
  X(Ref<Addr>, next, "next")       \
  X(Ref<Addr>, current, "current") \
  X(Ref<Addr>, previous, "previous")
RT0_VIEW(GcBitsArenas, "runtime.gcBitsArenas", "");

#define RT0_FIELDS_StackpoolItem(X) \
  X(Mutex, mu, "mu")                \
  X(MSpanList, span, "span")
RT0_VIEW(StackpoolItem, "runtime.stackpoolItem", "");

#define RT0_FIELDS_Stackpool(X)  \
  X(StackpoolItem, item, "item")
RT0_VIEW(Stackpool, "runtime.stackpool[]", "");

#define RT0_FIELDS_StackLarge(X)    \
  X(Mutex, lock, "lock")            \
  X(Array<MSpanList>, free, "free")
RT0_VIEW(StackLarge, "runtime.stackLarge", "");

#define RT0_FIELDS_GlobalAlloc(X)                        \
  X(Mutex, mutex, "mutex")                               \
  X(PersistentAlloc, persistentAlloc, "persistentAlloc")
RT0_VIEW(GlobalAlloc, "runtime.globalAlloc", "");

// clang-format on

}  // namespace runtime_model::golang
