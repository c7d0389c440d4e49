#include "traces/format/sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "emulator/base/error.hpp"

namespace traces::format {
namespace {

class DescriptorSink final : public Sink {
 public:
  DescriptorSink(int descriptor, bool owned, std::string name)
      : Sink(std::move(name)), descriptor_(descriptor), owned_(owned) {}
  ~DescriptorSink() override { DescriptorSink::close(); }

  std::size_t write(std::span<const emulator::u8> bytes) override {
    std::size_t done = 0;
    while (done != bytes.size()) {
      const ssize_t got = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  bool close() override {
    if (!owned_) return true;
    owned_ = false;
    return ::close(descriptor_) == 0;
  }

 private:
  int descriptor_;
  bool owned_;
};

}  // namespace

std::unique_ptr<Sink> file_sink(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    emulator::base::user_error("cannot create trace {}: {}", path, std::strerror(errno));
  return std::make_unique<DescriptorSink>(descriptor, true, path);
}

std::unique_ptr<Sink> descriptor_sink(int descriptor, std::string name) {
  return std::make_unique<DescriptorSink>(descriptor, false, std::move(name));
}

}  // namespace traces::format
