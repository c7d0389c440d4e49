#include <map>

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;

namespace {

std::string text_at(World& w, u64 at) {
  std::string out;
  for (char c; (c = w.get<char>(at + out.size())) != 0;) out += c;
  return out;
}

/// The initial stack as _rt0_amd64_linux walks it.
struct Start {
  std::vector<std::string> argv, envp;
  std::vector<std::pair<u64, u64>> auxv;
  u64 end = 0;
  u64 aux(u64 tag) const {
    for (const auto& [t, v] : auxv)
      if (t == tag) return v;
    return ~u64{0};
  }
};

Start read_start(World& w) {
  Start s;
  u64 at = w.main().regs[cpu::rsp];
  const auto next = [&] { return at += 8, w.get<u64>(at - 8); };
  const u64 argc = next();
  for (u64 i = 0; i < argc; ++i) s.argv.push_back(text_at(w, next()));
  REQUIRE(next() == 0);
  while (const u64 p = next()) s.envp.push_back(text_at(w, p));
  do {
    const u64 tag = next();
    s.auxv.emplace_back(tag, next());
  } while (s.auxv.back().first != 0);
  s.end = at;
  return s;
}

kernel::Config busy_config() {
  kernel::Config config;
  config.argv = {"prog", "-v", ""};
  config.environment = {"A=1", "LONG=xyz"};
  config.program_path = "/bin/prog";
  return config;
}

}  // namespace

TEST_CASE(
    "The initial stack holds arguments, environment and auxiliary vector as Linux lays them out") {
  World w(busy_config());
  const Start s = read_start(w);
  CHECK(s.argv == std::vector<std::string>{"prog", "-v", ""});
  CHECK(s.envp == std::vector<std::string>{"A=1", "LONG=xyz"});
  std::vector<u64> tags;
  for (const auto& [tag, value] : s.auxv) tags.push_back(tag);
  CHECK(tags ==
        std::vector<u64>{51, 16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 26, 31, 15, 0});
  CHECK(s.aux(6) == 4096);
  CHECK(s.aux(9) == kText);
  CHECK(s.aux(3) == kText - 0x1000 + 64);
  CHECK(s.aux(5) == 2);
  CHECK(text_at(w, s.aux(31)) == "/bin/prog");
  CHECK(text_at(w, s.aux(15)) == "x86_64");
  CHECK(s.aux(16) == cpu::cpuid(cpu::Profile{}, 1, 0).edx);
}

TEST_CASE("Every byte of the initial stack lies where Linux puts it") {
  World w(busy_config());
  const Start s = read_start(w);
  // Strings from the top down: a zero word, file name, environment, arguments.
  u64 at = 0x7ffffffff000 - 8;
  CHECK(w.get<u64>(at) == 0);
  for (const std::string text : {"/bin/prog", "LONG=xyz", "A=1", "", "-v", "prog"}) {
    at -= text.size() + 1;
    CHECK(text_at(w, at) == text);
  }
  at &= ~u64{15};
  at -= sizeof("x86_64");
  CHECK(s.aux(15) == at);
  CHECK(s.aux(25) == at - 16);
  const u64 rsp = w.main().regs[cpu::rsp];
  CHECK(rsp % 16 == 0);
  CHECK(s.end <= at - 16);
  CHECK(at - 16 - s.end < 16);
}

TEST_CASE("A thread starts with all registers zero but RSP, RIP and RFLAGS") {
  World w;
  const Thread& t = w.main();
  for (unsigned r = 0; r < 16; ++r)
    if (r != cpu::rsp) CHECK(t.regs.gpr(r) == 0);
  CHECK(t.regs.rip == kText);
  CHECK(t.regs.rflags() == 0x202);
  CHECK(t.regs.mxcsr == 0x1f80);
  CHECK(t.tid == 1);
}

TEST_CASE("AT_RANDOM follows from the seed") {
  const auto random_of = [](u64 seed) {
    kernel::Config config = plain_config();
    config.seed = seed;
    World w(config);
    return w.get<std::array<u64, 2>>(read_start(w).aux(25));
  };
  CHECK(random_of(7) == random_of(7));
  CHECK(random_of(7) != random_of(8));
}

TEST_CASE("Segments are mapped with their permissions and .bss is zero") {
  ElfBuilder b;
  b.set_data(std::vector<u8>(0x123, 0xaa));
  b.programs[1].memsz = 0x2800;
  std::vector<u8> file = b.build();
  file.insert(file.end(), 0x1000, 0xbb);  // what follows the segment in the file must not show
  memory::AddressSpace memory(World::kMemoryLimit);
  NoHost host;
  Kernel k(plain_config(), memory, host);
  k.load(image_of(file));
  const auto byte = [&](u64 at) {
    u8 v = 0xff;
    CHECK(memory.copy_in(Addr(at), v));
    return v;
  };
  CHECK(byte(kData + 0x122) == 0xaa);
  CHECK(byte(kData + 0x123) == 0);
  CHECK(byte(kData + 0x27ff) == 0);
  CHECK(memory.copy_out(Addr(kData + 0x2000), u8{1}));
  CHECK_FALSE(memory.copy_out(Addr(kText), u8{1}));
  CHECK(memory.region_at(Addr(kText))->protection == (memory::kRead | memory::kExec));
  CHECK(k.brk.start == Addr(0x405000));
  CHECK(memory.region_at(Addr(0x405000)) == nullptr);
}

TEST_CASE("A position-independent program runs at 0x555555554000, relocated") {
  ElfBuilder b;
  b.header.type = kernel::kTypeDyn;
  b.header.entry = 0x1000;
  b.programs[0].vaddr = 0;
  b.programs[1].vaddr = 0x2000;
  auto file = std::make_shared<LoadedFile>();
  file->bytes = b.build();
  b.programs.push_back({});
  kernel::ElfImage& image = file->image;
  image.file = file->bytes;
  image.position_independent = image.wants_interpreter = true;
  image.entry = Addr(0x1000);
  image.segments = {{.address = Addr(0),
                     .memory_size = 0x1400,
                     .bytes = std::span(file->bytes).first(0x1400),
                     .readable = true,
                     .executable = true},
                    {.address = Addr(0x2000),
                     .file_offset = 0x2000,
                     .memory_size = 0x2000,
                     .bytes = std::span(file->bytes).subspan(0x2000, 0x200),
                     .readable = true,
                     .writable = true}};
  image.relocations = {{Addr(0x2010), 0x1234}};
  image.relro = kernel::ElfRange{Addr(0x2000), Addr(0x3000)};
  memory::AddressSpace memory(World::kMemoryLimit);
  NoHost host;
  Kernel k(plain_config(), memory, host);
  k.load({file, &image});
  const u64 bias = 0x555555554000;
  CHECK(k.entry() == Addr(bias + 0x1000));
  u64 word = 0;
  CHECK(memory.copy_in(Addr(bias + 0x2010), word));
  CHECK(word == bias + 0x1234);
  CHECK_FALSE(memory.copy_out(Addr(bias + 0x2010), word));
  CHECK(memory.copy_out(Addr(bias + 0x3010), word));
}

TEST_CASE("A program where the stack belongs is refused") {
  ElfBuilder b;
  b.programs[1].vaddr = 0x7fffffffd000;
  CHECK_THROWS_AS(World(plain_config(), b), base::UserError);
}

TEST_CASE("Arguments that Linux would not accept are refused") {
  kernel::Config config = plain_config();
  config.argv.emplace_back(3 << 20, 'x');
  CHECK_THROWS_AS(World(config), base::UserError);
}

TEST_CASE("The program starts in the working directory that the user chose") {
  kernel::Config config = plain_config();
  config.working_directory = "/tmp/";
  World w(config);
  const u64 at = w.main().regs[cpu::rsp] - 4096;
  CHECK(w.call(79, at, 100) == 5);
  CHECK(text_at(w, at) == "/tmp");
}

TEST_CASE("A working directory that is not there, no directory or not absolute is refused") {
  for (const char* path : {"/nowhere", "/dev/null", "tmp", ""}) {
    kernel::Config config = plain_config();
    config.working_directory = path;
    CHECK_THROWS_AS(World(config), base::UserError);
  }
}
