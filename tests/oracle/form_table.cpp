// The general instructions. Covers what Go binaries contain and their obvious neighbours: every
// width, every condition, LOCK and REP.
#include "tests/oracle/forms.hpp"

namespace tests::oracle {

// Widths: "v" is 16, 32 and 64 bits, "y" is 32 and 64; the same one throughout an alternative.
// "e" is a register or memory. "iv" is an immediate of the full width, 32 bits for 64.
const std::vector<Row> kIntegerRows = {
    // --- arithmetic and logic
    {"{adc,add,and,or,sbb,sub,xor}", "e8,r8;ev,rv;r8,m8;rv,mv;e8,i8;ev,i8;ev,iv", "", kLockable},
    {"cmp", "e8,r8;ev,rv;r8,m8;rv,mv;e8,i8;ev,i8;ev,iv"},
    {"test", "e8,r8;ev,rv;e8,i8;ev,iv"},
    {"{inc,dec,neg,not}", "e8;ev", "", kLockable},
    {"{mul,imul}", "e8;ev"},
    {"imul", "rv,ev;rv,ev,i8;rv,ev,iv"},
    {"{div,idiv}", "e8;ev", "", kDivide},
    {"{adcx,adox}", "ry,ey", "adx"},
    {"mulx", "ry,ry,ey", "bmi2"},

    // --- shifts and bits
    {"{rol,ror,rcl,rcr,shl,shr,sar}", "e8,i8;ev,i8;e8,cl;ev,cl;e8,1;ev,1"},
    {"{shld,shrd}", "ev,rv,i8;ev,rv,cl"},
    {"{sarx,shlx,shrx}", "ry,ey,ry", "bmi2"},
    {"rorx", "ry,ey,i8", "bmi2"},
    {"bt", "ev,rv;ev,i8", "", kBitString},
    {"{btc,btr,bts}", "ev,rv;ev,i8", "", kBitString | kLockable},
    {"{bsf,bsr}", "rv,ev"},
    {"popcnt", "rv,ev", "popcnt"},
    {"lzcnt", "rv,ev", "lzcnt"},
    {"tzcnt", "rv,ev", "bmi1"},
    {"bswap", "ry"},
    {"andn", "ry,ry,ey", "bmi1"},
    {"bextr", "ry,ey,ry", "bmi1"},
    {"{blsi,blsmsk,blsr}", "ry,ey", "bmi1"},
    {"bzhi", "ry,ey,ry", "bmi2"},
    {"{pdep,pext}", "ry,ry,ey", "bmi2"},
    {"crc32", "r32,e8;r32,e16;r32,e32;r64,e8;r64,e64", "sse42"},

    // --- moves
    {"mov", "e8,r8;ev,rv;r8,m8;rv,mv;e8,i8;ev,iv;r64,i64"},
    {"{movzx,movsx}", "rv,e8;ry,e16"},
    {"movsxd", "r64,e32"},
    {"lea", "rv,agen"},
    {"movbe", "rv,mv;mv,rv", "movbe"},
    {"movnti", "my,ry"},
    {"cmov*", "rv,ev"},
    {"set*", "e8"},
    {"{xchg,xadd,cmpxchg}", "e8,r8;ev,rv", "", kLockable},
    {"cmpxchg8b", "m64", "", kLockable},
    {"cmpxchg16b", "m128", "cx16", kLockable},
    {"{cbw,cwde,cdqe,cwd,cdq,cqo}"},
    {"{lahf,sahf}", "", "lahf"},
    {"{clc,stc,cmc,cld,std}"},
    {"xlat", "", "", kXlat},

    // --- the stack
    {"push", "r16;r64;m16;m64;i8;i32", "", kStack},
    {"pop", "r16;r64;m16;m64", "", kStack},
    {"{pushfq,pushf,popfq,popf}", "", "", kStack},
    {"leave", "", "", kStack},

    // --- strings
    {"{movsb,movsw,movsd,movsq,stosb,stosw,stosd,stosq,lodsb,lodsw,lodsd,lodsq}", "", "",
     kString | kRep},
    {"{cmpsb,cmpsw,cmpsd,cmpsq,scasb,scasw,scasd,scasq}", "", "", kString | kRepWhile},

    // --- flow
    {"j*", "rel8;rel32", "", kFlow},
    {"{jrcxz,jecxz,loop,loope,loopne}", "rel8", "", kFlow},
    {"jmp", "rel8;rel32;r64;m64", "", kFlow},
    {"call", "rel32;r64;m64", "", kFlow | kStack},
    {"ret", ";i16", "", kFlow | kStack},

    // --- nothing much, and faults
    {"nop", ";ev"},
    {"{pause,lfence,mfence,sfence,endbr64}"},
    {"{prefetchnta,prefetcht0,prefetcht1,prefetcht2}", "m8"},
    {"prefetchw", "m8", "prefetchw"},
    {"clflush", "m512"},
    {"clflushopt", "m512", "clflushopt"},
    {"clwb", "m512", "clwb"},
    {"{int3,ud2,hlt}", "", "", kFlow},
};

}  // namespace tests::oracle
