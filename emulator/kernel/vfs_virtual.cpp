#include "emulator/kernel/vfs_virtual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "emulator/base/error.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

// -- /proc/self --

std::string maps(Kernel& k, const Thread&) {
  std::string text;
  for (const auto& [start, region] : k.memory().regions()) {
    const auto bit = [p = region.protection](u8 which, char c) { return p & which ? c : '-'; };
    const bool file = region.shows_file() && !region.name.empty() && region.name[0] == '/';
    std::string line = fmt::format("{:08x}-{:08x} {}{}{}{} {:08x} 00:{:02x} {} ", start, region.end,
                                   bit(memory::kRead, 'r'), bit(memory::kWrite, 'w'),
                                   bit(memory::kExec, 'x'), region.shared ? 's' : 'p',
                                   file ? region.backing_offset : 0, file ? 1 : 0, file ? 1 : 0);
    if (!region.name.empty()) line = fmt::format("{:<73}{}", line, region.name);
    text += line + "\n";
  }
  return text;
}

std::string joined_with_nul(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part + '\0';
  return text;
}

std::string cmdline(Kernel& k, const Thread&) { return joined_with_nul(k.config().argv); }
std::string environ(Kernel& k, const Thread&) { return joined_with_nul(k.config().environment); }
std::string auxv(Kernel& k, const Thread&) {
  return {reinterpret_cast<const char*>(k.auxv().data()), k.auxv().size() * sizeof(u64)};
}
std::string program_path(Kernel& k, const Thread&) { return k.config().program_path; }
std::string working_directory(Kernel& k, const Thread&) {
  return k.files().path_of(k.files().cwd).value_or("/");
}

/// The last component of the program's path, cut to 15 bytes as the kernel's task name is.
std::string task_name(Kernel& k, const Thread& t) {
  if (!t.name.empty()) return t.name;
  const std::string& path = k.config().program_path;
  return path.substr(path.rfind('/') + 1).substr(0, 15);
}
std::string comm(Kernel& k, const Thread& t) { return task_name(k, t) + "\n"; }

struct MemoryUse {
  u64 mapped = 0, resident = 0;  // bytes
};

MemoryUse memory_use(Kernel& k) {
  MemoryUse use;
  for (const auto& [start, region] : k.memory().regions())
    if (region.protection != memory::kNone) use.mapped += region.end - start;
  use.resident = k.memory().touched_bytes();
  return use;
}

std::string status(Kernel& k, const Thread& t) {
  const MemoryUse use = memory_use(k);
  const u64 cores = (u64{1} << k.config().cores) - 1;
  return fmt::format(
      "Name:\t{}\nUmask:\t{:04o}\nState:\tR (running)\nTgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t0\n"
      "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t0 \n"
      "VmPeak:\t{:8} kB\nVmSize:\t{:8} kB\nVmHWM:\t{:8} kB\nVmRSS:\t{:8} kB\nThreads:\t{}\n"
      "SigBlk:\t{:016x}\nCapEff:\t0000000000000000\nSeccomp:\t0\n"
      "Cpus_allowed:\t{:x}\nCpus_allowed_list:\t0-{}\n",
      task_name(k, t), k.files().umask, k.pid(), k.pid(), use.mapped / 1024, use.mapped / 1024,
      use.resident / 1024, use.resident / 1024, k.live_threads(), t.mask, cores,
      k.config().cores - 1);
}

std::string statm(Kernel& k, const Thread&) {
  const MemoryUse use = memory_use(k);
  return fmt::format("{} {} 0 0 0 {} 0\n", use.mapped / base::kPageSize,
                     use.resident / base::kPageSize, use.resident / base::kPageSize);
}

/// proc(5), /proc/[pid]/stat: 52 fields; times are in ticks of 10 ms.
std::string stat(Kernel& k, const Thread& t) {
  const MemoryUse use = memory_use(k);
  std::string text =
      fmt::format("{} ({}) R 0 {} {} 0 -1 4194304 0 0 0 0 {} 0 0 0 20 0 {} 0 0 {} {}", k.pid(),
                  task_name(k, t), k.pid(), k.pid(), k.cpu_time().value / 10'000'000,
                  k.live_threads(), use.mapped, use.resident / base::kPageSize);
  text += " 18446744073709551615";
  for (int field = 26; field <= 52; ++field) text += field == 38 ? " 17" : " 0";
  return text + "\n";
}

std::string limits(Kernel& k, const Thread&) {
  const auto line = [](auto name, auto soft, auto hard, auto units) {
    return fmt::format("{:<26}{:<21}{:<21}{:<10}\n", name, soft, hard, units);
  };
  const Rlimit& files = k.rlimit(kLimitOpenFiles);
  return line("Limit", "Soft Limit", "Hard Limit", "Units") +
         line("Max stack size", 8388608, "unlimited", "bytes") +
         line("Max open files", files.current, files.maximum, "files") +
         line("Max address space", "unlimited", "unlimited", "bytes");
}

std::string mount_info(Kernel& k, const Thread&) {
  std::string text =
      "21 1 0:1 / / ro,relatime - rootfs rootfs ro\n"
      "22 21 0:4 / /proc ro,relatime - proc proc ro\n"
      "23 21 0:5 / /sys ro,relatime - sysfs sysfs ro\n"
      "24 21 0:6 / /dev ro,relatime - devtmpfs devtmpfs ro\n"
      "25 21 0:7 / /tmp rw,relatime - tmpfs tmpfs rw\n";
  int id = 26;
  for (const auto& mount : k.files().mounts()) {
    const char* how = mount.writable ? "rw" : "ro";
    text +=
        fmt::format("{} 21 0:{} / {} {},relatime - rt0 mount {}\n", id, id, mount.guest, how, how);
    ++id;
  }
  return text;
}

std::string mounts(Kernel& k, const Thread&) {
  std::string text =
      "rootfs / rootfs ro 0 0\nproc /proc proc ro 0 0\nsysfs /sys sysfs ro 0 0\n"
      "devtmpfs /dev devtmpfs ro 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
  for (const auto& mount : k.files().mounts())
    text += fmt::format("mount {} rt0 {} 0 0\n", mount.guest, mount.writable ? "rw" : "ro");
  return text;
}

// -- /proc and /sys: the machine --

std::string cpu_info(Kernel& k, const Thread&) {
  std::string text;
  for (unsigned i = 0; i < k.config().cores; ++i) {
    text += fmt::format(
        "processor\t: {}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel name\t: rt0 simulated "
        "amd64\ncpu MHz\t\t: 1000.000\nphysical id\t: 0\nsiblings\t: {}\ncore id\t\t: {}\n"
        "cpu cores\t: {}\naddress sizes\t: 48 bits physical, 48 bits virtual\n\n",
        i, k.config().cores, i, k.config().cores);
  }
  return text;
}

std::string memory_info(Kernel& k, const Thread&) {
  const u64 total = k.memory().limit() / 1024;
  const u64 used = k.memory().touched_bytes() / 1024;
  return fmt::format(
      "MemTotal:       {0:8} kB\nMemFree:        {1:8} kB\nMemAvailable:   {1:8} kB\n"
      "Buffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\n"
      "SwapFree:              0 kB\n",
      total, total - std::min(used, total));
}

std::string machine_stat(Kernel& k, const Thread&) {
  const i64 ticks = k.now().value / 10'000'000;
  std::string text = fmt::format("cpu  {} 0 0 0 0 0 0 0 0 0\n", ticks);
  for (unsigned i = 0; i < k.config().cores; ++i)
    text += fmt::format("cpu{} {} 0 0 0 0 0 0 0 0 0\n", i, i == 0 ? ticks : 0);
  return text + fmt::format("intr 0\nctxt 0\nbtime {}\nprocesses 1\nprocs_running 1\n",
                            kVirtualEpoch / 1'000'000'000);
}

std::string uptime(Kernel& k, const Thread&) {
  const i64 hundredths = k.now().value / 10'000'000;
  return fmt::format("{}.{:02} 0.00\n", hundredths / 100, hundredths % 100);
}

std::string cpu_list(Kernel& k, const Thread&) {
  return k.config().cores == 1 ? "0\n" : fmt::format("0-{}\n", k.config().cores - 1);
}

/// A version-4 UUID, as the kernel makes one.
std::string uuid(Kernel& k, const Thread&) {
  const u64 high = (k.random() & ~u64{0xf000}) | 0x4000;
  const u64 low = (k.random() >> 2) | (u64{1} << 63);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\n", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffff);
}

struct Text {
  const char* path;
  const char* text;
};

constexpr Text kTexts[] = {
    {"/proc/1/cgroup", "0::/\n"},
    {"/proc/1/oom_score_adj", "0\n"},
    {"/proc/version", "Linux version 6.1.0-rt0 (rt0) #1 SMP PREEMPT_DYNAMIC rt0\n"},
    {"/proc/loadavg", "0.00 0.00 0.00 1/1 1\n"},
    {"/proc/filesystems", "nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\n"},
    {"/proc/sys/kernel/osrelease", "6.1.0-rt0\n"},
    {"/proc/sys/kernel/ostype", "Linux\n"},
    {"/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC rt0\n"},
    {"/proc/sys/kernel/hostname", "rt0\n"},
    {"/proc/sys/kernel/pid_max", "4194304\n"},
    {"/proc/sys/kernel/threads-max", "10000\n"},
    {"/proc/sys/kernel/randomize_va_space", "0\n"},
    {"/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n"},
    {"/proc/sys/fs/file-max", "1048576\n"},
    {"/proc/sys/fs/nr_open", "1048576\n"},
    {"/proc/sys/fs/pipe-max-size", "1048576\n"},
    {"/proc/sys/vm/overcommit_memory", "1\n"},
    {"/proc/sys/vm/max_map_count", "65530\n"},
    {"/proc/sys/net/core/somaxconn", "4096\n"},
    {"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n"},
    {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
    {"/sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n"},
    {"/sys/kernel/mm/transparent_hugepage/shmem_enabled",
     "always within_size advise [never] deny force\n"},
    {"/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "1\n"},
    {"/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none", "511\n"},
    {"/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\trt0\n"},
    {"/etc/hostname", "rt0\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
    {"/etc/passwd", "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
    {"/etc/group", "root:x:0:\nnogroup:x:65534:\n"},
};

struct Made {
  const char* path;
  Generator generator;
};

constexpr Made kMade[] = {
    {"/proc/1/maps", maps},
    {"/proc/1/cmdline", cmdline},
    {"/proc/1/environ", environ},
    {"/proc/1/auxv", auxv},
    {"/proc/1/comm", comm},
    {"/proc/1/status", status},
    {"/proc/1/statm", statm},
    {"/proc/1/stat", stat},
    {"/proc/1/limits", limits},
    {"/proc/1/mountinfo", mount_info},
    {"/proc/1/mounts", mounts},
    {"/proc/cpuinfo", cpu_info},
    {"/proc/meminfo", memory_info},
    {"/proc/stat", machine_stat},
    {"/proc/uptime", uptime},
    {"/proc/sys/kernel/random/uuid", uuid},
    {"/sys/devices/system/cpu/online", cpu_list},
    {"/sys/devices/system/cpu/possible", cpu_list},
    {"/sys/devices/system/cpu/present", cpu_list},
};

struct Link {
  const char* path;
  const char* target;
  Generator generator;
};

constexpr Link kLinks[] = {
    {"/proc/self", "1", nullptr},
    {"/proc/mounts", "self/mounts", nullptr},
    {"/proc/1/exe", "", program_path},
    {"/proc/1/cwd", "", working_directory},
    {"/proc/1/root", "/", nullptr},
    {"/dev/fd", "/proc/self/fd", nullptr},
    {"/dev/stdin", "/proc/self/fd/0", nullptr},
    {"/dev/stdout", "/proc/self/fd/1", nullptr},
    {"/dev/stderr", "/proc/self/fd/2", nullptr},
    {"/etc/mtab", "/proc/mounts", nullptr},
};

struct DeviceNode {
  const char* path;
  Special device;
};

constexpr DeviceNode kDevices[] = {
    {"/dev/null", Special::null},      {"/dev/zero", Special::zero},
    {"/dev/full", Special::full},      {"/dev/random", Special::random},
    {"/dev/urandom", Special::random}, {"/dev/tty", Special::terminal},
};

Inode frozen(FileType type, u16 mode, Special special = Special::none) {
  Inode inode;
  inode.type = type;
  inode.mode = mode;
  inode.special = special;
  inode.frozen = true;
  inode.times = {kVirtualEpoch, kVirtualEpoch, kVirtualEpoch};
  return inode;
}

/// Where it lies below a mount, the mount has it.
void add_program(Tree& tree, const Config& config) {
  const std::string& path = config.program_path;
  for (const Mount& mount : config.mounts)
    if (path.starts_with(mount.guest + (mount.guest.ends_with('/') ? "" : "/"))) return;
  InodeId at = Tree::kRoot;
  for (std::size_t end = 0; end != path.npos;) {
    const std::size_t begin = end + 1;
    end = path.find('/', begin);
    const auto next = tree.child(at, std::string_view(path).substr(begin, end - begin));
    if (!next) break;
    if (end == path.npos || tree[*next].type != FileType::directory)
      base::user_error("--program-path: there is a {} in the box already",
                       std::string_view(path).substr(0, end));
    at = *next;
  }
  tree.add(path, frozen(FileType::regular, 0555, Special::program));
}

}  // namespace

void add_virtual_files(Tree& tree, const Config& config) {
  tree.edit(Tree::kRoot).times = {kVirtualEpoch, kVirtualEpoch, kVirtualEpoch};
  for (const Text& file : kTexts) {
    const std::string_view text = file.text;
    const InodeId id = tree.add(file.path, frozen(FileType::regular, 0444));
    (void)tree.write(id, 0, {reinterpret_cast<const u8*>(text.data()), text.size()}, kVirtualEpoch);
  }
  for (const Made& file : kMade) {
    Inode inode = frozen(FileType::regular, 0444, Special::generated);
    inode.generator = file.generator;
    tree.add(file.path, std::move(inode));
  }
  for (const Link& link : kLinks) {
    Inode inode = frozen(FileType::symlink, 0777);
    inode.target = link.target;
    inode.generator = link.generator;
    tree.add(link.path, std::move(inode));
  }
  for (const DeviceNode& device : kDevices)
    tree.add(device.path, frozen(FileType::character, 0666, device.device));
  tree.add("/proc/1/mem", frozen(FileType::regular, 0600, Special::forbidden));
  tree.add("/proc/1/fd", frozen(FileType::directory, 0500, Special::descriptors));
  Inode temporary = frozen(FileType::directory, 01777);
  temporary.frozen = false;
  tree.add("/tmp", std::move(temporary));
  add_program(tree, config);
}

}  // namespace emulator::kernel
