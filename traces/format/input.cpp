#include "traces/format/input.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/base/write_all.hpp"
#include "traces/format/reader_forms.hpp"

namespace traces::format {

using emulator::u64;
using emulator::u8;
using emulator::base::InputFile;
using emulator::base::user_error;

Input::Input(const std::string& path)
    : name_(path == "-" ? "standard input" : path),
      file_(path == "-" ? InputFile::of_descriptor(STDIN_FILENO) : InputFile(path)) {
  if (!file_.error().empty()) user_error("cannot read trace {}: {}", name_, file_.error());
  size_ = file_.size();
  if (!file_.regular()) spool(file_.descriptor());
}

/// What is no trace is found out at once: it may have no end.
void Input::spool(int from) {
  copy_.reset(std::tmpfile());
  if (copy_ == nullptr)
    user_error("cannot copy trace {} to a temporary file: {}", name_, std::strerror(errno));
  std::vector<u8> buffer(std::size_t{1} << 16);
  std::size_t held = 0;
  bool known = false;
  while (true) {
    const ssize_t got = ::read(from, buffer.data() + held, buffer.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) user_error("cannot read trace {}: {}", name_, std::strerror(errno));
    held += static_cast<std::size_t>(got);
    if (got > 0 && held < kTraceStart) continue;
    const std::span bytes(buffer.data(), held);
    if (!known) require_trace(bytes, name_);
    known = true;
    const auto put = emulator::base::write_all(fileno(copy_.get()), bytes);
    if (put.error != 0)
      user_error("cannot copy trace {} to a temporary file: {}", name_, std::strerror(put.error));
    size_ += std::exchange(held, 0);
    if (got == 0) return;
  }
}

std::size_t Input::read(u64 offset, std::span<u8> into) const {
  std::size_t done = 0;
  while (done != into.size()) {
    const ssize_t got = ::pread(descriptor(), into.data() + done, into.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) user_error("cannot read trace {}: {}", name_, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace traces::format
