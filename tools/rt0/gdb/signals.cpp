#include "tools/rt0/gdb/signals.hpp"

namespace rt0::gdb {
namespace {

constexpr int kUnknown = 143;
/// By Linux' numbers (signal(7)); those up to 15 that are missing here agree.
constexpr struct {
  int linux_number, gdb_number;
} kOthers[] = {{7, 10},         // SIGBUS
               {10, 30},        // SIGUSR1
               {12, 31},        // SIGUSR2
               {16, kUnknown},  // SIGSTKFLT
               {17, 20},        // SIGCHLD
               {18, 19},        // SIGCONT
               {19, 17},        // SIGSTOP
               {20, 18},        // SIGTSTP
               {23, 16},        // SIGURG
               {29, 23},        // SIGIO
               {30, 32},        // SIGPWR
               {31, 12},        // SIGSYS
               {32, 77},        // real-time signals: 32 and 64 came later than the rest
               {64, 78}};
constexpr int kFirstRealTime = 33, kGdbFirstRealTime = 45;

}  // namespace

int gdb_signal(int linux_signal) {
  for (const auto& [linux_number, gdb_number] : kOthers)
    if (linux_number == linux_signal) return gdb_number;
  if (linux_signal >= kFirstRealTime) return linux_signal - kFirstRealTime + kGdbFirstRealTime;
  return linux_signal;
}

}  // namespace rt0::gdb
