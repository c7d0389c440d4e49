#include "tools/rt0/session.hpp"

#include "emulator/base/error.hpp"
#include "tools/rt0/program_path.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {

MachineParts machine_parts(const RunOptions& options, const Program& program) {
  auto settings = settings_of(options);
  settings.kernel.argv = options.program;
  if (settings.kernel.argv.empty()) settings.kernel.argv.emplace_back();
  settings.kernel.program_path =
      program_path_of(options.program.empty() ? std::string() : options.program.front(),
                      options.program_path, settings.kernel.mounts);
  const std::string& path = options.program_path;
  settings.kernel.argv.front() = path.empty() ? program.base : path.substr(path.rfind('/') + 1);
  // The image borrows the file's bytes: one owner keeps both.
  struct Both {
    std::shared_ptr<const emulator::kernel::ElfImage> image;
    std::shared_ptr<const void> bytes;
  };
  auto both = std::make_shared<Both>(Both{program.image, program.owner});
  return {std::move(settings),
          std::shared_ptr<const emulator::kernel::ElfImage>(both, both->image.get())};
}

std::string unimplemented_text(std::string_view what, std::string_view where,
                               emulator::u64 instruction) {
  return fmt::format(
      "{}{}{}, instruction {}; docs/handbook/add_an_instruction.md tells how to add it", what,
      where.empty() ? "" : " in ", where, instruction);
}

Session::Session(const RunOptions& options, emulator::kernel::Host* host, Symbols symbols) {
  (void)settings_of(options);  // a bad option is said before a bad program
  program_ =
      load_program(options.program.empty() ? std::string() : options.program.front(), symbols);
  MachineParts parts = machine_parts(options, program_);
  machine_ = std::make_unique<emulator::machine::Machine>(
      std::move(parts.settings), std::move(parts.image), host != nullptr ? *host : host_);
  machine_->kernel().on.notice = [](const std::string& text) { kStderr.print("rt0: {}\n", text); };
}

std::optional<emulator::kernel::ProcessExit> Session::run() {
  try {
    return machine_->run();
  } catch (const emulator::base::Unimplemented& e) {
    load_symbols(program_);
    const auto* thread = machine_->kernel().find_thread(machine_->turn());
    const std::string where =
        thread != nullptr
            ? program_.symbols.describe(emulator::Addr(machine_->registers(*thread).rip))
            : std::string();
    throw emulator::base::Unimplemented(unimplemented_text(e.what(), where, machine_->retired()));
  }
}

}  // namespace rt0
