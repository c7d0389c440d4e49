// From an ELF image to a process about to execute its first instruction: segments, stack, auxiliary
// vector. Sources: Linux fs/binfmt_elf.c (load_elf_binary, create_elf_tables), fs/exec.c
// (bprm_mm_init, copy_strings), arch/x86/mm/mmap.c (mmap_base); System V ABI for AMD64, 3.4.1
// (initial stack). Addresses are Linux's without randomization.
#include <algorithm>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/cpu/cpuid.hpp"
#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/signal_frame.hpp"

namespace emulator::kernel {
namespace {

using base::kPageSize;
using base::page_ceil;
using base::page_floor;
using memory::AddressSpace;
using memory::Backing;
using memory::Region;

constexpr u64 kStackTop = memory::kUserEnd;
constexpr u64 kStackSize = 8 << 20;           // RLIMIT_STACK
constexpr u64 kStackGap = 128 << 20;          // between mmap_base and the top of the stack: MIN_GAP
constexpr u64 kStackGuard = 256 * kPageSize;  // stack_guard_gap
constexpr u64 kMaxStrings = kStackSize / 4;   // of argv and envp (exec.c, bprm_stack_limits)
constexpr char kPlatform[] = "x86_64";

/// Tags of the auxiliary vector (getauxval(3)).
enum AuxTag : u64 {
  kAtNull = 0,
  kAtPhdr = 3,
  kAtPhent = 4,
  kAtPhnum = 5,
  kAtPagesz = 6,
  kAtBase = 7,
  kAtFlags = 8,
  kAtEntry = 9,
  kAtUid = 11,
  kAtEuid = 12,
  kAtGid = 13,
  kAtEgid = 14,
  kAtPlatform = 15,
  kAtHwcap = 16,
  kAtClktck = 17,
  kAtSecure = 23,
  kAtRandom = 25,
  kAtHwcap2 = 26,
  kAtExecfn = 31,
  kAtMinsigstksz = 51,
};

u8 protection_of(const ElfSegment& s) {
  return static_cast<u8>((s.readable ? memory::kRead : 0) | (s.writable ? memory::kWrite : 0) |
                         (s.executable ? memory::kExec : 0));
}

/// Maps one segment: whole pages of the file, then zero pages. What the file holds behind the
/// segment shows up in its last page, unless the segment goes on there (.bss) and can be written,
/// so that the kernel could clear it.
void map_segment(AddressSpace& memory, const std::shared_ptr<const ElfImage>& image,
                 const ElfSegment& s, const std::string& path) {
  const Addr start(page_floor((s.address + image->load_bias()).value));
  const u64 lead = s.address.value % kPageSize;
  const u64 file_pages = s.bytes.empty() ? 0 : page_ceil(lead + s.bytes.size());
  const u64 pages = page_ceil(lead + s.memory_size);
  if (file_pages != 0) {
    const u64 first = s.file_offset - lead;
    const bool clears_tail = s.writable && s.memory_size > s.bytes.size();
    const u64 shown =
        clears_tail ? lead + s.bytes.size() : std::min(file_pages, image->file.size() - first);
    const Backing backing{image, image->file.subspan(0, first + shown), false};
    memory.map(start, file_pages,
               Region{.protection = protection_of(s),
                      .backing = std::make_shared<const Backing>(backing),
                      .backing_offset = first,
                      .name = path});
  }
  if (pages > file_pages)
    memory.map(start + file_pages, pages - file_pages,
               Region{.protection = protection_of(s), .backing = {}, .name = {}});
}

/// What a dynamic linker would have done for a program that needs no library.
void relocate(AddressSpace& memory, const ElfImage& image, u64 bias) {
  for (const ElfRelocation& r : image.relocations) {
    const u64 value = bias + r.addend;
    memory.poke(r.where + bias, std::span(reinterpret_cast<const u8*>(&value), sizeof(value)));
  }
  if (image.relro)
    memory.protect(image.relro->begin + bias, image.relro->end - image.relro->begin, memory::kRead);
}

/// Writes downwards from the top of the stack, as the kernel does.
class StackWriter {
 public:
  StackWriter(AddressSpace& memory, u64 top) : memory_(memory), at_(top) {}

  Addr push(std::span<const u8> bytes) {
    at_ -= bytes.size();
    memory_.poke(Addr(at_), bytes);
    return Addr(at_);
  }
  Addr push(const std::string& text) {  // with its NUL
    return push(std::span(reinterpret_cast<const u8*>(text.c_str()), text.size() + 1));
  }
  void align(u64 to) { at_ &= ~(to - 1); }
  u64 at() const { return at_; }

 private:
  AddressSpace& memory_;
  u64 at_;
};

/// Pushes strings so that the first ends up lowest; returns their addresses in order.
std::vector<Addr> push_all(StackWriter& stack, const std::vector<std::string>& texts) {
  std::vector<Addr> at(texts.size());
  for (std::size_t i = texts.size(); i-- > 0;) at[i] = stack.push(texts[i]);
  return at;
}

void check_sizes(const Config& config) {
  u64 total = config.program_path.size();
  for (const auto* list : {&config.argv, &config.environment})
    for (const std::string& text : *list) {
      total += text.size() + 1 + sizeof(u64);
      if (text.find('\0') != std::string::npos)
        base::user_error("an argument or variable of the guest holds a NUL byte");
    }
  if (total > kMaxStrings)
    base::user_error("the guest's arguments and environment take {} bytes: Linux accepts {}", total,
                     kMaxStrings);
}

}  // namespace

void Kernel::load(std::shared_ptr<const ElfImage> image) {
  RT0_CHECK(threads().empty(), "a program is loaded already");
  check_sizes(config_);
  image_ = std::move(image);
  load_bias_ = Addr(image_->load_bias());
  entry_ = image_->entry + load_bias_.value;
  const u64 stack_start = kStackTop - kStackSize;
  const Addr end = image_->segments.back().end() + load_bias_.value;
  if (page_ceil(end.value) > stack_start - kStackGuard)
    base::user_error("has a segment that ends at {}, where the stack is", base::hex(end));

  for (const ElfSegment& s : image_->segments)
    map_segment(memory_, image_, s, config_.program_path);
  relocate(memory_, *image_, load_bias_.value);
  brk.start = brk.end = Addr(page_ceil(end.value));
  mmap_ceiling_ = Addr(kStackTop - kStackGap);
  memory_.map(
      Addr(stack_start), kStackSize,
      Region{.protection = memory::kRead | memory::kWrite, .backing = {}, .name = "[stack]"});

  auto main = std::make_unique<Thread>();
  main->tid = state_.next_tid++;
  main->name = config_.program_path.substr(config_.program_path.rfind('/') + 1).substr(0, 15);
  main->regs.rip = entry_.value;
  main->regs.set_rflags(cpu::kFixedFlags);
  main->regs[cpu::rsp] = build_stack().value;
  enter_working_directory(*main);
  threads_.add(std::move(main));
}

void Kernel::enter_working_directory(const Thread& main) {
  const std::string& path = config_.working_directory;
  if (!path.starts_with("/"))
    base::user_error("--cwd takes an absolute guest path, not \"{}\"", path);
  const auto walk = files().walk(*this, main, Location{}, path, true);
  const auto status =
      walk && walk->found ? files().status(*this, *walk->found) : Result<FileStatus>(Errno::enoent);
  if (!status || status->type != FileType::directory)
    base::user_error("--cwd: the guest has no directory {} (a --mount can bring it)", path);
  files().set_cwd(*walk->found);
}

/// The initial stack; returns RSP, which points to argc. From the top down: a zero word, the file
/// name, environment, arguments, platform, random bytes; then, 16-byte aligned, argc, argv, envp
/// and the auxiliary vector.
Addr Kernel::build_stack() {
  StackWriter stack(memory_, kStackTop - sizeof(u64));
  const Addr execfn = stack.push(config_.program_path);
  const std::vector<Addr> environment = push_all(stack, config_.environment);
  const std::vector<Addr> arguments = push_all(stack, config_.argv);
  stack.align(16);
  const Addr platform = stack.push(std::string(kPlatform));
  const std::array<u64, 2> random_bytes{random(), random()};
  const Addr random_at =
      stack.push(std::span(reinterpret_cast<const u8*>(random_bytes.data()), sizeof(random_bytes)));

  const Addr headers =
      image_->program_headers.value == 0 ? Addr() : image_->program_headers + load_bias_.value;
  const std::pair<u64, u64> auxv[] = {
      {kAtMinsigstksz, signal_frame_size(config_.profile)},
      {kAtHwcap, cpu::cpuid(config_.profile, 1, 0).edx},
      {kAtPagesz, kPageSize},
      {kAtClktck, 100},
      {kAtPhdr, headers.value},
      {kAtPhent, image_->program_header_size},
      {kAtPhnum, image_->program_header_count},
      {kAtBase, 0},
      {kAtFlags, 0},
      {kAtEntry, entry_.value},
      {kAtUid, kUserId},
      {kAtEuid, kUserId},
      {kAtGid, kGroupId},
      {kAtEgid, kGroupId},
      {kAtSecure, 0},
      {kAtRandom, random_at.value},
      {kAtHwcap2, 0},
      {kAtExecfn, execfn.value},
      {kAtPlatform, platform.value},
      {kAtNull, 0},
  };
  std::vector<u64> words{arguments.size()};
  for (const Addr a : arguments) words.push_back(a.value);
  words.push_back(0);
  for (const Addr a : environment) words.push_back(a.value);
  words.push_back(0);
  auxv_.clear();
  for (const auto& [tag, value] : auxv) auxv_.insert(auxv_.end(), {tag, value});
  words.insert(words.end(), auxv_.begin(), auxv_.end());
  const u64 bytes = words.size() * sizeof(u64);
  const Addr rsp((stack.at() - bytes) & ~u64{15});
  memory_.poke(rsp, std::span(reinterpret_cast<const u8*>(words.data()), bytes));
  return rsp;
}

}  // namespace emulator::kernel
