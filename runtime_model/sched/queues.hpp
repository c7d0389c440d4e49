/// Lists of goroutines, linked through g.schedlink. All of these act inside of a step. From go1.25
/// on a list knows how long it is; before, who uses it counts. Go: runtime/proc.go, gQueue and
/// gList.
#pragma once

#include "runtime_model/sched/status.hpp"

namespace runtime_model::sched {

/// A queue that lives in a local variable of the Go function.
struct LocalQueue {
  Addr head, tail;
  emulator::i32 size = 0;
  bool empty() const { return head == Addr(); }
};

void push(LocalQueue& q, const golang::G& gp);
void push_back(Runtime& rt, LocalQueue& q, const golang::G& gp);
golang::G pop(Runtime& rt, LocalQueue& q);

void push(const golang::GList& list, const golang::G& gp);
/// Null when the list is empty.
golang::G pop(const golang::GList& list);
void push_all(Runtime& rt, const golang::GList& list, const LocalQueue& q);

void push_back(const golang::GQueue& q, const golang::G& gp);
void push_back_all(Runtime& rt, const golang::GQueue& q, const LocalQueue& batch);
golang::G pop(const golang::GQueue& q);

/// Appends to the global run queue; sched.lock is held.
void globrunqput(Runtime& rt, const golang::G& gp);
void globrunqputbatch(Runtime& rt, const LocalQueue& batch);

}  // namespace runtime_model::sched
