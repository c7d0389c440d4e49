#include "tools/rt0/session.hpp"

#include "emulator/base/error.hpp"

namespace rt0 {

Session::Session(const RunOptions& options, emulator::kernel::Host* host, Symbols symbols) {
  auto settings = settings_of(options);
  program_ =
      load_program(options.program.empty() ? std::string() : options.program.front(), symbols);
  settings.kernel.argv = options.program;
  if (settings.kernel.argv.empty()) settings.kernel.argv.emplace_back();
  settings.kernel.argv.front() = program_.base;
  // The image borrows the file's bytes: one owner keeps both.
  struct Both {
    std::shared_ptr<const emulator::kernel::ElfImage> image;
    std::shared_ptr<const void> bytes;
  };
  auto both = std::make_shared<Both>(Both{program_.image, program_.owner});
  std::shared_ptr<const emulator::kernel::ElfImage> image(both, both->image.get());
  machine_ = std::make_unique<emulator::machine::Machine>(std::move(settings), std::move(image),
                                                          host != nullptr ? *host : host_);
  machine_->kernel().on.notice = [](const std::string& text) {
    fmt::print(stderr, "rt0: {}\n", text);
  };
}

std::optional<emulator::kernel::ProcessExit> Session::run() {
  try {
    return machine_->run();
  } catch (const emulator::base::Unimplemented& e) {
    load_symbols(program_);
    const auto* thread = machine_->kernel().find_thread(machine_->turn());
    const std::string where =
        thread != nullptr
            ? " in " + program_.symbols.describe(emulator::Addr(machine_->registers(*thread).rip))
            : std::string();
    throw emulator::base::Unimplemented(
        fmt::format("{}{}, instruction {}; docs/handbook/add_an_instruction.md tells how to add it",
                    e.what(), where, machine_->retired()));
  }
}

}  // namespace rt0
