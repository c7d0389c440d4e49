/// gdb has numbers of its own for signals (include/gdb/signals.def).
#pragma once

namespace rt0::gdb {

/// gdb's number of a signal of Linux; 143 for what gdb has no name for.
int gdb_signal(int linux_signal);

constexpr int kMostGdbSignal = 255;  ///< what fits into a packet's two digits

}  // namespace rt0::gdb
