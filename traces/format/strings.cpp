#include "traces/format/strings.hpp"

#include "emulator/base/error.hpp"

namespace traces::format {

std::string_view Strings::keep(std::string_view text) {
  constexpr std::size_t kMost = std::size_t{512} << 20;
  if (const auto found = kept_.find(text); found != kept_.end()) return *found;
  bytes_ += text.size() + sizeof(std::string);
  if (bytes_ > kMost)
    emulator::base::user_error("the trace names more than {} MiB of different texts", kMost >> 20);
  return *kept_.emplace(text).first;
}

}  // namespace traces::format
