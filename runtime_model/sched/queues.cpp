#include "runtime_model/sched/queues.hpp"

namespace runtime_model::sched {

namespace {

template <class List>
void count(const List& list, emulator::i32 n) {
  if (list.size().exists()) list.size() += n;
}

}  // namespace

void push(LocalQueue& q, const golang::G& gp) {
  gp.schedlink() = q.head;
  q.head = gp.address();
  if (q.tail == Addr()) q.tail = gp.address();
  ++q.size;
}

void push_back(Runtime& rt, LocalQueue& q, const golang::G& gp) {
  gp.schedlink() = Addr();
  if (q.tail != Addr())
    rt.g(q.tail).schedlink() = gp;
  else
    q.head = gp.address();
  q.tail = gp.address();
  ++q.size;
}

golang::G pop(Runtime& rt, LocalQueue& q) {
  const golang::G gp = rt.g(q.head);
  if (!gp) return gp;
  q.head = gp.schedlink();
  if (q.head == Addr()) q.tail = Addr();
  --q.size;
  return gp;
}

void push(const golang::GList& list, const golang::G& gp) {
  gp.schedlink() = list.head();
  list.head() = gp;
  count(list, 1);
}

golang::G pop(const golang::GList& list) {
  const golang::G gp = list.head();
  if (!gp) return gp;
  list.head() = gp.schedlink();
  count(list, -1);
  return gp;
}

void push_all(Runtime& rt, const golang::GList& list, const LocalQueue& q) {
  if (q.empty()) return;
  rt.g(q.tail).schedlink() = list.head();
  list.head() = q.head;
  count(list, q.size);
}

void push_back(const golang::GQueue& q, const golang::G& gp) {
  gp.schedlink() = Addr();
  if (q.tail())
    q.tail()->schedlink() = gp;
  else
    q.head() = gp;
  q.tail() = gp;
  count(q, 1);
}

void push_back_all(Runtime& rt, const golang::GQueue& q, const LocalQueue& batch) {
  if (batch.empty()) return;
  rt.g(batch.tail).schedlink() = Addr();
  if (q.tail())
    q.tail()->schedlink() = batch.head;
  else
    q.head() = batch.head;
  q.tail() = batch.tail;
  count(q, batch.size);
}

golang::G pop(const golang::GQueue& q) {
  const golang::G gp = q.head();
  if (!gp) return gp;
  q.head() = gp.schedlink();
  if (!q.head()) q.tail() = Addr();
  count(q, -1);
  return gp;
}

void globrunqput(Runtime& rt, const golang::G& gp) {
  const golang::GQueue runq = rt.sched().runq();
  push_back(runq, gp);
  if (!runq.size().exists()) rt.sched().runqsize() += 1;
}

void globrunqputbatch(Runtime& rt, const LocalQueue& batch) {
  const golang::GQueue runq = rt.sched().runq();
  push_back_all(rt, runq, batch);
  if (!runq.size().exists()) rt.sched().runqsize() += batch.size;
}

}  // namespace runtime_model::sched
