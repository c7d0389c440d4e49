// Runs targets on their seeds, on kept inputs and on mutations of both, the same ones every time.
// Needs no fuzzing engine: the slice of every test run.
//
//   fuzz_replay [--mutations N] [--kept DIR] [TARGET…]    DIR has a folder for each target
//   fuzz_replay --input FILE TARGET                       one input
//   fuzz_replay --write-seeds DIR TARGET                  the seeds, as files for an engine
//   fuzz_replay --list
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "emulator/base/random.hpp"
#include "tests/fuzz/target.hpp"

namespace {

using fuzz::Input;
using fuzz::Target;
using fuzz::u64;
using fuzz::u8;
namespace fs = std::filesystem;

struct Arguments {
  u64 mutations = 200;  // of each seed
  fs::path kept, input, write_seeds;
  bool list = false;
  std::vector<const Target*> targets;
};

[[noreturn]] void usage(const std::string& why) {
  std::fprintf(stderr, "fuzz_replay: %s\n", why.c_str());
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) usage(word + " needs a value");
      return argv[i];
    };
    if (word == "--mutations") {
      a.mutations = std::stoull(value());
    } else if (word == "--kept") {
      a.kept = value();
    } else if (word == "--input") {
      a.input = value();
    } else if (word == "--write-seeds") {
      a.write_seeds = value();
    } else if (word == "--list") {
      a.list = true;
    } else if (const Target* target = fuzz::find_target(word)) {
      a.targets.push_back(target);
    } else {
      usage("no target or option " + word);
    }
  }
  if (a.targets.empty())
    for (const Target& t : fuzz::targets()) a.targets.push_back(&t);
  return a;
}

Input read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) usage("cannot read " + path.string());
  return Input(std::istreambuf_iterator<char>(in), {});
}

constexpr u8 kTelling[] = {0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40, 0x0f};

/// One to eight small changes: bits, bytes, words of ones, copies, cuts.
Input mutated(Input input, u64& random, std::size_t longest) {
  const auto below = [&random](u64 n) { return emulator::base::next_random(random) % n; };
  for (u64 change = below(8) + 1; change > 0; --change) {
    if (input.empty()) input.push_back(0);
    const std::size_t at = below(input.size()), to = below(input.size());
    const std::size_t some = std::min<std::size_t>(below(16) + 1, input.size() - at);
    const auto from = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto until = from + static_cast<std::ptrdiff_t>(some);
    switch (below(7)) {
      case 0:
        input[at] = static_cast<u8>(input[at] ^ 1u << below(8));
        break;
      case 1:
        input[at] = kTelling[below(std::size(kTelling))];
        break;
      case 2:
        input[at] = static_cast<u8>(below(256));
        break;
      case 3:
        std::fill(from, until, below(2) == 0 ? u8{0xff} : u8{0});
        break;
      case 4: {
        const Input piece(from, until);
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(to), piece.begin(), piece.end());
        break;
      }
      case 5:
        input.erase(from, until);
        break;
      default:
        input[at] = static_cast<u8>(input[at] + below(32) - 16);
        break;
    }
  }
  if (input.size() > longest) input.resize(longest);
  return input;
}

/// Inputs that were found to break a target once.
std::vector<Input> kept_inputs(const fs::path& folder, const Target& target) {
  std::vector<fs::path> files;
  const fs::path own = folder / target.name;
  if (fs::is_directory(own))
    for (const auto& entry : fs::directory_iterator(own)) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Input> inputs;
  for (const fs::path& file : files) inputs.push_back(read_file(file));
  return inputs;
}

/// The input at hand is on disk while it runs, so that a crash leaves it behind.
void run_one(const Target& target, const Input& input, const fs::path& crash) {
  try {
    target.run(input);
  } catch (const std::exception& e) {
    std::ofstream(crash, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
    fuzz::fail(std::string(target.name) + ": an exception came out: " + e.what() + "; input in " +
               crash.string());
  }
}

void replay(const Target& target, const Arguments& a) {
  std::vector<Input> inputs = target.seeds();
  const std::size_t seeds = inputs.size();
  for (Input& input : kept_inputs(a.kept, target)) inputs.push_back(std::move(input));
  const fs::path crash = "fuzz-" + std::string(target.name) + ".input";
  for (const Input& input : inputs) run_one(target, input, crash);
  u64 random = 1;
  for (const Input& input : inputs)
    for (u64 i = 0; i < a.mutations; ++i)
      run_one(target, mutated(input, random, target.longest), crash);
  std::printf("%-12.*s %zu seeds, %zu kept inputs, %llu mutations\n",
              static_cast<int>(target.name.size()), target.name.data(), seeds,
              inputs.size() - seeds, static_cast<unsigned long long>(inputs.size() * a.mutations));
}

void write_seeds(const Target& target, const fs::path& folder) {
  fs::create_directories(folder);
  int number = 0;
  for (const Input& seed : target.seeds())
    std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary)
        .write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  for (const Target* target : a.targets) {
    if (a.list) {
      std::printf("%.*s\n", static_cast<int>(target->name.size()), target->name.data());
    } else if (!a.write_seeds.empty()) {
      write_seeds(*target, a.write_seeds);
    } else if (!a.input.empty()) {
      target->run(read_file(a.input));
    } else {
      replay(*target, a);
    }
  }
  return 0;
}
