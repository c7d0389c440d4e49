#include "runtime_model/sched/queues.hpp"

namespace runtime_model::sched {

void push(LocalQueue& q, const golang::G& gp) {
  gp.schedlink() = q.head;
  q.head = gp.address();
  if (q.tail == Addr()) q.tail = gp.address();
}

void push_back(Runtime& rt, LocalQueue& q, const golang::G& gp) {
  gp.schedlink() = Addr();
  if (q.tail != Addr())
    rt.g(q.tail).schedlink() = gp;
  else
    q.head = gp.address();
  q.tail = gp.address();
}

golang::G pop(Runtime& rt, LocalQueue& q) {
  const golang::G gp = rt.g(q.head);
  if (!gp) return gp;
  q.head = gp.schedlink();
  if (q.head == Addr()) q.tail = Addr();
  return gp;
}

void push(const golang::GList& list, const golang::G& gp) {
  gp.schedlink() = list.head();
  list.head() = gp;
}

golang::G pop(const golang::GList& list) {
  const golang::G gp = list.head();
  if (gp) list.head() = gp.schedlink();
  return gp;
}

void push_all(Runtime& rt, const golang::GList& list, const LocalQueue& q) {
  if (q.empty()) return;
  rt.g(q.tail).schedlink() = list.head();
  list.head() = q.head;
}

void push_back(const golang::GQueue& q, const golang::G& gp) {
  gp.schedlink() = Addr();
  if (q.tail())
    q.tail()->schedlink() = gp;
  else
    q.head() = gp;
  q.tail() = gp;
}

void push_back_all(Runtime& rt, const golang::GQueue& q, const LocalQueue& batch) {
  if (batch.empty()) return;
  rt.g(batch.tail).schedlink() = Addr();
  if (q.tail())
    q.tail()->schedlink() = batch.head;
  else
    q.head() = batch.head;
  q.tail() = batch.tail;
}

golang::G pop(const golang::GQueue& q) {
  const golang::G gp = q.head();
  if (!gp) return gp;
  q.head() = gp.schedlink();
  if (!q.head()) q.tail() = Addr();
  return gp;
}

void globrunqput(Runtime& rt, const golang::G& gp) {
  push_back(rt.sched().runq(), gp);
  rt.sched().runqsize() += 1;
}

void globrunqputbatch(Runtime& rt, const LocalQueue& batch, emulator::i32 n) {
  push_back_all(rt, rt.sched().runq(), batch);
  rt.sched().runqsize() += n;
}

}  // namespace runtime_model::sched
