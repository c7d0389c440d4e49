#include "traces/format/sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "emulator/base/error.hpp"
#include "emulator/base/write_all.hpp"

namespace traces::format {
namespace {

class FileSink final : public Sink {
 public:
  FileSink(int descriptor, std::string name) : Sink(std::move(name)), descriptor_(descriptor) {}
  ~FileSink() override { FileSink::close(); }

  std::size_t write(std::span<const emulator::u8> bytes) override {
    const auto written = emulator::base::write_all(descriptor_, bytes);
    errno = written.error;
    return written.bytes;
  }

  bool close() override { return descriptor_ < 0 || ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

}  // namespace

std::unique_ptr<Sink> file_sink(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    emulator::base::user_error("cannot create trace {}: {}", path, std::strerror(errno));
  return std::make_unique<FileSink>(descriptor, path);
}

}  // namespace traces::format
