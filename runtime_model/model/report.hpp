/// What checking found, function by function.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/thread.hpp"

namespace runtime_model::model {

using emulator::Addr;
using emulator::u64;

/// One place where a model and the real code disagree.
struct Difference {
  u64 number;         ///< instruction at which the real function was through
  std::string where;  ///< "g1.sched.pc", "result 0", "" when `text` says it all
  u64 model = 0, real = 0;
  unsigned size = 0;  ///< bytes of both values
  std::string text;
};

struct FunctionReport {
  static constexpr std::size_t kKeep = 20;  ///< differences remembered, of each kind

  u64 calls = 0;
  u64 fields = 0;  ///< compared: runs of bytes in a word that either side wrote
  u64 equal = 0;
  u64 different = 0;                   ///< fields, results, calls that did not come
  u64 not_covered = 0;                 ///< fields that only the real code changed
  u64 interleaved = 0;                 ///< calls: another thread wrote what the model had read
  u64 unfinished = 0;                  ///< calls that the program's end cut short
  u64 declined = 0;                    ///< calls left to the real code
  u64 excused = 0;                     ///< fields on the list of the indeterminate
  std::map<std::string, u64> reasons;  ///< of declining
  std::vector<Difference> differences;
  std::map<std::string, u64> uncovered;  ///< field → how often
};

struct CheckReport {
  std::map<std::string, FunctionReport, std::less<>> functions;
  u64 changed_bytes = 0;    ///< by the real code of modelled functions
  u64 predicted_bytes = 0;  ///< of these, by the models

  u64 differences() const {
    u64 n = 0;
    for (const auto& [name, f] : functions) n += f.different;
    return n;
  }
};

}  // namespace runtime_model::model
