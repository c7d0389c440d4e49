#include "tests/runtime_model/support/checked_hello.hpp"

#include "asm/embedded_program.hpp"
#include "runtime_model/golang/names.hpp"

namespace tests {

using namespace emulator;
using namespace runtime_model;

namespace {

class Recorder final : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int, std::span<const u8> bytes) override {
    text.append(bytes.begin(), bytes.end());
    return bytes.size();
  }
  kernel::Result<u64> read_input(std::span<u8>) override { return 0; }
  std::string text;
};

machine::Settings settings() {
  machine::Settings s;
  s.kernel.argv = {"hello"};
  return s;
}

std::shared_ptr<const kernel::ElfImage> image_of(std::span<const u8> file) {
  return std::make_shared<const kernel::ElfImage>(kernel::parse_elf(file));
}

}  // namespace

bool have_hello() { return !programs::hello().empty(); }

struct GoWorld::Parts {
  explicit Parts(std::span<const u8> file) : program(image_of(file)) {}
  Recorder host;
  std::shared_ptr<const kernel::ElfImage> program;
  golang::SymbolTable symbols = golang::SymbolTable::load(*program);
  model::Guest guest{*program, symbols, golang::read_build_info(*program)};
  machine::Machine machine{settings(), program, host};
  model::LiveMemory live{machine.memory()};
  golang::Names names{golang::Views(live, guest.tables), guest.layouts, guest.globals, symbols};
};

GoWorld::GoWorld() : GoWorld(programs::hello()) {}
GoWorld::GoWorld(std::span<const u8> program) : parts_(std::make_unique<Parts>(program)) {}
GoWorld::~GoWorld() = default;

model::Guest& GoWorld::guest() { return parts_->guest; }
machine::Machine& GoWorld::machine() { return parts_->machine; }
std::string GoWorld::name_of(Addr a) {
  parts_->names.refresh();
  return parts_->names.name(a);
}
const std::string& GoWorld::output() const { return parts_->host.text; }

model::CheckReport GoWorld::check(const model::Registry& registry, model::Listener listener) {
  auto& machine = parts_->machine;
  model::Checker checker(parts_->guest, registry, machine, [this](Addr a) { return name_of(a); });
  checker.listener = std::move(listener);
  checker.attach();
  (void)machine.run();
  checker.finish();
  return checker.report();
}

std::map<std::string_view, u64> GoWorld::drive(const model::Registry& registry,
                                               model::Listener listener) {
  auto& machine = parts_->machine;
  model::Driver driver(parts_->guest, registry, machine);
  driver.listener = std::move(listener);
  driver.attach();
  (void)machine.run();
  return driver.calls();
}

}  // namespace tests
