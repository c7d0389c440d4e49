#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {

Result<Walk> walk(Kernel& k, const Thread& t, i32 dirfd, Addr path, bool follow_last) {
  const auto text = read_path(k, path);
  if (!text) return text.error();
  if (text->empty()) return Errno::enoent;
  if (text->front() == '/') return k.files().walk(k, t, Location{}, *text, follow_last);
  const auto base = k.files().base(dirfd);
  if (!base) return base.error();
  return k.files().walk(k, t, *base, *text, follow_last);
}

Result<Location> find(Kernel& k, const Thread& t, i32 dirfd, Addr path, bool follow_last) {
  auto walked = walk(k, t, dirfd, path, follow_last);
  if (!walked) return walked.error();
  if (!walked->found) return Errno::enoent;
  if (walked->wants_directory && walked->found->kind != Location::Kind::descriptor) {
    const auto status = k.files().status(k, *walked->found);
    if (!status) return status.error();
    if (status->type != FileType::directory) return Errno::enotdir;
  }
  return *walked->found;
}

}  // namespace emulator::kernel::calls
