#include "runtime_model/thread/gc_work.hpp"

namespace runtime_model::thread {
namespace {

bool has_objects(Runtime& rt, const golang::GcWork& own) {
  const auto objects = [&](Addr buffer) { return rt.at<golang::Workbuf>(buffer).nobj() != 0; };
  return own.wbuf1() != Addr() && (objects(own.wbuf1()) || objects(own.wbuf2()));
}

/// From go1.26 on small objects are marked span by span: a ring of the P's own, and a chain of
/// rings that others may take from. Go: runtime/mgcmark_greenteagc.go, spanQueue.empty.
bool has_spans(Runtime& rt, const golang::GcWork& own) {
  if (rt.go() < 26 || !own.spanq_chain().exists()) return false;
  if (own.spanq_tail() != own.spanq_head()) return true;
  auto ring = rt.at<golang::SpanSPMC>(own.spanq_chain());
  for (; ring; ring = ring.prev())
    if (ring.head() != ring.tail()) return true;
  return false;
}

bool others_have_spans(Runtime& rt) {
  if (rt.go() < 26) return false;
  const auto mask = rt.work().spanqMask();
  for (u64 i = 0; i < mask.len(); ++i)
    if (mask[i] != 0) return true;
  return false;
}

}  // namespace

bool mark_work_available(Runtime& rt, const golang::P& pp) {
  const golang::GcWork own = pp.gcw();
  if (has_objects(rt, own) || has_spans(rt, own)) return true;
  return rt.work().full() != 0 || rt.work().markrootNext() < rt.work().markrootJobs() ||
         others_have_spans(rt);
}

}  // namespace runtime_model::thread
