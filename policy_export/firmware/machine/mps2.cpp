// SPDX-License-Identifier: Apache-2.0
/// A bare Cortex-M4F, as `qemu-system-arm -M mps2-an386 -semihosting -icount shift=0` has it: start-up,
/// files by semihosting (Arm, "Semihosting for AArch32 and AArch64"), instructions by SysTick.
#include <cstdint>
#include <cstring>

#include "machine.hpp"

extern "C" {
extern std::uint32_t _stack_top, _data_load, _data_begin, _data_end, _bss_begin, _bss_end;
int main();
[[noreturn]] void reset();
[[noreturn]] void fault();
}

namespace {

enum Call { kOpen = 0x01, kClose = 0x02, kWrite = 0x05, kRead = 0x06, kExit = 0x20 };

int call(Call number, const void* block) {
  register int r0 asm("r0") = number;
  register const void* r1 asm("r1") = block;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

[[noreturn]] void leave(std::uint32_t status) {
  const std::uint32_t block[2] = {0x20026, status};  // ADP_Stopped_ApplicationExit
  call(kExit, block);
  for (;;) {
  }
}

std::uint32_t word(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

// Arm v7-M: system control space.
volatile std::uint32_t& kCoprocessors = *reinterpret_cast<volatile std::uint32_t*>(0xe000ed88u);
volatile std::uint32_t* const kSysTick = reinterpret_cast<volatile std::uint32_t*>(0xe000e010u);
constexpr std::uint32_t kTicks = 1u << 24;

/// One instruction a nanosecond (icount shift=0), SysTick at the board's 25 MHz.
constexpr std::uint32_t kInstructionsPerTick = 40;

constexpr std::uint32_t kPaint = 0xa5a5a5a5u, kPaintedWords = 4096;
std::uint32_t* painted_top;
std::uint32_t turns, last;

}  // namespace

namespace machine {

int open(const char* name, bool to_write) {
  const std::uint32_t block[3] = {word(name), to_write ? 5u : 1u,
                                  static_cast<std::uint32_t>(std::strlen(name))};
  return call(kOpen, block);
}
void read(int file, void* to, unsigned bytes) {
  const std::uint32_t block[3] = {static_cast<std::uint32_t>(file), word(to), bytes};
  if (call(kRead, block) != 0) leave(3);
}
void write(int file, const void* from, unsigned bytes) {
  const std::uint32_t block[3] = {static_cast<std::uint32_t>(file), word(from), bytes};
  if (call(kWrite, block) != 0) leave(3);
}
void close(int file) {
  const std::uint32_t block[1] = {static_cast<std::uint32_t>(file)};
  call(kClose, block);
}

std::uint32_t instructions() {
  if (kSysTick[0] == 0) {
    kSysTick[1] = kTicks - 1;
    kSysTick[2] = 0;
    kSysTick[0] = 5;  // on, by the processor's clock
  }
  const std::uint32_t now = kTicks - 1 - kSysTick[2];
  turns += now < last ? 1u : 0u;  // to be asked within 0.6 s
  last = now;
  return (turns * kTicks + now) * kInstructionsPerTick;
}

__attribute__((noinline)) void paint_stack() {
  auto* here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
  painted_top = here - 32;  // clear of this call's own frame
  for (std::uint32_t i = 0; i < kPaintedWords; ++i) {
    *const_cast<volatile std::uint32_t*>(painted_top - 1 - i) = kPaint;
  }
}
__attribute__((noinline)) std::int32_t stack_used() {
  const volatile std::uint32_t* lowest = painted_top - kPaintedWords;
  while (lowest < painted_top && *lowest == kPaint) ++lowest;
  return static_cast<std::int32_t>((painted_top + 32 - lowest) * sizeof(std::uint32_t));
}

}  // namespace machine

extern "C" {

void reset() {
  kCoprocessors |= 0xfu << 20;  // the FPU on
  asm volatile("dsb\nisb");
  std::memcpy(&_data_begin, &_data_load, word(&_data_end) - word(&_data_begin));
  std::memset(&_bss_begin, 0, word(&_bss_end) - word(&_bss_begin));
  leave(static_cast<std::uint32_t>(main()));
}

void fault() { leave(9); }

using Handler = void (*)();
__attribute__((section(".vectors"), used)) const Handler vectors[16] = {
    reinterpret_cast<Handler>(&_stack_top), reset, fault, fault, fault, fault, fault};

}  // extern "C"
