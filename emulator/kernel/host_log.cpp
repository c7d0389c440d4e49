#include "emulator/kernel/host_log.hpp"

namespace emulator::kernel {

u64 HostLog::size_of(const Entry& entry) {
  constexpr u64 kListed = 64;  // an entry of a listing, with its name
  u64 size = sizeof(Entry) + entry.bytes.size();
  if (const auto* list = std::get_if<Result<std::vector<HostEntry>>>(&entry.answer); list && *list)
    size += (*list)->size() * kListed;
  return size;
}

void HostLog::require_room() const {
  if (bytes_ > most_)
    throw base::LimitReached(
        fmt::format("the guest has read more from mounted directories than is kept for going back "
                    "in time ({} MiB)",
                    most_ >> 20));
}

void HostLog::keep(Entry entry) {
  bytes_ += size_of(entry);
  entries_.push_back(std::move(entry));
  ++next_;
}

void HostLog::forget_future() {
  for (; entries_.size() > next_; entries_.pop_back()) bytes_ -= size_of(entries_.back());
}

// -- each question, asked once --

Result<u64> HostFile::read_at(std::span<u8> to, u64 offset) const {
  return once<Result<u64>>(
      log_.lock(), [&] { return read_now(to, offset); }, to);
}
Result<u64> HostFile::write_at(std::span<const u8> from, u64 offset) const {
  return once<Result<u64>>(log_.lock(), [&] { return write_now(from, offset); });
}
Result<HostStatus> HostFile::status() const {
  return once<Result<HostStatus>>(log_.lock(), [&] { return status_now(); });
}
Failure HostFile::resize(u64 size) const {
  return once<Failure>(log_.lock(), [&] { return resize_now(size); });
}
Failure HostFile::set_mode(u16 mode) const {
  return once<Failure>(log_.lock(), [&] { return set_mode_now(mode); });
}

Result<HostStatus> HostDirectory::status(const std::string& name) const {
  return once<Result<HostStatus>>(log_, [&] { return status_now(name); });
}
Result<std::vector<HostEntry>> HostDirectory::list(const std::string& name) const {
  return once<Result<std::vector<HostEntry>>>(log_, [&] { return list_now(name); });
}
Result<std::string> HostDirectory::read_link(const std::string& name) const {
  return once<Result<std::string>>(log_, [&] { return read_link_now(name); });
}
Result<std::shared_ptr<const HostFile>> HostDirectory::open_file(const std::string& name,
                                                                 const HostOpen& how) const {
  return once<Result<std::shared_ptr<const HostFile>>>(log_, [&] { return open_now(name, how); });
}
Failure HostDirectory::make_directory(const std::string& name, u16 mode) const {
  return once<Failure>(log_, [&] { return make_directory_now(name, mode); });
}
Failure HostDirectory::make_symlink(const std::string& name, const std::string& target) const {
  return once<Failure>(log_, [&] { return make_symlink_now(name, target); });
}
Failure HostDirectory::link(const std::string& from, const std::string& to) const {
  return once<Failure>(log_, [&] { return link_now(from, to); });
}
Failure HostDirectory::remove(const std::string& name, bool directory) const {
  return once<Failure>(log_, [&] { return remove_now(name, directory); });
}
Failure HostDirectory::rename(const std::string& from, const std::string& to) const {
  return once<Failure>(log_, [&] { return rename_now(from, to); });
}
Failure HostDirectory::set_mode(const std::string& name, u16 mode) const {
  return once<Failure>(log_, [&] { return set_mode_now(name, mode); });
}

}  // namespace emulator::kernel
